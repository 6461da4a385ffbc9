// What a cash ledger is configured with. Part of its state: it enters as the first input.
#pragma once

#include "sdk/machine/instruction.h"

namespace lockstep::cash {

struct Limits {
    std::uint32_t max_accounts = 100'000;
    std::uint32_t max_assets = 1'000;
    std::uint32_t max_open_escrows = 1'000'000;
    std::uint32_t max_open_escrows_of_payer = 100'000;
    std::uint32_t max_tombstones_of_payee = 10'000;
    // See answers.h. A signer's share, so that one cannot use up the memory of all.
    std::uint32_t max_answers = 4'000'000;
    std::uint32_t max_answers_of_signer = 1'000'000;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.max_accounts, self.max_assets, self.max_open_escrows, self.max_open_escrows_of_payer,
          self.max_tombstones_of_payee, self.max_answers, self.max_answers_of_signer);
    }
    friend bool operator==(const Limits&, const Limits&) = default;
};

struct Settings {
    Address ledger;
    PublicKey ledger_operator;  // opens accounts and registers assets
    Duration max_hold = Duration::seconds(7 * 24 * 3600);
    Amount max_amount{1'000'000'000'000'000};  // of one escrow
    // How long a closed escrow stays in the state, counted from its end or its expiry, whichever is
    // later; but no more of them than limits.max_open_escrows, so that nobody can make the state
    // grow by opening and closing. Shorter means less memory and faster starts; repeats after it
    // are told unknown_escrow instead of their first answer, look-ups go to the records.
    Duration retention = Duration::seconds(60);
    TimingProfile profile{Duration::seconds(1), Duration{0},          Duration{0},
                          Duration::seconds(1), Duration::seconds(1), Duration{0}};
    Limits limits;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.ledger, self.ledger_operator, self.max_hold, self.max_amount, self.retention,
          self.profile, self.limits);
    }
    friend bool operator==(const Settings&, const Settings&) = default;
};

// More elements than this a snapshot could not be read back with.
constexpr std::uint32_t max_limit = 8'000'000;

// Every field within what the machine can work with.
bool is_valid(const Settings& settings);

}  // namespace lockstep::cash
