#include "sdk/machine/instruction_adapter.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep {

InstructionAdapter::InstructionAdapter(AdapterSetup setup, AdapterSettings settings,
                                       std::unique_ptr<StreamReader> reader)
    : setup_(std::move(setup)),
      settings_(settings),
      reader_(std::move(reader)),
      commands_(setup_, settings_, ids_),
      stream_(settings_, setup_, *reader_, ids_) {
    ASSERT(setup_.signer && setup_.scheme && reader_);
}

void InstructionAdapter::restore(const std::vector<Put>& puts) {
    for (const Put& put : puts) {
        if (!put.value) continue;
        if (CommandBook::owns(put.key)) commands_.restore(put.key, *put.value);
        if (StreamFollower::owns(put.key)) stream_.restore(*put.value);
    }
}

void InstructionAdapter::step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) {
    for (AdapterInput& input : inputs) {
        if (auto* command = std::get_if<Command>(&input)) {
            commands_.take(std::move(*command), out);
        } else if (const auto* query = std::get_if<Query>(&input)) {
            ask(at, *query, out);
        } else if (const auto* answer = std::get_if<Reply>(&input)) {
            reply(at, *answer, out);
        } else if (const auto* frame = std::get_if<StreamFrame>(&input)) {
            stream_.frame(at, frame->body, out);
        } else if (const auto* down = std::get_if<StreamDown>(&input)) {
            stream_.down(at, *down);
        } else {
            ASSERT(std::holds_alternative<Woken>(input));
        }
    }
    commands_.work(at, out);
    expire_queries(at, out);
    stream_.work(at, out);
    fetch_info(at, out);
}

std::optional<Timestamp> InstructionAdapter::next_wake() const {
    Timestamp wake = info_due_;
    if (const auto due = commands_.next_wake()) wake = std::min(wake, *due);
    if (const auto due = stream_.next_wake()) wake = std::min(wake, *due);
    for (const auto& [request, asked] : asked_)
        wake = std::min(wake, asked.due);
    return wake;
}

void InstructionAdapter::reply(Timestamp at, const Reply& reply, AdapterOutputs& out) {
    if (commands_.reply(at, reply, out)) return;
    if (reply.request != 0 && reply.request == info_request_) return info_reply(at, reply, out);
    if (const auto asked = asked_.find(reply.request); asked != asked_.end()) {
        query_reply(asked->second, reply, out);
        asked_.erase(asked);
    }
}

// --- queries ---

void InstructionAdapter::ask(Timestamp at, const Query& query, AdapterOutputs& out) {
    if (asked_.size() >= max_queries_under_way) {
        out.reports.emplace_back(report::QueryResult{query.id, refuse(Reason::overloaded)});
        return;
    }
    const std::uint64_t request = ids_.next();
    asked_.emplace(request, Asked{query.id, at + settings_.reply_timeout});
    const LedgerQuery signed_query{setup_.ledger, setup_.signer->public_key(),
                                   at + settings_.instruction_life, query.body};
    out.requests.push_back({request, "/v1/query", sign_query(signed_query, *setup_.signer), false});
}

void InstructionAdapter::query_reply(const Asked& asked, const Reply& reply, AdapterOutputs& out) {
    auto answer = reply.body ? decode_query_answer(*reply.body)
                             : Result<QueryAnswer>(refuse(reply.body.error()));
    out.reports.emplace_back(report::QueryResult{asked.query, std::move(answer)});
}

void InstructionAdapter::expire_queries(Timestamp at, AdapterOutputs& out) {
    for (auto entry = asked_.begin(); entry != asked_.end();) {
        if (entry->second.due > at) {
            ++entry;
            continue;
        }
        out.reports.emplace_back(
            report::QueryResult{entry->second.query, refuse(Reason::unavailable)});
        entry = asked_.erase(entry);
    }
}

// --- what the ledger is ---

void InstructionAdapter::fetch_info(Timestamp at, AdapterOutputs& out) {
    // A ledger that is there again may have been changed meanwhile.
    if (stream_.connected_anew() && info_request_ == 0 && info_) info_due_ = at;
    if (stream_.is_refused()) info_due_ = Timestamp::never();
    if (info_due_ > at) return;
    if (info_request_ != 0) return info_failed(at);
    info_request_ = ids_.next();
    info_due_ = at + settings_.reply_timeout;
    out.requests.push_back({info_request_, "/v1/ledger", {}, false});
}

void InstructionAdapter::info_reply(Timestamp at, const Reply& reply, AdapterOutputs& out) {
    info_request_ = 0;
    OerReader from(reply.body ? ByteView(*reply.body) : ByteView());
    LedgerInfo info = read_ledger_info(from);
    if (!from.finish()) return info_failed(at);
    info_missing_since_.reset();
    info_due_ = at + settings_.info_interval;
    describe(std::move(info), out);
    stream_.open(at);
}

void InstructionAdapter::info_failed(Timestamp at) {
    info_request_ = 0;
    if (!info_missing_since_) info_missing_since_ = at;
    // Of a ledger that is away the stream says when it is back; two need not ask.
    const bool is_away = info_ && !stream_.is_connected();
    info_due_ = at + (is_away ? settings_.info_interval
                              : outage_pause(at - *info_missing_since_, settings_.retry_first,
                                             longest_outage_pause));
}

void InstructionAdapter::describe(LedgerInfo info, AdapterOutputs& out) {
    if (info.ledger != setup_.ledger) {
        return stream_.refuse_all("this is the ledger " + info.ledger.text());
    }
    if (info.preimage_octets != preimage_size) {
        return stream_.refuse_all("it takes preimages of another size than 32 octets");
    }
    info.proofs = reader_->proofs();
    info = with_operators_profile(std::move(info), setup_.profile);
    if (info_ == info) return;
    info_ = info;
    out.reports.emplace_back(report::Info{std::move(info)});
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_instruction_adapter(
    const AdapterSetup& setup, const std::vector<std::string>& own_settings,
    std::unique_ptr<StreamReader> reader) {
    if (setup.ledger.empty()) return fail("bad_setup", "the ledger has no address");
    if (!setup.signer || !setup.scheme) {
        return fail("bad_setup", setup.ledger.text() + ": there is no key to sign with");
    }
    for (const Address& account : setup.accounts) {
        if (!setup.ledger.is_prefix_of(account)) {
            return fail("bad_setup",
                        account.text() + " is no account of the ledger " + setup.ledger.text());
        }
    }
    auto settings = read_adapter_settings(setup, own_settings);
    if (!settings) return unexpected<Failure>(bad_setting(settings.error()));
    return std::make_unique<InstructionAdapter>(setup, *settings, std::move(reader));
}

LedgerInfo with_operators_profile(LedgerInfo info, const TimingProfile& profile) {
    TimingProfile& worse = info.profile;
    worse.inclusion = std::max(worse.inclusion, profile.inclusion);
    worse.finality = std::max(worse.finality, profile.finality);
    worse.rollback = std::max(worse.rollback, profile.rollback);
    worse.late = std::max(worse.late, profile.late);
    worse.early = std::max(worse.early, profile.early);
    worse.block = std::max(worse.block, profile.block);
    return info;
}

}  // namespace lockstep
