#include "connector/cli/swap_watch.h"

#include <chrono>
#include <cstdio>

#include "sdk/base/time_text.h"

namespace lockstep::cli {
namespace {

constexpr Duration glance = Duration::milliseconds(500);
// A ledger of which nothing at all was heard is waited for so long.
constexpr std::chrono::seconds longest_silence{120};
constexpr std::chrono::seconds note_interval{5};
constexpr const char* interruption = "interrupted";
constexpr const char* before_anything = "stopped before anything was begun";

std::string advice_on(const std::string& code) {
    const auto reason = reason_from_string(code);
    if (!reason) return "";
    if (*reason == Reason::escrows_unresolved)
        return "One swap at a time has a data directory: `lockstep swap resume` goes on with it.";
    if (*reason == Reason::condition_used) return "A proposal is taken once: ask for another one.";
    if (*reason == Reason::ladder_too_tight)
        return "Ask for a longer time between the two refunds (--payment-refund), or reckon with "
               "less in [endurance] and the profiles.";
    if (*reason == Reason::terms_lapsed)
        return "Propose again, with a longer --delivery-refund where that was short.";
    if (*reason == Reason::no_account || *reason == Reason::wrong_ledger)
        return "Check whom the proposal is for, and the accounts in the configuration.";
    if (*reason == Reason::disk_low) return "Make room on the disk.";
    return "";
}

}  // namespace

int complain_of_swap(const Failure& failure, const std::string& what_to_do, const Global& global) {
    if (global.json) {
        Json json = Json::object({{"code", failure.code}, {"detail", failure.detail}});
        if (!what_to_do.empty()) json.set("what_to_do", what_to_do);
        std::fprintf(stderr, "%s\n", write_json(json).c_str());
    } else {
        std::fprintf(stderr, "lockstep: %s [%s]\n", failure.detail.c_str(), failure.code.c_str());
        if (!what_to_do.empty()) std::fprintf(stderr, "%s\n", what_to_do.c_str());
    }
    return exit_code_of(failure);
}

int SwapWatch::fail_with(const Failure& failure) {
    const int code = complain_of_swap(failure, advice_on(failure.code), global_);
    return failure.code == interruption ? exit_interrupted : code;
}

std::string SwapWatch::missing_ledgers(const swap::LedgerAnswers& answers) {
    const SwapHost::Standing standing = host_->look();
    std::string missing;
    for (std::size_t i = 0; i < host_->settings().ledgers.size(); ++i) {
        const Address& ledger = host_->settings().ledgers[i].config.ledger;
        const swap::OwnLedger* const own = swap::find_ledger(standing.view.ledgers, ledger);
        const bool is_live = i < standing.live.size() && standing.live[i];
        if (is_live && own != nullptr && own->info) continue;
        missing += (missing.empty() ? "" : ", ") + ledger.text() +
                   (answers.detail(i).empty() ? "" : " (" + answers.detail(i) + ")");
    }
    return missing;
}

Result<void, Failure> SwapWatch::wait_for_ledgers() {
    using Clock = std::chrono::steady_clock;
    swap::LedgerAnswers answers(host_->settings().ledgers.size());
    const Clock::time_point begun = Clock::now();
    Clock::time_point next_note = begun + note_interval;
    std::string noted;
    while (true) {
        const std::string missing = missing_ledgers(answers);
        if (missing.empty()) return {};
        if (Clock::now() >= next_note && missing != noted) {
            print_.note("waiting for " + missing);
            noted = missing;
            next_note = Clock::now() + note_interval;
        }
        if (!answers.all() && Clock::now() >= begun + longest_silence)
            return fail(std::string(to_string(Reason::unavailable)),
                        "no answer that can be used of the ledgers; check their url and their "
                        "keys in " +
                            host_->settings().file.string());
        const auto news = host_->wait(glance);
        if (!news) continue;
        if (std::holds_alternative<SwapHost::Interrupted>(*news))
            return fail(interruption, before_anything);
        if (const auto* alarm = std::get_if<swap::output::Alarm>(&*news)) print_.alarm(*alarm);
        if (const auto* changed = std::get_if<swap::effect::LedgerChanged>(&*news)) {
            answers.hear(*changed);
            if (changed->mode == report::Mode::refused)
                return fail(std::string(to_string(Reason::ledger_refused)),
                            host_->settings().ledgers[changed->ledger].config.ledger.text() + ": " +
                                changed->detail);
        }
    }
}

bool SwapWatch::was_interrupted(Duration longest) {
    while (const auto news = host_->wait(longest)) {
        if (std::holds_alternative<SwapHost::Interrupted>(*news)) return true;
        if (const auto* alarm = std::get_if<swap::output::Alarm>(&*news)) print_.alarm(*alarm);
    }
    return false;
}

// The signal may have ended the reading of the answer before it was heard of here.
int SwapWatch::not_agreed() {
    if (was_interrupted(glance)) return fail_with({interruption, before_anything});
    std::fprintf(stderr, "lockstep: nothing was done; --yes agrees without asking\n");
    return exit_failed;
}

// Whoever interrupts while being asked has not agreed.
int SwapWatch::begin(swap::event::Begin what) {
    if (was_interrupted(Duration{})) return fail_with({interruption, before_anything});
    host_->begin(std::move(what));
    // What is submitted is done: whether it was begun is known before anybody leaves.
    bool is_interrupted = false;
    while (true) {
        const auto news = host_->wait(glance);
        if (!news) continue;
        if (std::holds_alternative<SwapHost::Interrupted>(*news)) is_interrupted = true;
        if (const auto* alarm = std::get_if<swap::output::Alarm>(&*news)) print_.alarm(*alarm);
        if (const auto* begun = std::get_if<swap::effect::Begun>(&*news)) {
            if (!begun->terms)
                return fail_with({std::string(to_string(begun->terms.error())),
                                  std::string(describe(begun->terms.error()))});
            return is_interrupted ? interrupted() : watch();
        }
    }
}

void SwapWatch::tell(const swap::Swap& swap, const swap::output::Told& told, Refunds refunds) {
    const SwapHost::Standing standing = host_->look();
    const Address& ledger = swap.terms.leg(swap::side_of(told.step)).ledger;
    const swap::OwnLedger* const own = swap::find_ledger(standing.view.ledgers, ledger);
    const RefundRule refund =
        own != nullptr && own->info ? own->info->refund : RefundRule::automatic;
    // What is gone may come again, and is told again then.
    if (told.sight.certainty == Certainty::rolled_back)
        std::erase_if(printed_, [&](const auto& one) { return std::get<0>(one) == told.step; });
    std::vector<swap::Line> lines = swap::lines_of(swap, told, refund);
    if (refunds == Refunds::left_out) lines.resize(1);
    for (const swap::Line& line : lines)
        if (printed_.emplace(line.step, line.state, line.transaction).second)
            print_.transaction(line);
}

int SwapWatch::end_of(const swap::Swap& swap) {
    print_.ended(swap);
    return *swap.end == swap::End::settled ? exit_done : exit_not_settled;
}

int SwapWatch::interrupted() {
    const SwapHost::Standing standing = host_->look();
    if (standing.swap && !standing.swap->end) {
        const swap::Terms& terms = standing.swap->terms;
        print_.note(
            "stopped; the swap is not over and what it locks is safe only while it is "
            "watched. Go on well before " +
            format_time(terms.delivery.expiry) + " with\n  lockstep swap resume --config " +
            host_->settings().file.string());
    }
    return exit_interrupted;
}

std::optional<int> SwapWatch::take(SwapHost::News&& news) {
    if (std::holds_alternative<SwapHost::Interrupted>(news)) return interrupted();
    const SwapHost::Standing standing = host_->look();
    if (!standing.swap) return std::nullopt;
    if (const auto* told = std::get_if<swap::output::Told>(&news)) {
        tell(*standing.swap, *told, Refunds::told);
    } else if (const auto* alarm = std::get_if<swap::output::Alarm>(&news)) {
        print_.alarm(*alarm);
    } else if (const auto* changed = std::get_if<swap::effect::LedgerChanged>(&news)) {
        const std::string& ledger = host_->settings().ledgers[changed->ledger].config.ledger.text();
        if (changed->mode == report::Mode::refused)
            print_.alarm({"ledger_refused", ledger + ": " + changed->detail});
        else if (changed->mode == report::Mode::stale)
            print_.note(ledger + " is stale: " +
                        (changed->detail.empty() ? "no word of it" : changed->detail) +
                        "; nothing new is begun until it is back");
    } else if (std::holds_alternative<swap::output::Ended>(news)) {
        return end_of(*standing.swap);
    }
    return std::nullopt;
}

int SwapWatch::watch() {
    const SwapHost::Standing standing = host_->look();
    if (!standing.swap)
        return fail_with({std::string(to_string(Reason::not_found)),
                          "there is no swap in " + host_->settings().data.string()});
    const swap::Swap& swap = *standing.swap;
    print_.terms(swap.terms, swap.proposer, swap.role);
    if (swap.role == swap::Role::buyer && !swap.end)
        print_.proposal(swap::write_proposal(swap.terms, host_->signer()));
    // Of what was taken or has gone back no refund is ready any more.
    const auto is_over = [&](swap::Step step) {
        return swap::side_of(step) == swap::Side::payment
                   ? swap.find(swap::Step::payment_claim) || swap.find(swap::Step::payment_refund)
                   : swap.find(swap::Step::delivery_claim) ||
                         swap.find(swap::Step::delivery_refund);
    };
    for (const auto& [step, sight] : swap.sights)
        tell(swap, {step, sight}, is_over(step) ? Refunds::left_out : Refunds::told);
    if (swap.alarm) print_.alarm(*swap.alarm);
    if (swap.end) return end_of(swap);
    while (true) {
        auto news = host_->wait(glance);
        if (!news) continue;
        if (const auto code = take(std::move(*news))) return *code;
    }
}

}  // namespace lockstep::cli
