#include "sim/report/words.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lockstep::sim {
namespace {

constexpr std::uint64_t us_per_second = 1'000'000;
constexpr std::uint64_t us_per_day = 86'400 * us_per_second;

std::string name_of(ActorId actor, const Trace& trace) {
    const std::vector<Actor>& actors = trace.actors();
    return actor < actors.size() ? printable(actors[actor].name) : "actor " + std::to_string(actor);
}

std::string value_of(Amount amount, const AssetId& asset) {
    return format_amount(amount, asset.scale()) + " " + asset.code();
}

std::string condition_word(const Condition& condition) {
    constexpr std::size_t digits = 12;
    return condition.hex().substr(0, digits);
}

// "buyer to seller" of an escrow: the nodes where they are known, the accounts otherwise.
std::string parties_of(const Moment& moment, const Trace& trace) {
    const auto one = [&](ActorId node, const Address& account) {
        return node != the_world ? name_of(node, trace) : printable(account.text());
    };
    return one(moment.payer, moment.escrow.payer) + " to " + one(moment.payee, moment.escrow.payee);
}

std::string escrow_words(const Moment& moment, const Trace& trace, std::string_view what) {
    return name_of(moment.actor, trace) + ": " + std::string(what) + " " +
           value_of(moment.escrow.amount, moment.escrow.asset) + ", " + parties_of(moment, trace) +
           ", condition " + condition_word(moment.escrow.condition);
}

std::string with_text(std::string line, const Moment& moment) {
    if (!moment.text.empty()) line += ": " + printable(moment.text);
    return line;
}

}  // namespace

std::string elapsed(Duration time) {
    const bool negative = time.us() < 0;
    // the magnitude of INT64_MIN fits an unsigned integer only
    std::uint64_t us = static_cast<std::uint64_t>(time.us());
    if (negative) us = ~us + 1;
    const std::uint64_t days = us / us_per_day;
    const std::uint64_t in_day = us % us_per_day;
    const std::uint64_t seconds = in_day / us_per_second;
    const std::uint64_t fraction = in_day % us_per_second;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%d:%02d:%02d.%03d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60),
                  static_cast<int>(fraction / 1000));
    std::string line = text.data();
    if (fraction % 1000 != 0) {
        std::snprintf(text.data(), text.size(), "%03d", static_cast<int>(fraction % 1000));
        line += text.data();
    }
    if (days != 0) line = std::to_string(days) + " d " + line;
    return negative ? "-" + line : line;
}

std::string spaced(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, " ");
    return text;
}

std::string printable(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        // U+0080 to U+009F are control characters too; in UTF-8 they begin with C2
        const bool second = octet == 0xC2U && i + 1 < text.size() &&
                            static_cast<unsigned char>(text[i + 1]) < 0xA0U;
        if (second) ++i;
        clean += octet < 0x20U || octet == 0x7FU || second ? '?' : text[i];
    }
    return clean;
}

std::string_view to_string(ActorKind kind) {
    switch (kind) {
        case ActorKind::world:
            return "world";
        case ActorKind::ledger:
            return "ledger";
        case ActorKind::validator:
            return "validator";
        case ActorKind::node:
            return "node";
    }
    return "unknown";
}

std::string_view to_string(MomentKind kind) {
    switch (kind) {
        case MomentKind::message_sent:
            return "message_sent";
        case MomentKind::message_arrived:
            return "message_arrived";
        case MomentKind::message_lost:
            return "message_lost";
        case MomentKind::escrow_prepared:
            return "escrow_prepared";
        case MomentKind::escrow_fulfilled:
            return "escrow_fulfilled";
        case MomentKind::escrow_expired:
            return "escrow_expired";
        case MomentKind::escrow_rejected:
            return "escrow_rejected";
        case MomentKind::released:
            return "released";
        case MomentKind::crashed:
            return "crashed";
        case MomentKind::started:
            return "started";
        case MomentKind::fault:
            return "fault";
        case MomentKind::fault_over:
            return "fault_over";
        case MomentKind::state:
            return "state";
        case MomentKind::alarm:
            return "alarm";
        case MomentKind::balance:
            return "balance";
        case MomentKind::violation:
            return "violation";
        case MomentKind::escrow_taken_back:
            return "escrow_taken_back";
    }
    return "unknown";
}

std::string describe(const Moment& moment, const Trace& trace) {
    const std::string actor = name_of(moment.actor, trace);
    const std::string other = name_of(moment.other, trace);
    switch (moment.kind) {
        case MomentKind::message_sent:
            return with_text(actor + " sent to " + other, moment);
        case MomentKind::message_arrived:
            return with_text(actor + " to " + other + ", arrived", moment);
        case MomentKind::message_lost:
            return with_text(actor + " to " + other + ", lost", moment);
        case MomentKind::escrow_prepared:
            return escrow_words(moment, trace, "prepared");
        case MomentKind::escrow_fulfilled:
            return escrow_words(moment, trace, "fulfilled");
        case MomentKind::escrow_expired:
            return escrow_words(moment, trace, "refunded after its expiry");
        case MomentKind::escrow_rejected:
            return escrow_words(moment, trace, "refunded by its payee");
        case MomentKind::released:
            return with_text(actor + " released its secret", moment);
        case MomentKind::crashed:
            return with_text(actor + " crashed", moment);
        case MomentKind::started:
            return with_text(actor + " started", moment);
        case MomentKind::fault:
            return with_text("fault at " + actor, moment);
        case MomentKind::fault_over:
            return with_text("fault over at " + actor, moment);
        case MomentKind::state:
            return with_text(actor, moment);
        case MomentKind::alarm:
            return with_text(actor + " raised an alarm", moment);
        case MomentKind::balance:
            return actor + ": " + other + " holds " + value_of(moment.amount, moment.asset) +
                   " and " + value_of(moment.escrowed, moment.asset) + " in escrow";
        case MomentKind::violation:
            return with_text("VIOLATION", moment);
        case MomentKind::escrow_taken_back:
            return escrow_words(moment, trace, "took back (" + moment.text + ")");
    }
    return {};
}

}  // namespace lockstep::sim
