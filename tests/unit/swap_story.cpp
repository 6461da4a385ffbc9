#include "tests/unit/swap_story.h"

#include <sstream>

#include "sdk/base/amount.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::test {

SwapStory::SwapStory(Role role, swap::Terms agreed) : role_(role), terms_(std::move(agreed)) {
    apply(swap::input::Configure{one_outage, ledgers_of(role_, terms_)});
    apply(swap::input::Described{info_of(terms_.payment)});
    apply(swap::input::Described{info_of(terms_.delivery)});
}

std::string SwapStory::tell(const std::string& words) {
    std::istringstream text(words);
    std::string first, second, third;
    text >> first >> second >> third;
    if (first == "begin") return apply(swap::input::Begin{role_, terms_, PublicKey{}, Hash{}});
    if (first == "secret") {
        const Preimage secret = swap_secret();
        return apply(swap::input::Released{Bytes(secret.view().begin(), secret.view().end())});
    }
    if (first == "restart") return start_from(machine_.write_snapshot());
    if (first == "save") return saved_ = machine_.write_snapshot(), "";
    if (first == "restore") return start_from(saved_);
    if (first.starts_with("t+")) {
        now_ =
            swap_start +
            Duration{static_cast<std::int64_t>(parse_amount(first.substr(2), 6).value().units())};
        const auto wake = machine_.next_wake();
        return wake && *wake <= now_ ? apply(SwapMachine::wake()) : "";
    }
    if (second == "refused") {
        // What is tried again is another command.
        const CommandId id = sent_.at(first);
        sent_.erase(first);
        refused_.insert(id);
        return apply(
            swap::input::Answered{id, static_cast<std::uint8_t>(report::Answer::Outcome::refused),
                                  reason_from_string(third).value()});
    }
    if (first == "btc" || first == "csd") {
        const report::Mode mode = second == "live" ? report::Mode::live : report::Mode::stale;
        return apply(swap::input::Health{swap_address("test." + first), now_,
                                         static_cast<std::uint8_t>(mode)});
    }
    return event(first, second, third);
}

std::string SwapStory::start_from(const Bytes& snapshot) {
    machine_ = SwapMachine{};
    REQUIRE(machine_.read_snapshot(snapshot));
    CHECK(machine_.write_snapshot() == snapshot);
    return apply(swap::input::Started{});
}

std::string SwapStory::event(const std::string& side, const std::string& state,
                             const std::string& certainty) {
    const Side which = side == "payment" ? Side::payment : Side::delivery;
    swap::input::Reported reported;
    reported.ledger = terms_.leg(which).ledger;
    reported.terms = swap::escrow_of(terms_, which);
    reported.ledger_time = now_;
    reported.locator = side + " " + state;
    if (state == "other") reported.terms.amount = Amount{reported.terms.amount.units() - 1};
    if (state == "stray") reported.terms.id = EscrowId{sha256(as_bytes("stray")).array()};
    if (state == "fulfilled") {
        reported.state = EscrowState::fulfilled;
        const Preimage secret = swap_secret();
        reported.preimage = Bytes(secret.view().begin(), secret.view().end());
    }
    if (state == "refunded") reported.state = EscrowState::refunded_expired;
    if (state == "rejected") reported.state = EscrowState::refunded_rejected;
    reported.certainty = certainty == "seen"    ? Certainty::seen
                         : certainty == "final" ? Certainty::final_
                                                : Certainty::rolled_back;
    return apply(reported);
}

std::string SwapStory::apply(const swap::MachineInput& input) {
    // What is journalled is what was applied.
    const auto decoded = SwapMachine::decode_input(SwapMachine::encode_input(input));
    REQUIRE(decoded);
    if (const auto allowed = machine_.check(now_, *decoded); !allowed)
        return "refused: " + std::string(to_string(allowed.error()));
    Outputs<SwapMachine> out;
    machine_.apply(now_, *decoded, out);
    // Nothing that is due is left for a wake that would change nothing.
    const auto wake = machine_.next_wake();
    CHECK((!wake || *wake > now_));
    std::string all;
    for (const swap::MachineOutput& output : out.outputs)
        all += (all.empty() ? "" : "; ") + say(output);
    return all;
}

std::string SwapStory::say(const swap::MachineOutput& output) {
    const auto which = [&](const Address& ledger) {
        return std::string(ledger == terms_.payment.ledger ? " payment" : " delivery");
    };
    if (const auto* command = std::get_if<swap::output::ToLedger>(&output)) {
        CHECK(swap::encode_recorded(output).has_value());
        std::string what;
        if (const auto* prepare = std::get_if<op::Prepare>(&command->body)) {
            what = "prepare";
            const Side side = role_ == Role::buyer ? Side::payment : Side::delivery;
            CHECK(prepare->terms == swap::escrow_of(terms_, side));
            CHECK(prepare->not_after < prepare->terms.expiry);
        }
        if (std::holds_alternative<op::Fulfil>(command->body)) what = "fulfil";
        if (std::holds_alternative<op::Reject>(command->body)) what = "reject";
        if (std::holds_alternative<command::Expect>(command->body)) what = "expect";
        CHECK(!refused_.contains(command->id));
        // The same command has one id for ever.
        const auto [known, fresh] = sent_.try_emplace(what, command->id);
        CHECK(known->second == command->id);
        return what + which(command->ledger);
    }
    if (std::holds_alternative<swap::output::Release>(output)) {
        CHECK(swap::encode_recorded(output).has_value());
        return "release";
    }
    CHECK(!swap::encode_recorded(output).has_value());
    if (const auto* told = std::get_if<swap::output::Told>(&output)) {
        const Certainty certainty = told->sight.certainty;
        return std::to_string(static_cast<int>(told->step)) +
               (certainty == Certainty::seen     ? " seen"
                : certainty == Certainty::final_ ? " final"
                                                 : " gone");
    }
    if (const auto* ended = std::get_if<swap::output::Ended>(&output))
        return std::string(to_string(ended->end)) +
               (ended->reason ? ": " + std::string(to_string(*ended->reason)) : "");
    return "alarm " + std::get<swap::output::Alarm>(output).code;
}

std::vector<Row> operator+(std::vector<Row> first, const std::vector<Row>& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

void play(Role role, const std::vector<Row>& rows) {
    SwapStory story(role);
    for (const Row& row : rows) {
        CAPTURE(row.happens);
        CHECK(story.tell(row.happens) == row.does);
    }
}

}  // namespace lockstep::test
