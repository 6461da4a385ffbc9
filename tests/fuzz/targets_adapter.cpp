// An adapter between a node and a ledger that may answer anything.
#include <map>

#include "cash/adapter/cash_adapter.h"
#include "sdk/machine/stream.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {
namespace {

std::unique_ptr<LedgerAdapter> new_adapter() {
    AdapterSetup setup;
    setup.ledger = ledger_address();
    setup.accounts = {account("al")};
    setup.signer = std::make_shared<LenientSigner>(named<PublicKey>("al"));
    setup.scheme = std::make_shared<LenientScheme>();
    setup.profile = cash_settings().profile;
    auto made = cash::make_adapter(setup);
    ASSERT(made);
    return std::move(*made);
}

// A command of the node, of every kind that an adapter for our instructions takes.
Command command_of(std::uint8_t number) {
    number %= 16;
    const std::string id = "c" + std::to_string(number);
    const EscrowKey key{account("al"), named<EscrowId>(id)};
    Command command{named<CommandId>(id), command::Refund{key}};
    switch (number % 5) {
        case 0: {
            EscrowTerms wanted = terms(id);
            wanted.expiry = second(600);
            command.body = command::Prepare{wanted, second(60)};
            break;
        }
        case 1:
            command.body = command::Fulfil{key, *Preimage::from(preimage(id))};
            break;
        case 2:
            command.body = command::Reject{key, account("al")};
            break;
        case 3:
            command.body =
                command::Transfer{account("al"), account("bo"), krona(), Amount{5}, second(60)};
            break;
        default:
            break;
    }
    return command;
}

// One turn after another, as a node's host does it: what is put is kept, what is reported is
// judged.
class Desk {
public:
    Desk() : adapter_(new_adapter()) { step(Woken{}); }

    void pass(std::uint8_t tenths) { at_ = at_ + Duration::milliseconds(100 * tenths); }
    // The process dies and comes back with what was put. What had its answer was forgotten, so that
    // a ledger that lies may answer otherwise.
    void restart() {
        ended_.clear();
        adapter_ = new_adapter();
        std::vector<Put> puts;
        for (const auto& [key, value] : kept_)
            puts.push_back({0, key, value});
        adapter_->restore(puts);
        step(Woken{});
    }

    void step(AdapterInput input) {
        AdapterOutputs out;
        adapter_->step(at_, {&input, 1}, out);
        for (Put& put : out.puts) {
            if (put.value)
                kept_[put.key] = std::move(*put.value);
            else
                kept_.erase(put.key);
        }
        for (const Request& request : out.requests)
            ASSERT(request.id != 0 && request.path.starts_with("/v1/"));
        for (const Report& report : out.reports)
            judge(report);
    }

private:
    // An answer is final: done stays done, refused stays refused. Events move forward.
    void judge(const Report& report) {
        if (const auto* answer = std::get_if<report::Answer>(&report)) {
            const auto [known, is_new] = ended_.emplace(answer->id, answer->outcome);
            if (is_new) return;
            if (known->second == report::Answer::Outcome::unknown) known->second = answer->outcome;
            ASSERT(known->second == answer->outcome);
        } else if (const auto* event = std::get_if<report::Escrow>(&report)) {
            const LedgerEvent said{event->cursor, event->ledger_time, event->terms, event->state,
                                   event->preimage};
            ASSERT(find_lie(said, ledger_address()) == nullptr);
        }
    }

    std::unique_ptr<LedgerAdapter> adapter_;
    Timestamp at_ = second(1);
    std::map<Bytes, Bytes> kept_;
    std::map<CommandId, report::Answer::Outcome> ended_;
};

}  // namespace

// Pieces, each after a number that says what it is and one that says of what.
bool fuzz_ledger_adapter(ByteView octets) {
    Desk desk;
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        const std::uint8_t what = pieces.number();
        const std::uint8_t number = pieces.number();
        switch (what % 7) {
            case 0: {
                const ByteView body = pieces.next();
                desk.step(Reply{number, Bytes(body.begin(), body.end())});
                accepted = accepted || decode_answers(body).has_value();
                break;
            }
            case 1: {
                const auto reason = reason_from_number(number);
                desk.step(Reply{pieces.number(), refuse(reason.value_or(Reason::unavailable))});
                break;
            }
            case 2: {
                const ByteView body = pieces.next();
                desk.step(StreamFrame{Bytes(body.begin(), body.end())});
                accepted = accepted || decode_frame(body).has_value();
                break;
            }
            case 3:
                desk.step(StreamDown{reason_from_number(number)});
                break;
            case 4:
                desk.step(command_of(number));
                break;
            case 5:
                desk.pass(number);
                desk.step(Woken{});
                break;
            default:
                desk.restart();
                break;
        }
    }
    return accepted;
}

}  // namespace lockstep::fuzz
