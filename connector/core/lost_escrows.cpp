#include "connector/core/lost_escrows.h"

#include "connector/core/strays.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

void note_fate(LostEscrow& lost, const input::EscrowReported& e) {
    const EscrowPlace place{e.ledger, {e.terms.payer, e.terms.id}};
    const bool stands = e.state == EscrowState::prepared ? e.certainty != Certainty::rolled_back
                                                         : e.certainty != Certainty::final_;
    if (!stands)
        lost.open.erase(place);
    else if (lost.open.size() < max_lost_of_condition)
        lost.open.insert(place);
}

}  // namespace

std::string describe_escrow(const Address& ledger, const EscrowKey& escrow) {
    return "escrow " + escrow.id.hex() + " of " + escrow.payer.text() + " on " + ledger.text();
}

bool may_have_forgotten(const State& state, const TradeEntry& trade) {
    return trade.record.created <= state.forgotten_before;
}

Deal* on_lost_escrow(Effects& fx, const input::EscrowReported& e) {
    State& state = fx.state();
    if (!state.loud_stop)
        fx.alarm("unknown_escrow", describe_escrow(e.ledger, {e.terms.payer, e.terms.id}) +
                                       " is ours and not in the journal; no new business until an "
                                       "operator has looked at it");
    state.loud_stop = true;
    state.forgotten_before = state.started;
    Deal* deal = find_by_condition(state, e.terms.condition);
    if (deal != nullptr && deal->out && deal->out->state == LegState::none &&
        deal->out->key.id.is_zero() && deal->out->hop.ledger == e.ledger &&
        deal->out->hop.payer == e.terms.payer) {
        name_leg(state, *deal, *deal->out, {e.terms.payer, e.terms.id});
        deal->out->state = LegState::sent;
        return deal;
    }
    if (!state.lost.contains(e.terms.condition) && state.lost.size() >= max_lost_escrows)
        return nullptr;
    LostEscrow& lost = state.lost[e.terms.condition];
    lost.until = std::max(lost.until, std::max(fx.at(), e.terms.expiry) + max_instruction_life);
    state.set_due(Due::lost, e.terms.condition.view(), lost.until);
    note_fate(lost, e);
    if (e.preimage && !lost.preimage && fulfils(*e.preimage, e.terms.condition)) {
        lost.preimage = e.preimage;
        claim_strays(fx, e.terms.condition, *e.preimage);
    }
    return nullptr;
}

}  // namespace lockstep::core
