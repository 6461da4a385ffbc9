#include "sdk/machine/escrow.h"

#include "sdk/base/assert.h"

namespace lockstep {

std::string_view to_string(EscrowState state) {
    switch (state) {
        case EscrowState::prepared:
            return "prepared";
        case EscrowState::fulfilled:
            return "fulfilled";
        case EscrowState::refunded_expired:
            return "refunded_expired";
        case EscrowState::refunded_rejected:
            return "refunded_rejected";
    }
    UNREACHABLE();
}

void write_terms(OerWriter& to, const EscrowTerms& terms) {
    to.fixed(terms.id).address(terms.payer).address(terms.payee).asset(terms.asset);
    to.amount(terms.amount).fixed(terms.condition).time(terms.expiry);
}

EscrowTerms read_terms(OerReader& from) {
    EscrowTerms terms;
    terms.id = from.fixed<EscrowId>();
    terms.payer = from.address();
    terms.payee = from.address();
    terms.asset = from.asset();
    terms.amount = from.amount();
    terms.condition = from.fixed<Condition>();
    terms.expiry = from.time();
    return terms;
}

void write_profile(OerWriter& to, const TimingProfile& profile) {
    to.duration(profile.inclusion).duration(profile.finality).duration(profile.rollback);
    to.duration(profile.late).duration(profile.early).duration(profile.block);
}

TimingProfile read_profile(OerReader& from) {
    TimingProfile profile;
    profile.inclusion = from.duration();
    profile.finality = from.duration();
    profile.rollback = from.duration();
    profile.late = from.duration();
    profile.early = from.duration();
    profile.block = from.duration();
    return profile;
}

}  // namespace lockstep
