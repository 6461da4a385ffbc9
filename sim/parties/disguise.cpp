#include "sim/parties/disguise.h"

#include "sdk/machine/stream.h"
#include "securities/machine/light_client.h"

namespace lockstep::sim {

namespace event = assembly::event;

void Disguise::add(std::size_t ledger, const CommandId& command, const EscrowTerms& wanted,
                   const EscrowTerms& placed) {
    escrows_[{ledger, {wanted.payer, wanted.id}}] = {command, wanted,
                                                     wanted.condition == placed.condition};
}

void Disguise::add_unknown(std::size_t ledger, const EscrowKey& key) {
    escrows_[{ledger, key}] = {};
}

const Disguise::Escrow* Disguise::find(std::size_t ledger, const EscrowTerms& terms) const {
    const auto found = escrows_.find({ledger, {terms.payer, terms.id}});
    return found == escrows_.end() ? nullptr : &found->second;
}

std::vector<Bytes> Disguise::apply(event::FromLedger& event, bool is_securities,
                                   const Address& ledger,
                                   const std::function<void(assembly::NodeEvent)>& tell) const {
    auto* octets = std::get_if<StreamFrame>(&event.input);
    std::vector<Bytes> unheard;
    if (octets == nullptr || escrows_.empty()) return unheard;
    // True where the node does not hear of it.
    const auto hides = [&](const LedgerEvent& told, const Escrow& escrow) {
        if (!escrow.wanted) return true;
        const bool can_be_told =
            !is_securities && (escrow.same_condition || told.state != EscrowState::fulfilled);
        if (can_be_told) return false;
        if (told.preimage) unheard.push_back(*told.preimage);
        if (told.state != EscrowState::prepared)
            tell(event::ForCore{core::input::CommandAnswered{
                ledger, escrow.command, static_cast<std::uint8_t>(report::Answer::Outcome::refused),
                Reason::escrow_rejected}});
        return true;
    };
    if (is_securities) {
        auto frame = securities::decode_frame(octets->body);
        if (!frame) return unheard;
        for (securities::BlockView& view : frame->blocks)
            std::erase_if(view.leaves, [&](const securities::ProvenLeaf& leaf) {
                const auto told = securities::event_of_leaf(leaf.octets);
                if (!told || !*told) return false;
                const Escrow* escrow = find(event.ledger, (*told)->terms);
                return escrow != nullptr && hides(**told, *escrow);
            });
        octets->body = securities::encode_frame(*frame);
        return unheard;
    }
    auto frame = decode_frame(octets->body);
    if (!frame) return unheard;
    std::erase_if(frame->events, [&](LedgerEvent& told) {
        const Escrow* escrow = find(event.ledger, told.terms);
        if (escrow == nullptr) return false;
        if (hides(told, *escrow)) return true;
        told.terms = *escrow->wanted;
        return false;
    });
    octets->body = encode_frame(*frame);
    return unheard;
}

std::vector<Bytes> Disguise::apply(std::size_t ledger, std::vector<Report>& reports) const {
    std::vector<Bytes> unheard;
    // nullptr where the node hears nothing of it.
    const auto told_as = [&](const EscrowTerms& terms, EscrowState state) -> const EscrowTerms* {
        const Escrow* const escrow = find(ledger, terms);
        if (escrow == nullptr) return &terms;
        const bool can_be_told = escrow->same_condition || state != EscrowState::fulfilled;
        return escrow->wanted && can_be_told ? &*escrow->wanted : nullptr;
    };
    std::vector<Report> heard;
    for (Report& one : reports) {
        if (auto* told = std::get_if<report::Escrow>(&one)) {
            const EscrowTerms* const terms = told_as(told->terms, told->state);
            if (terms == nullptr) {
                if (told->preimage) unheard.push_back(*told->preimage);
                const Escrow* const escrow = find(ledger, told->terms);
                if (!escrow->wanted) continue;
                heard.emplace_back(report::Answer{escrow->command, report::Answer::Outcome::refused,
                                                  Reason::escrow_rejected});
                continue;
            }
            if (terms != &told->terms) told->terms = *terms;
        } else if (auto* result = std::get_if<report::QueryResult>(&one);
                   result != nullptr && result->answer) {
            std::erase_if(result->answer->escrows, [&](EscrowStanding& standing) {
                const EscrowTerms* const terms = told_as(standing.terms, standing.state);
                if (terms != nullptr && terms != &standing.terms) standing.terms = *terms;
                return terms == nullptr;
            });
        }
        heard.push_back(std::move(one));
    }
    reports = std::move(heard);
    return unheard;
}

}  // namespace lockstep::sim
