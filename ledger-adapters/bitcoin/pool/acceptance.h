// One transaction before the pool: the checks in their order, and what comes of them. It changes
// nothing. Source: Bitcoin Core, validation.cpp, MemPoolAccept.
#pragma once

#include "bitcoin/pool/mempool.h"

namespace lockstep::bitcoin {

class Mempool::Acceptance {
public:
    // Those that come back from blocks need not pay enough.
    enum class Fees : std::uint8_t { enough, any };
    // In a package nothing is replaced.
    enum class Conflicts : std::uint8_t { replaced, refused };
    // The pool and the transaction outlive it.
    Acceptance(const Mempool& pool, const Transaction& transaction, std::int64_t now_s, Fees fees,
               Conflicts conflicts = Conflicts::replaced)
        : pool_(pool),
          transaction_(transaction),
          now_s_(now_s),
          fees_(fees),
          on_conflict_(conflicts) {}

    // True where it may be taken.
    bool run() { return check_all_but_scripts() && check_scripts(); }
    bool check_all_but_scripts();
    // After that was true.
    bool check_scripts();
    // The same of one that was accepted before, whatever the policy is now.
    bool measure();
    const Verdict& verdict() const { return verdict_; }
    // What it replaces, with descendants.
    const std::set<Txid>& leaving() const { return leaving_; }
    const std::set<Txid>& ancestors() const { return ancestors_; }
    // For the pool; after run() was true.
    Entry take_entry();

private:
    void weigh();
    // Each false where there is a fault.
    bool check_form();
    bool check_known();
    bool find_conflicts();
    bool find_coins();
    bool check_coins();
    bool check_fee();
    bool check_family();
    struct FamilyLimits {
        std::size_t ancestors = 0;
        std::size_t descendants = 0;
        std::size_t descendant_size = 0;
    };
    bool check_limits(std::set<Txid> open, const FamilyLimits& limits);

    // replacement.cpp
    bool check_replacement();
    bool check_rates();
    bool check_evictions();
    bool check_parents();
    bool check_payment();

    bool refuse(std::string fault, std::string detail = {});

    const Mempool& pool_;
    const Transaction& transaction_;
    std::int64_t now_s_;
    Fees fees_;
    Conflicts on_conflict_;
    Verdict verdict_;
    Entry entry_;
    std::vector<Coin> coins_;
    std::set<Txid> conflicts_;  // direct ones
    std::set<Txid> leaving_;    // with descendants
    std::set<Txid> ancestors_;
};

}  // namespace lockstep::bitcoin
