#include "connector/cli/swapping.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "connector/cli/swap_host.h"
#include "connector/cli/swap_print.h"
#include "sdk/base/time_text.h"

namespace lockstep::cli {
namespace {

constexpr Duration glance = Duration::milliseconds(500);
// Before something is begun, both ledgers must have answered.
constexpr Duration longest_wait = Duration::seconds(120);
constexpr Duration note_after = Duration::seconds(5);

int complain_of(const Failure& failure, const std::string& what_to_do, const Global& global) {
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

std::string advice_on(const std::string& code) {
    const auto reason = reason_from_string(code);
    if (!reason) return "";
    if (*reason == Reason::escrows_unresolved)
        return "One swap at a time has a data directory: `lockstep swap resume` goes on with it.";
    if (*reason == Reason::condition_used)
        return "A proposal is taken once: ask for another one.";
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

// --- what the user gave ---

struct Wanted {
    std::string amount, asset;  // no asset: the only one of its ledger
};
std::optional<Wanted> parse_wanted(const std::string& text) {
    const std::size_t space = text.find(' ');
    if (space == std::string::npos) return text.empty() ? std::nullopt : std::optional(Wanted{text, ""});
    Wanted wanted{text.substr(0, space), text.substr(space + 1)};
    if (wanted.amount.empty() || wanted.asset.empty()) return std::nullopt;
    return wanted;
}

// --- a party at work ---

class Party {
public:
    Party(std::unique_ptr<SwapHost> host, const Global& global)
        : host_(std::move(host)), global_(global), print_(global.json) {}

    SwapHost& host() { return *host_; }
    const SwapPrinter& print() const { return print_; }

    // Until both ledgers are live and have said what they are. Codes: unavailable, interrupted.
    Result<void, Failure> wait_for_ledgers();
    // Begins what is agreed, and watches it to its end; the exit code.
    int begin(swap::Role role, const swap::Terms& terms);
    // What has happened so far, then what happens, to the end.
    int watch();
    int fail_with(const Failure& failure) {
        return complain_of(failure, advice_on(failure.code), global_);
    }
    int interrupted();

private:
    void tell(const swap::Swap& swap, const swap::output::Told& told);
    std::optional<int> take(SwapHost::News&& news);
    int end_of(const swap::Swap& swap);

    std::unique_ptr<SwapHost> host_;
    const Global& global_;
    SwapPrinter print_;
};

Result<void, Failure> Party::wait_for_ledgers() {
    std::vector<std::string> details(host_->settings().ledgers.size());
    for (Duration waited; waited < longest_wait; waited = waited + glance) {
        const SwapHost::Standing standing = host_->look();
        std::string missing;
        for (std::size_t i = 0; i < standing.live.size(); ++i) {
            const auto& ledger = host_->settings().ledgers[i];
            const swap::OwnLedger* const own = swap::find_ledger(standing.view.ledgers, ledger.config.ledger);
            if (standing.live[i] && own != nullptr && own->info) continue;
            missing += (missing.empty() ? "" : ", ") + ledger.config.ledger.text() +
                       (details[i].empty() ? "" : " (" + details[i] + ")");
        }
        if (missing.empty() && !standing.live.empty()) return {};
        if (waited >= note_after && waited < note_after + glance)
            print_.note("waiting for " + missing);
        const auto news = host_->wait(glance);
        if (!news) continue;
        if (std::holds_alternative<SwapHost::Interrupted>(*news))
            return fail("interrupted", "interrupted before anything was begun");
        if (const auto* changed = std::get_if<swap::effect::LedgerChanged>(&*news)) {
            details[changed->ledger] = changed->detail;
            if (changed->mode == report::Mode::refused)
                return fail(std::string(to_string(Reason::ledger_refused)),
                            host_->settings().ledgers[changed->ledger].config.ledger.text() +
                                ": " + changed->detail);
        }
    }
    return fail(std::string(to_string(Reason::unavailable)),
                "no answer that can be used of the ledgers; check their url and their keys in " +
                    host_->settings().file.string());
}

int Party::begin(swap::Role role, const swap::Terms& terms) {
    host_->begin(role, terms);
    while (true) {
        auto news = host_->wait(glance);
        if (!news) continue;
        if (const auto* begun = std::get_if<swap::effect::Begun>(&*news)) {
            if (!begun->terms) {
                return fail_with({std::string(to_string(begun->terms.error())),
                                  std::string(describe(begun->terms.error()))});
            }
            break;
        }
    }
    return watch();
}

void Party::tell(const swap::Swap& swap, const swap::output::Told& told) {
    const SwapHost::Standing standing = host_->look();
    const Address& ledger = swap.terms.leg(swap::side_of(told.step)).ledger;
    const swap::OwnLedger* const own = swap::find_ledger(standing.view.ledgers, ledger);
    const RefundRule refund =
        own != nullptr && own->info ? own->info->refund : RefundRule::automatic;
    for (const swap::Line& line : swap::lines_of(swap, told, refund))
        print_.transaction(line);
}

int Party::end_of(const swap::Swap& swap) {
    print_.ended(swap);
    return *swap.end == swap::End::settled ? exit_done : exit_not_settled;
}

int Party::interrupted() {
    const SwapHost::Standing standing = host_->look();
    if (standing.swap && !standing.swap->end) {
        const swap::Terms& terms = standing.swap->terms;
        print_.note("stopped; the swap is not over and what it locks is safe only while it is "
                    "watched. Go on well before " +
                    format_time(terms.delivery.expiry) + " with\n  lockstep swap resume --config " +
                    host_->settings().file.string());
    }
    return exit_interrupted;
}

std::optional<int> Party::take(SwapHost::News&& news) {
    if (std::holds_alternative<SwapHost::Interrupted>(news)) return interrupted();
    const SwapHost::Standing standing = host_->look();
    if (!standing.swap) return std::nullopt;
    if (const auto* told = std::get_if<swap::output::Told>(&news)) {
        tell(*standing.swap, *told);
    } else if (const auto* alarm = std::get_if<swap::output::Alarm>(&news)) {
        print_.alarm(*alarm);
    } else if (const auto* changed = std::get_if<swap::effect::LedgerChanged>(&news)) {
        const std::string& ledger =
            host_->settings().ledgers[changed->ledger].config.ledger.text();
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

int Party::watch() {
    const SwapHost::Standing standing = host_->look();
    if (!standing.swap)
        return fail_with({std::string(to_string(Reason::not_found)),
                          "there is no swap in " + host_->settings().data.string()});
    const swap::Swap& swap = *standing.swap;
    print_.terms(swap.terms, host_->signer().public_key());
    if (swap.role == swap::Role::buyer && !swap.end)
        print_.proposal(swap::write_proposal(swap.terms, host_->signer()));
    if (swap.end) {
        for (const auto& [step, sight] : swap.sights)
            tell(swap, {step, sight});
        return end_of(swap);
    }
    while (true) {
        auto news = host_->wait(glance);
        if (!news) continue;
        if (const auto code = take(std::move(*news))) return *code;
    }
}

Result<std::unique_ptr<Party>, int> open_party(const SwapArguments& arguments,
                                               const Global& global) {
    auto read = read_swap_settings(arguments.config);
    for (const std::string& mistake : read.mistakes)
        std::fprintf(stderr, "%s\n", mistake.c_str());
    if (!read.mistakes.empty()) return unexpected<int>(exit_usage);
    auto host = SwapHost::start(std::move(read.settings));
    if (!host) return unexpected<int>(complain_of(host.error(), "", global));
    return std::make_unique<Party>(std::move(*host), global);
}

bool confirmed(const SwapArguments& arguments, const std::string& question) {
    if (arguments.yes) return true;
    std::fprintf(stderr, "%s [yes/no] ", question.c_str());
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes" || answer == "y";
}

int not_confirmed(const SwapArguments& arguments) {
    (void)arguments;
    std::fprintf(stderr, "lockstep: nothing was done; --yes agrees without asking\n");
    return exit_failed;
}

// --- a proposal from what the user gave and what the ledgers say of themselves ---

const AssetInfo* find_asset(const swap::OwnLedger& ledger, const std::string& code) {
    const auto& assets = ledger.info->assets;
    if (code.empty()) return assets.size() == 1 ? &assets.front() : nullptr;
    const auto found = std::find_if(assets.begin(), assets.end(), [&](const AssetInfo& asset) {
        return asset.asset.code() == code;
    });
    return found == assets.end() ? nullptr : &*found;
}

Result<swap::Leg, Failure> make_leg(const swap::OwnLedger& ledger, const AssetInfo& asset,
                                    const std::string& amount) {
    swap::Leg leg;
    leg.ledger = ledger.ledger;
    leg.asset = asset.asset;
    leg.timing = ledger.timing;
    const auto units = parse_amount(amount, asset.asset.scale());
    if (!units || units->is_zero())
        return fail("malformed", "\"" + amount + "\" is no amount of " + asset.asset.code() +
                                     ": expected a decimal above 0 with at most " +
                                     std::to_string(asset.asset.scale()) + " decimals");
    leg.amount = *units;
    return leg;
}

Result<swap::Terms, Failure> make_terms(const SwapArguments& arguments,
                                        const swap::OwnView& view) {
    const auto pay = parse_wanted(arguments.pay);
    const auto deliver = parse_wanted(arguments.deliver);
    if (!pay) return fail("malformed", "--pay: expected an amount, for example \"0.01 BTC\"");
    if (!deliver || deliver->asset.empty())
        return fail("malformed",
                    "--for: expected an amount and an asset, for example \"50 SE0000108656\"");
    const swap::OwnLedger* paying = nullptr;
    const swap::OwnLedger* delivering = nullptr;
    for (const swap::OwnLedger& ledger : view.ledgers)
        if (find_asset(ledger, deliver->asset) != nullptr) delivering = &ledger;
    if (delivering == nullptr)
        return fail(std::string(to_string(Reason::unknown_asset)),
                    "neither ledger tracks " + deliver->asset);
    for (const swap::OwnLedger& ledger : view.ledgers)
        if (&ledger != delivering && find_asset(ledger, pay->asset) != nullptr) paying = &ledger;
    if (paying == nullptr)
        return fail(std::string(to_string(Reason::unknown_asset)),
                    pay->asset.empty() ? "--pay: say in which asset, for example \"0.01 BTC\""
                                       : "the other ledger does not track " + pay->asset);
    auto payment = make_leg(*paying, *find_asset(*paying, pay->asset), pay->amount);
    if (!payment) return unexpected<Failure>(payment.error());
    auto delivery = make_leg(*delivering, *find_asset(*delivering, deliver->asset), deliver->amount);
    if (!delivery) return unexpected<Failure>(delivery.error());
    payment->payer = paying->accounts.front();
    delivery->payee = delivering->accounts.front();
    for (const std::string& text : arguments.with) {
        const auto account = Address::parse(text);
        if (account && paying->ledger.is_prefix_of(*account) && payment->payee.empty())
            payment->payee = *account;
        else if (account && delivering->ledger.is_prefix_of(*account) && delivery->payer.empty())
            delivery->payer = *account;
        else
            return fail("malformed", "--with: " + text + " is no account of " +
                                         paying->ledger.text() + " or " +
                                         delivering->ledger.text() + ", or the second of one");
    }
    if (payment->payee.empty() || delivery->payer.empty())
        return fail("malformed", "--with: expected the seller's account on each of the ledgers, " +
                                     paying->ledger.text() + " and " + delivering->ledger.text());
    const auto payment_refund = parse_length(arguments.payment_refund);
    const auto delivery_refund = parse_length(arguments.delivery_refund);
    if (!payment_refund || !delivery_refund)
        return fail("malformed", std::string(payment_refund ? "--delivery-refund" : "--payment-refund") +
                                     ": expected a length of time, for example 48h or 90m");
    swap::Terms terms;
    terms.payment = std::move(*payment);
    terms.delivery = std::move(*delivery);
    terms.buyer = view.endurance;
    // Whole seconds, which is what scripts and people read.
    terms.proposed = Timestamp{view.now.us() / 1'000'000 * 1'000'000};
    terms.payment.expiry = terms.proposed + *payment_refund;
    terms.delivery.expiry = terms.proposed + *delivery_refund;
    return terms;
}

// What objection() is told while the condition has not been made yet.
std::optional<Failure> objection_before_condition(swap::Terms terms, const swap::OwnView& view) {
    std::array<std::uint8_t, Condition::size> any{};
    any.fill(1);
    terms.condition = Condition{any};
    return swap::objection(terms, view);
}

}  // namespace

std::optional<Duration> parse_length(std::string_view text) {
    if (text.size() < 2 || text.size() > 8) return std::nullopt;
    std::int64_t count = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        count = count * 10 + (c - '0');
    }
    if (count == 0) return std::nullopt;
    switch (text.back()) {
        case 's':
            return Duration::seconds(count);
        case 'm':
            return Duration::seconds(60 * count);
        case 'h':
            return Duration::seconds(3'600 * count);
        case 'd':
            return Duration::seconds(86'400 * count);
        default:
            return std::nullopt;
    }
}

int propose_swap(const SwapArguments& arguments, const Global& global) {
    auto party = open_party(arguments, global);
    if (!party) return party.error();
    Party& me = **party;
    if (const auto ready = me.wait_for_ledgers(); !ready) return me.fail_with(ready.error());
    const SwapHost::Standing standing = me.host().look();
    if (standing.swap && !standing.swap->end)
        return me.fail_with({std::string(to_string(Reason::escrows_unresolved)),
                             "the swap " + swap::swap_id(standing.swap->terms).hex() +
                                 " is not over yet"});
    swap::OwnView view = standing.view;
    view.role = swap::Role::buyer;
    const auto terms = make_terms(arguments, view);
    if (!terms) {
        me.fail_with(terms.error());
        return exit_usage;
    }
    if (const auto found = objection_before_condition(*terms, view)) return me.fail_with(*found);
    const swap::Leg& payment = terms->payment;
    const auto free = standing.free.find({payment.payer, payment.asset});
    if (free != standing.free.end() && free->second < payment.amount)
        return me.fail_with({std::string(to_string(Reason::insufficient_funds)),
                             payment.payer.text() + " has " +
                                 format_amount(free->second, payment.asset.scale()) + " " +
                                 payment.asset.code() + " free"});
    const std::string question =
        "Lock " + format_amount(payment.amount, payment.asset.scale()) + " " +
        payment.asset.code() + " on " + payment.ledger.text() + " for " + payment.payee.text() +
        ", against " + format_amount(terms->delivery.amount, terms->delivery.asset.scale()) + " " +
        terms->delivery.asset.code() + " of " + terms->delivery.payer.text() +
        "? If nothing comes of it, it is back from " + format_time(payment.expiry) + " on.";
    if (!confirmed(arguments, question)) return not_confirmed(arguments);
    return me.begin(swap::Role::buyer, *terms);
}

int accept_swap(const SwapArguments& arguments, const Global& global) {
    const auto proposal = swap::read_proposal(arguments.code, Ed25519());
    if (!proposal) {
        complain_of(proposal.error(), "Copy the whole line that the proposer got.", global);
        return exit_usage;
    }
    auto party = open_party(arguments, global);
    if (!party) return party.error();
    Party& me = **party;
    if (const auto ready = me.wait_for_ledgers(); !ready) return me.fail_with(ready.error());
    const SwapHost::Standing standing = me.host().look();
    // Asked again, it goes on with what was accepted.
    if (standing.swap && swap::swap_id(standing.swap->terms) == swap::swap_id(proposal->terms))
        return me.watch();
    swap::OwnView view = standing.view;
    view.role = swap::Role::seller;
    if (const auto found = swap::objection(proposal->terms, view)) return me.fail_with(*found);
    const swap::Terms& terms = proposal->terms;
    if (!arguments.yes) me.print().terms(terms, proposal->proposer);
    const std::string question =
        "Deliver " + format_amount(terms.delivery.amount, terms.delivery.asset.scale()) + " " +
        terms.delivery.asset.code() + " for " +
        format_amount(terms.payment.amount, terms.payment.asset.scale()) + " " +
        terms.payment.asset.code() + " as soon as the payment is in escrow and final?";
    if (!confirmed(arguments, question)) return not_confirmed(arguments);
    return me.begin(swap::Role::seller, terms);
}

int resume_swap(const SwapArguments& arguments, const Global& global) {
    auto party = open_party(arguments, global);
    return party ? (*party)->watch() : party.error();
}

int show_swap(const SwapArguments& arguments, const Global& global) {
    const auto proposal = swap::read_proposal(arguments.code, Ed25519());
    if (!proposal) {
        complain_of(proposal.error(), "Copy the whole line that the proposer got.", global);
        return exit_usage;
    }
    SwapPrinter(global.json).terms(proposal->terms, proposal->proposer);
    return exit_done;
}

void add_swap_commands(CLI::App& app, SwapArguments& arguments, const Global& global,
                       std::function<int()>& chosen) {
    CLI::App* const swap = app.add_subcommand(
        "swap", "exchange directly between two ledgers, with no node in between");
    swap->require_subcommand(1);
    swap->footer(
        "The buyer proposes and locks the payment at once; the proposal is one line for the\n"
        "seller, who accepts it and locks the delivery when the payment is final. The buyer takes\n"
        "the delivery, which shows the secret that the seller takes the payment with. What nobody\n"
        "takes goes back: the delivery after 24 hours, the payment after 48. Each program runs\n"
        "until nothing of its party is in escrow; one that was stopped goes on with `resume`.\n\n"
        "Exit codes: 0 settled, 1 refused, 2 wrong usage or configuration, 3 no answer of a\n"
        "ledger, 4 ended otherwise than settled, 130 interrupted: go on with `resume`.");
    const auto add = [&](const char* name, const char* about, auto run) {
        CLI::App* const sub = swap->add_subcommand(name, about);
        sub->callback([&arguments, &global, &chosen, run] {
            chosen = [&arguments, &global, run] { return run(arguments, global); };
        });
        return sub;
    };
    const auto with_config = [&](CLI::App* sub) {
        sub->add_option("--config", arguments.config, "who this party is (TOML)")->required();
        return sub;
    };
    CLI::App* const propose = with_config(
        add("propose", "as the buyer: lock a payment, and print the proposal for the seller",
            propose_swap));
    propose->add_option("--pay", arguments.pay, "what the seller gets, \"0.01 BTC\"")->required();
    propose->add_option("--for", arguments.deliver, "what the seller delivers, \"50 SE0000108656\"")
        ->required();
    propose->add_option("--with", arguments.with, "the seller's accounts, one on each ledger")
        ->expected(1, 2)
        ->required();
    propose
        ->add_option("--payment-refund", arguments.payment_refund,
                     "after which the payment goes back, 48h, 90m or 40s")
        ->capture_default_str();
    propose
        ->add_option("--delivery-refund", arguments.delivery_refund,
                     "after which the delivery goes back; earlier than the payment")
        ->capture_default_str();
    CLI::App* const accept = with_config(
        add("accept", "as the seller: deliver when the payment of a proposal is final",
            accept_swap));
    accept->add_option("code", arguments.code, "lockstepswap1...")->required();
    for (CLI::App* const sub : {propose, accept})
        sub->add_flag("--yes", arguments.yes, "agree without being asked");
    with_config(add("resume", "go on with a swap that was begun, or tell how it ended", resume_swap));
    add("show", "what a proposal says", show_swap)
        ->add_option("code", arguments.code, "lockstepswap1...")
        ->required();
}

}  // namespace lockstep::cli
