#include "sdk/machine/conformance_bench.h"

#include <algorithm>
#include <utility>

#include "sdk/base/assert.h"

namespace lockstep::conformance {
namespace {

// An adapter that still has something to do at once after so many steps always will.
constexpr int most_rounds = 100'000;

}  // namespace

void Bench::start_adapters() {
    for (std::size_t i = 0; i < role_count; ++i)
        restart_adapter(static_cast<Role>(i), false);
}

void Bench::restart_adapter(Role role, bool with_memory) {
    Party& one = party(role);
    if (one.adapter) work();  // what was given before was taken, and left its memory
    if (!with_memory) one.memory.clear();
    cut_stream(role);
    one.streams = false;
    one.requests.clear();
    one.inputs.clear();
    one.adapter = make_adapter(role);
    std::vector<Put> puts;
    for (const auto& [key, value] : one.memory)
        puts.push_back({0, key, value});
    one.adapter->restore(puts);
    give(role, Woken{});
}

void Bench::give(Role role, AdapterInput input) {
    party(role).inputs.push_back(std::move(input));
}

std::vector<Report> Bench::take_reports(Role role) {
    work();
    return std::exchange(party(role).reports, {});
}

void Bench::next_instruction(Role role, Mishap mishap) {
    party(role).mishap = mishap;
}

void Bench::hold_instructions(Role role) {
    party(role).holds = true;
}

void Bench::release(Role role) {
    party(role).holds = false;
    for (const Request& request : std::exchange(party(role).held, {}))
        carry(role, request);
    work();
}

void Bench::break_stream(Role role) {
    cut_stream(role);
    stream_ended(role, std::nullopt);
    work();
}

bool Bench::tamper(Role role, std::function<void(Bytes&)> alter) {
    party(role).alter = std::move(alter);
    return true;
}

void Bench::step(Role role) {
    Party& one = party(role);
    std::vector<AdapterInput> inputs = std::exchange(one.inputs, {});
    AdapterOutputs out;
    one.adapter->step(now(), inputs, out);
    for (Put& put : out.puts) {
        if (put.value) {
            one.memory[put.key] = *put.value;
        } else {
            one.memory.erase(put.key);
        }
    }
    for (Report& report : out.reports) {
        if (const auto* release = std::get_if<report::Release>(&report)) pass_on(*release);
        one.reports.push_back(std::move(report));
    }
    for (Request& request : out.requests)
        leave(role, std::move(request));
}

// As the nodes of the two sides do.
void Bench::pass_on(const report::Release& release) {
    if (keeps_releases_) return kept_releases_.push_back(release);
    for (std::size_t i = 0; i < role_count; ++i)
        if (world().accounts[i] == release.payer)
            give(static_cast<Role>(i), Released{release.escrow, release.octets});
}

bool Bench::keep_releases(bool kept) {
    keeps_releases_ = kept;
    if (kept) return true;
    for (const report::Release& release : std::exchange(kept_releases_, {}))
        pass_on(release);
    return true;
}

void Bench::leave(Role role, Request request) {
    Party& one = party(role);
    const std::uint64_t number = ++last_request_;
    one.requests[number] = request.id;
    request.id = number;
    if (request.subscribe) one.streams = true;
    const bool counts = is_instruction(request);
    const auto mishap = counts ? std::exchange(one.mishap, std::nullopt) : std::nullopt;
    if (mishap == Mishap::hold_request || (counts && one.holds)) {
        one.held.push_back(std::move(request));
    } else if (mishap == Mishap::lose_request) {
        replied(role, number, refuse(Reason::outcome_unknown));
    } else {
        if (mishap == Mishap::lose_answer) one.lost.insert(number);
        carry(role, request);
    }
}

void Bench::replied(Role role, std::uint64_t request, Result<Bytes> body) {
    Party& one = party(role);
    const auto own = one.requests.find(request);
    if (own == one.requests.end()) return;
    if (one.lost.erase(request) != 0) body = refuse(Reason::outcome_unknown);
    one.inputs.emplace_back(Reply{own->second, std::move(body)});
    one.requests.erase(own);
}

void Bench::streamed(Role role, Bytes frame) {
    Party& one = party(role);
    if (!one.streams) return;
    if (one.alter) one.alter(frame);
    one.inputs.emplace_back(StreamFrame{std::move(frame)});
}

void Bench::stream_ended(Role role, std::optional<Reason> refused) {
    Party& one = party(role);
    if (std::exchange(one.streams, false)) one.inputs.emplace_back(StreamDown{refused});
}

void Bench::work() {
    bool quiet = false;
    for (int round = 0; !quiet; ++round) {
        ASSERT(round < most_rounds);
        quiet = true;
        for (std::size_t i = 0; i < role_count; ++i) {
            if (!parties_[i].adapter) continue;
            const auto wake = parties_[i].adapter->next_wake();
            if (parties_[i].inputs.empty() && (!wake || *wake > now())) continue;
            step(static_cast<Role>(i));
            quiet = false;
        }
    }
}

std::optional<Timestamp> Bench::next_wake() const {
    std::optional<Timestamp> wake;
    for (const Party& party : parties_) {
        const auto due = party.adapter->next_wake();
        if (due && (!wake || *due < *wake)) wake = due;
    }
    return wake;
}

}  // namespace lockstep::conformance
