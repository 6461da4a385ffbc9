// What goes into the cash machine and what comes out of it.
#pragma once

#include <variant>
#include <vector>

#include "cash/machine/settings.h"

namespace lockstep::cash {

namespace input {
// The first input of all; later ones may change what the same ledger is configured with.
struct Configure {
    Settings settings;
};
// An instruction whose signature was verified before it got here.
struct Submit {
    Instruction instruction;
    Bytes octets;              // as received, signature included: the journal keeps the evidence
    bool new_business = true;  // false: what would begin something is refused with disk_low
};
// Something fell due.
struct Wake {};
// From here on the machine behaves as this version of the rules says.
struct Upgrade {
    std::uint16_t rules = 0;
};
}  // namespace input
using Input = std::variant<input::Configure, input::Submit, input::Wake, input::Upgrade>;

Bytes encode_input(const Input& input);
Result<Input> decode_input(ByteView octets);

namespace output {
// To the one who sent the instruction: an answer an operation, in order.
struct Answers {
    std::vector<OpAnswer> answers;
};
struct Event {
    LedgerEvent event;
    PublicKey payer;  // the keys that own the two accounts
    PublicKey payee;
};
struct BalanceChange {
    Balance balance;
    PublicKey owner;
};
struct OpenedAccount {
    Address account;
    PublicKey owner;
};
// What one input changed, as far as readers are concerned.
struct Changed {
    Timestamp at;
    std::uint64_t sequence = 0;  // of the last change
    std::vector<Event> events;   // in order
    std::vector<BalanceChange> balances;
    std::vector<OpenedAccount> accounts;
    std::vector<PublicKey> issuers;
};
}  // namespace output
using Output = std::variant<output::Answers, output::Changed>;

}  // namespace lockstep::cash
