#include "connector/core/strays.h"

#include "connector/core/forwarding.h"

namespace lockstep::core {
namespace {

void claim_stray(Effects& fx, const EscrowPlace& place, Stray& stray, const Bytes& preimage) {
    if (stray.dealt_with) return;
    stray.dealt_with = true;
    fx.state().set_due(Due::stray, encode_fields(place), Timestamp::never());
    use_preimage(fx, place, stray.terms.condition, preimage);
}

}  // namespace

void add_stray(Effects& fx, const Address& ledger, const EscrowTerms& terms) {
    State& state = fx.state();
    const EscrowPlace place{ledger, {terms.payer, terms.id}};
    if (state.strays.contains(place)) return;
    const std::pair payer{ledger, terms.payer};
    const auto known = state.stray_payers.find(payer);
    if (state.strays.size() >= max_strays ||
        (known != state.stray_payers.end() && known->second >= max_strays_of_payer))
        return;
    ++state.stray_payers[payer];
    Stray& stray = state.strays[place] = {terms, fx.at() + state.config->notice_wait, false};
    state.set_due(Due::stray, encode_fields(place), stray.reject_at);
    const auto lost = state.lost.find(terms.condition);
    if (lost != state.lost.end() && lost->second.preimage)
        claim_stray(fx, place, stray, *lost->second.preimage);
}

void forget_stray(State& state, const EscrowPlace& place) {
    if (state.strays.erase(place) == 0) return;
    const auto payer = state.stray_payers.find({place.first, place.second.payer});
    if (--payer->second == 0) state.stray_payers.erase(payer);
    state.set_due(Due::stray, encode_fields(place), Timestamp::never());
}

const Stray* find_stray(const State& state, const EscrowPlace& place) {
    const auto found = state.strays.find(place);
    return found == state.strays.end() ? nullptr : &found->second;
}

void reject_stray(Effects& fx, const EscrowPlace& place) {
    State& state = fx.state();
    const auto stray = state.strays.find(place);
    if (stray == state.strays.end() || stray->second.dealt_with) return;
    // Nothing is given back on stale knowledge, nor while escrows of ours may be missing from the
    // journal: this one may pay for one of them.
    if (!state.live(place.first) || !state.caught_up() || state.loud_stop) {
        stray->second.reject_at = fx.at() + state.config->notice_wait;
        state.set_due(Due::stray, encode_fields(place), stray->second.reject_at);
        return;
    }
    stray->second.dealt_with = true;
    state.set_due(Due::stray, encode_fields(place), Timestamp::never());
    fx.reject(place.first, place.second, stray->second.terms.payee);
}

void claim_strays(Effects& fx, const Condition& condition, const Bytes& preimage) {
    for (auto& [place, stray] : fx.state().strays)
        if (stray.terms.condition == condition) claim_stray(fx, place, stray, preimage);
}

}  // namespace lockstep::core
