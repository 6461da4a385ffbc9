// One block being executed: each operation is a ladder of guards in a fixed order, then changes
// that cannot fail. Used by Ledger alone.
#pragma once

#include <optional>
#include <vector>

#include "securities/machine/ledger.h"

namespace lockstep::securities {

// SHA-256 of an operation's octets: what "the same id with the same contents" means.
Hash operation_hash(const Op& op);

class Execution {
public:
    Execution(const Genesis& genesis, const Limits& limits, State& state)
        : genesis_(genesis), limits_(limits), state_(state) {}
    Executed run(Timestamp time, const std::vector<Transaction>& transactions);

private:
    struct Done {
        std::uint64_t sequence = 0;
        std::optional<LedgerEvent> event;  // none where it had been done before
    };
    using Outcome = Result<Done>;

    void refund_expired();
    void forget();
    OpAnswer answer_op(const Transaction& transaction, std::uint32_t index,
                       std::optional<LedgerEvent>& event);

    Outcome apply(const op::OpenAccount& op);
    Outcome apply(const op::RegisterAsset& op);
    Outcome apply(const op::Issue& op);
    Outcome apply(const op::Redeem& op);
    Outcome apply(const op::Transfer& op);
    Outcome apply(const op::Prepare& op);
    Outcome apply(const op::Fulfil& op);
    Outcome apply(const op::Reject& op);
    Outcome apply(const op::Refund& op);
    Outcome refuse_ahead(const op::Reject& op);

    bool is_here(const Address& account) const { return genesis_.ledger.is_prefix_of(account); }
    // not_after_passed, too_far_ahead
    Result<void> check_not_after(Timestamp not_after) const;
    // account exists, signer owns it: unknown_account, not_permitted
    Result<void> check_owner(const Address& account) const;
    // unknown_asset, zero_amount, odd_lot
    Result<void> check_quantity(const AssetId& asset, Amount amount) const;
    // insufficient_funds, limit_reached
    Result<std::vector<OutputId>> select(const Address& account, const AssetId& asset,
                                         Amount amount) const;

    Effect& begin(EffectKind kind, const AssetId& asset, Amount amount);
    // Consumes the inputs; what exceeds the effect's amount becomes the owner's change.
    void spend(Effect& effect, const Address& owner, const std::vector<OutputId>& inputs);
    OutputId make(Effect& effect, const Address& owner, Amount amount,
                  std::optional<EscrowRef> lock);
    // The output becomes an input of the effect: its amount.
    Amount consume(Effect& effect, const OutputId& id);
    void take_lock(Effect& effect, const Escrow& escrow);
    Amount fold(Effect& effect, const Address& owner);
    void move(const Address& account, const AssetId& asset, Holding plus, Holding minus);
    void add_line(Effect& effect, const Address& account);
    LedgerEvent close(const EscrowRef& ref, EscrowState to, std::optional<Hash> preimage);
    LedgerEvent event_of(const Escrow& escrow) const;

    const Genesis& genesis_;
    const Limits& limits_;
    State& state_;
    Executed result_;

    // of the operation at hand
    Hash transaction_;
    std::uint32_t op_ = 0;
    CommandId command_;
    PublicKey signer_;
    Timestamp valid_until_;
};

}  // namespace lockstep::securities
