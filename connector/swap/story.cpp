#include "connector/swap/story.h"

#include "sdk/base/assert.h"
#include "sdk/base/time_text.h"

namespace lockstep::swap {
namespace {

std::string amount_text(const Leg& leg) {
    return format_amount(leg.amount, leg.asset.scale()) + " " + leg.asset.code();
}

// Whole seconds where they are: what stands in scripts and on ledgers has no more.
std::string time_text(Timestamp time) {
    std::string text = format_time(time);
    const std::size_t zeros = text.find(".000000Z");
    return zeros == std::string::npos ? text : text.substr(0, zeros) + "Z";
}

std::string title(Step step) {
    switch (step) {
        case Step::payment:
            return "the buyer's payment is in escrow for the seller";
        case Step::payment_refund:
            return "refund of 1: the payment goes back to the buyer";
        case Step::delivery:
            return "the seller's delivery is in escrow for the buyer";
        case Step::delivery_refund:
            return "refund of 3: the delivery goes back to the seller";
        case Step::delivery_claim:
            return "the buyer takes the delivery and shows the secret";
        case Step::payment_claim:
            return "the seller takes the payment with the secret";
    }
    UNREACHABLE();
}

std::string spend_of(const Swap& swap, Step step, bool ready, RefundRule refund) {
    const Leg& leg = swap.terms.leg(side_of(step));
    const bool payment = side_of(step) == Side::payment;
    const std::string payer = payment ? "the buyer" : "the seller";
    const std::string payee = payment ? "the seller" : "the buyer";
    const std::string when = time_text(leg.expiry);
    switch (step) {
        case Step::payment:
        case Step::delivery: {
            const bool open = leg.timing.expiry_rule == ExpiryRule::open;
            return payee + " can take it with the secret" +
                   (open ? " until it has gone back" : " before " + when) + "; " + payer +
                   " has it back from " + when + " on";
        }
        case Step::payment_refund:
        case Step::delivery_refund:
            if (!ready) return payer + " has it back";
            if (refund == RefundRule::automatic)
                return "the ledger gives it back by itself, nobody has to sign";
            return payer + "'s signature alone takes it back, which the escrow itself says";
        case Step::delivery_claim:
            return payee + " has it; the secret is on the ledger for everybody to read";
        case Step::payment_claim:
            return payee + " has it";
    }
    UNREACHABLE();
}

std::string state_of(const std::optional<Sight>& sight) {
    if (!sight) return "ready";
    switch (sight->certainty) {
        case Certainty::seen:
            return "seen";
        case Certainty::final_:
            return "final";
        case Certainty::rolled_back:
            return "rolled_back";
    }
    UNREACHABLE();
}

std::string words_of(const std::string& state) {
    if (state == "ready") return "ready";
    if (state == "rolled_back") return "gone again: the ledger took it back";
    return state == "seen" ? "seen, not final yet" : "final";
}

bool is_refund(Step step) {
    return step == Step::payment_refund || step == Step::delivery_refund;
}

std::string leg_text(const Leg& leg) {
    return amount_text(leg) + " on " + leg.ledger.text() + "\n      from " + leg.payer.text() +
           "\n      to   " + leg.payee.text();
}

}  // namespace

Line line_of(const Swap& swap, Step step, const std::optional<Sight>& sight, RefundRule refund) {
    const Leg& leg = swap.terms.leg(side_of(step));
    Line line;
    line.step = step;
    line.state = state_of(sight);
    line.what = title(step);
    line.ledger = leg.ledger;
    line.asset = leg.asset;
    line.amount = leg.amount;
    line.from = leg.payer;
    line.to = is_refund(step) ? leg.payer : leg.payee;
    line.spend = spend_of(swap, step, !sight, refund);
    if (sight) {
        line.transaction = sight->locator;
        if (sight->rejected) line.what += ", given back early by the payee";
    }
    if (is_refund(step)) line.not_before = leg.expiry;
    return line;
}

std::vector<Line> lines_of(const Swap& swap, const output::Told& told, RefundRule refund) {
    std::vector<Line> lines{line_of(swap, told.step, told.sight, refund)};
    const bool is_escrow = told.step == Step::payment || told.step == Step::delivery;
    if (!is_escrow || told.sight.certainty == Certainty::rolled_back) return lines;
    const Step back = told.step == Step::payment ? Step::payment_refund : Step::delivery_refund;
    lines.push_back(line_of(swap, back, std::nullopt, refund));
    return lines;
}

std::string render(const Line& line) {
    std::string text = std::to_string(static_cast<int>(line.step)) + "  " + line.what + ": " +
                       words_of(line.state);
    if (line.state == "ready" && line.not_before)
        text += ", not before " + time_text(*line.not_before);
    text += "\n   " + format_amount(line.amount, line.asset.scale()) + " " + line.asset.code() +
            " on " + line.ledger.text();
    if (!line.transaction.empty()) text += ", transaction " + line.transaction;
    return text + "\n   " + line.spend;
}

std::string render(const Terms& terms) {
    const Duration payment = terms.payment.expiry - terms.proposed;
    const Duration delivery = terms.delivery.expiry - terms.proposed;
    return "swap " + swap_id(terms).hex() + "\n   the buyer pays      " + leg_text(terms.payment) +
           "\n   the seller delivers " + leg_text(terms.delivery) +
           "\n   the payment goes back from  " + time_text(terms.payment.expiry) + " on (" +
           format_length(payment) + " after the proposal)" + "\n   the delivery goes back from " +
           time_text(terms.delivery.expiry) + " on (" + format_length(delivery) +
           " after the proposal)" + "\n   to be in escrow before      " +
           time_text(payment_place_by(terms)) + " (the payment), " +
           time_text(delivery_place_by(terms)) + " (the delivery)";
}

std::string describe_end(const Swap& swap) {
    ASSERT(swap.end.has_value());
    const std::string why =
        swap.reason ? ": " + std::string(describe(*swap.reason)) : std::string();
    switch (*swap.end) {
        case End::settled:
            return "settled: the buyer has the delivery, the seller has the payment";
        case End::unwound:
            return "unwound" + why + "; nothing of this party is in escrow any more";
        case End::declined:
            return "declined" + why + "; nothing was ever in escrow";
        case End::broken:
            return "broken" + why + "; one side was taken and the other went back";
    }
    UNREACHABLE();
}

}  // namespace lockstep::swap
