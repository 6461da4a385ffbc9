// An adapter on a desk: steps it by hand, keeps what it puts as a store would, and answers its
// requests as a test says.
#pragma once

#include <map>
#include <memory>

#include "sdk/crypto/hash.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/stream.h"

namespace lockstep::desk {

inline Address address(std::string_view text) {
    return Address::parse(text).value();
}
template <class Id>
Id id_of(std::string_view text) {
    return Id::from(sha256(as_bytes(text)).view()).value();
}
inline Preimage preimage_of(std::string_view text) {
    return Preimage::from(sha256(as_bytes(text)).view()).value();
}

constexpr Timestamp start{1'000'000'000'000'000};
inline Timestamp t(std::int64_t ms) {
    return start + Duration::milliseconds(ms);
}

inline TimingProfile profile() {
    const Duration second = Duration::seconds(1);
    return {second, Duration{}, Duration{}, second, second, Duration{}};
}

inline AdapterSetup setup(std::vector<std::pair<std::string, std::string>> settings = {}) {
    const auto scheme = std::make_shared<Ed25519>();
    std::array<std::uint8_t, 32> seed{};
    seed[0] = 7;
    return {address("test.sek"), {address("test.sek.alice")}, scheme->signer(KeySeed(seed)), scheme,
            profile(),           std::move(settings)};
}

inline EscrowTerms terms(std::string_view name) {
    return {id_of<EscrowId>(name),
            address("test.sek.alice"),
            address("test.sek.bob"),
            AssetId::make("SEK", 2).value(),
            Amount{100},
            condition_of(preimage_of(name)),
            t(60'000)};
}
inline Command prepare(std::string_view name, Timestamp not_after = t(2'000)) {
    return {id_of<CommandId>(name), command::Prepare{terms(name), not_after}};
}
inline Command fulfil(std::string_view name) {
    const EscrowKey key{address("test.sek.carol"), id_of<EscrowId>(name)};
    return {id_of<CommandId>(name), command::Fulfil{key, preimage_of(name)}};
}

inline LedgerInfo ledger_info() {
    LedgerInfo info;
    info.ledger = address("test.sek");
    info.assets = {{AssetId::make("SEK", 2).value(), Amount{1}, "krona"}};
    info.profile = profile();
    info.max_hold = Duration::seconds(3600);
    info.max_amount = Amount{1'000'000};
    return info;
}
inline Bytes encode_info(const LedgerInfo& info) {
    OerWriter to;
    write_ledger_info(to, info);
    return to.take();
}

class Desk {
public:
    using Maker = Result<std::unique_ptr<LedgerAdapter>, Failure> (*)(const AdapterSetup&);

    explicit Desk(Maker maker, AdapterSetup how = setup()) : maker_(maker), setup_(std::move(how)) {
        restart();
    }

    // As after a crash: what was put is read back, all else is gone.
    void restart() {
        adapter_ = std::move(maker_(setup_).value());
        std::vector<Put> puts;
        for (const auto& [key, value] : store)
            puts.push_back({0, key, value});
        adapter_->restore(puts);
        requests.clear();
        reports.clear();
    }

    void step(Timestamp at, std::vector<AdapterInput> inputs) {
        AdapterOutputs out;
        adapter_->step(at, inputs, out);
        for (Put& put : out.puts) {
            if (put.value) {
                store[put.key] = *put.value;
            } else {
                store.erase(put.key);
            }
        }
        for (Request& request : out.requests)
            requests.push_back(std::move(request));
        for (Report& report : out.reports)
            reports.push_back(std::move(report));
    }
    template <class... In>
    void give(Timestamp at, In&&... inputs) {
        std::vector<AdapterInput> all;
        (all.emplace_back(std::forward<In>(inputs)), ...);
        step(at, std::move(all));
    }
    std::optional<Timestamp> wake() const { return adapter_->next_wake(); }

    // Requests to a path since the last call for it.
    std::vector<Request> take_requests(std::string_view path) {
        std::vector<Request> taken;
        std::erase_if(requests, [&](Request& request) {
            if (!request.path.starts_with(path)) return false;
            taken.push_back(std::move(request));
            return true;
        });
        return taken;
    }
    std::vector<Request> take_instructions() { return take_requests("/v1/instructions"); }

    template <class R>
    std::vector<R> take() {
        std::vector<R> taken;
        std::erase_if(reports, [&](Report& report) {
            auto* one = std::get_if<R>(&report);
            if (one == nullptr) return false;
            taken.push_back(std::move(*one));
            return true;
        });
        return taken;
    }
    // "done", "refused(reason)" or "unknown" of the last answer to a command, "" where there is
    // none.
    std::string last_answer(std::string_view name) {
        std::string text;
        for (const auto& report : reports) {
            const auto* answer = std::get_if<report::Answer>(&report);
            if (answer == nullptr || answer->id != id_of<CommandId>(name)) continue;
            switch (answer->outcome) {
                case report::Answer::Outcome::done:
                    text = "done";
                    break;
                case report::Answer::Outcome::unknown:
                    text = "unknown";
                    break;
                case report::Answer::Outcome::refused:
                    text = "refused(" + std::string(to_string(answer->reason)) + ")";
                    break;
            }
        }
        return text;
    }

    // The ledger describes itself and the stream is open.
    void open(Timestamp at) {
        give(at, Woken{});
        give(at, Reply{take_requests("/v1/ledger").at(0).id, encode_info(ledger_info())});
    }
    bool remembers(char kind) const {
        for (const auto& [key, value] : store)
            if (key.at(0) == static_cast<std::uint8_t>(kind)) return true;
        return false;
    }

    std::map<Bytes, Bytes> store;
    std::vector<Request> requests;
    std::vector<Report> reports;

private:
    Maker maker_;
    AdapterSetup setup_;
    std::unique_ptr<LedgerAdapter> adapter_;
};

inline Instruction instruction_in(const Request& request) {
    return decode_instruction(request.body).value().instruction;
}
inline OpAnswer op_done(const CommandId& id) {
    return {id, true, Reason::internal_error, 1};
}
// The answer to every operation of a request.
inline Reply all_done(const Request& request) {
    std::vector<OpAnswer> answers;
    for (const Op& op : instruction_in(request).ops)
        answers.push_back(op_done(op.id));
    return {request.id, encode_answers(answers)};
}
inline Reply all_refused(const Request& request, Reason reason) {
    std::vector<OpAnswer> answers;
    for (const Op& op : instruction_in(request).ops)
        answers.push_back({op.id, false, reason, 0});
    return {request.id, encode_answers(answers)};
}
inline Reply failed(const Request& request, Reason reason) {
    return {request.id, refuse(reason)};
}
inline Reply standing(const Request& request, Timestamp ledger_time,
                      std::vector<EscrowStanding> escrows) {
    return {request.id, encode_query_answer({ledger_time, 1, std::move(escrows), {}})};
}

}  // namespace lockstep::desk
