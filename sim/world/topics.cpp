#include "sim/world/topics.h"

#include "connector/assembly/peer_batch.h"
#include "sdk/crypto/hash.h"

namespace lockstep::sim {

namespace message = core::message;

namespace {

Condition condition_of(const Bytes& preimage) {
    return preimage.size() == preimage_size ? Condition{sha256(preimage).array()} : Condition{};
}

}  // namespace

Condition Topics::of_instruction(ByteView octets) {
    const auto decoded = decode_instruction(octets);
    if (!decoded) return {};
    const Instruction& instruction = decoded->instruction;
    Condition first;
    const auto note = [&](const Condition& condition) {
        if (first.is_zero()) first = condition;
    };
    for (const Op& op : instruction.ops) {
        if (const auto* prepare = std::get_if<op::Prepare>(&op.body)) {
            const EscrowTerms& terms = prepare->terms;
            escrows_[{instruction.ledger, {terms.payer, terms.id}}] = terms.condition;
            note(terms.condition);
        } else if (const auto* fulfil = std::get_if<op::Fulfil>(&op.body)) {
            const Condition known = look_up(escrows_, {instruction.ledger, fulfil->escrow});
            note(known.is_zero() ? condition_of(fulfil->preimage) : known);
        } else if (const auto* reject = std::get_if<op::Reject>(&op.body)) {
            note(look_up(escrows_, {instruction.ledger, reject->escrow}));
        }
    }
    return first;
}

Condition Topics::of_batch(ByteView octets) {
    const auto batch = assembly::decode_batch(octets);
    Condition first;
    if (!batch) return first;
    for (const Bytes& one : batch->messages) {
        const auto said = core::decode_message(one);
        if (!said) continue;
        const Condition about = of(*said);
        if (first.is_zero()) first = about;
    }
    return first;
}

Condition Topics::of(const core::Message& said) {
    if (const auto* ask = std::get_if<message::QuoteAsk>(&said))
        return asks_[ask->ask] = ask->condition;
    if (const auto* quote = std::get_if<message::Quote>(&said)) return look_up(asks_, quote->ask);
    if (const auto* refused = std::get_if<message::QuoteRefused>(&said))
        return look_up(asks_, refused->ask);
    if (const auto* terms = std::get_if<message::TermsOffered>(&said))
        return plans_[core::plan_of(terms->terms.trade)] = terms->terms.condition;
    if (const auto* accepted = std::get_if<message::TermsAccepted>(&said))
        return of_plan(accepted->plan);
    if (const auto* declined = std::get_if<message::Declined>(&said))
        return of_plan(declined->plan);
    if (const auto* notice = std::get_if<message::HopNotice>(&said))
        return look_up(escrows_, {notice->ledger, notice->escrow});
    if (const auto* reject = std::get_if<message::HopReject>(&said))
        return look_up(escrows_, {reject->ledger, reject->escrow});
    if (const auto* shown = std::get_if<message::PreimageShown>(&said))
        return condition_of(shown->preimage);
    if (const auto* ended = std::get_if<message::Ended>(&said)) return of_plan(ended->plan);
    if (const auto* hold = std::get_if<message::Hold>(&said)) return of_plan(hold->plan);
    if (const auto* release = std::get_if<message::Release>(&said)) return of_plan(release->plan);
    if (const auto* cancel = std::get_if<message::Cancel>(&said)) return of_plan(cancel->plan);
    return {};  // a proposal: there is no condition yet
}

}  // namespace lockstep::sim
