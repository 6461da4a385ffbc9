#include "connector/cli/swapping.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "connector/cli/swap_watch.h"
#include "sdk/base/time_text.h"

namespace lockstep::cli {
namespace {

Result<std::unique_ptr<SwapWatch>, int> open_party(const SwapArguments& arguments,
                                                   const Global& global) {
    auto read = read_swap_settings(arguments.config);
    for (const std::string& mistake : read.mistakes)
        std::fprintf(stderr, "%s\n", mistake.c_str());
    if (!read.mistakes.empty()) return unexpected<int>(exit_usage);
    auto host = SwapHost::start(std::move(read.settings));
    if (!host) return unexpected<int>(complain_of_swap(host.error(), "", global));
    return std::make_unique<SwapWatch>(std::move(*host), global);
}

bool confirmed(const SwapArguments& arguments, const std::string& question) {
    if (arguments.yes) return true;
    std::fprintf(stderr, "%s [yes/no] ", question.c_str());
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes" || answer == "y";
}

// What objection() is told while the condition has not been made yet.
std::optional<Failure> objection_before_condition(swap::Terms terms, const swap::OwnView& view) {
    std::array<std::uint8_t, Condition::size> any{};
    any.fill(1);
    terms.condition = Condition{any};
    return swap::objection(terms, view);
}

// What the payer lacks of the leg, as far as its ledger has said.
std::optional<Failure> lack_of(const SwapHost::Standing& standing, const swap::Leg& leg) {
    const auto free = standing.free.find({leg.payer, leg.asset});
    if (free == standing.free.end() || free->second >= leg.amount) return std::nullopt;
    return Failure{std::string(to_string(Reason::insufficient_funds)),
                   leg.payer.text() + " has " + format_amount(free->second, leg.asset.scale()) +
                       " " + leg.asset.code() + " free"};
}

}  // namespace

int propose_swap(const SwapArguments& arguments, const Global& global) {
    auto party = open_party(arguments, global);
    if (!party) return party.error();
    SwapWatch& me = **party;
    if (const auto ready = me.wait_for_ledgers(); !ready) return me.fail_with(ready.error());
    const SwapHost::Standing standing = me.host().look();
    if (standing.swap && !standing.swap->end)
        return me.fail_with(
            {std::string(to_string(Reason::escrows_unresolved)),
             "the swap " + swap::swap_id(standing.swap->terms).hex() + " is not over yet"});
    swap::OwnView view = standing.view;
    view.role = swap::Role::buyer;
    const auto terms = make_terms(arguments.wanted, view);
    if (!terms) {
        me.fail_with(terms.error());
        return exit_usage;
    }
    if (const auto found = objection_before_condition(*terms, view)) return me.fail_with(*found);
    const swap::Leg& payment = terms->payment;
    if (const auto lack = lack_of(standing, payment)) return me.fail_with(*lack);
    const std::string question =
        "Lock " + format_amount(payment.amount, payment.asset.scale()) + " " +
        payment.asset.code() + " on " + payment.ledger.text() + " for " + payment.payee.text() +
        ", against " + format_amount(terms->delivery.amount, terms->delivery.asset.scale()) + " " +
        terms->delivery.asset.code() + " of " + terms->delivery.payer.text() +
        "? If nothing comes of it, it is back from " + format_time(payment.expiry) + " on.";
    if (!confirmed(arguments, question)) return me.not_agreed();
    return me.begin({swap::Role::buyer, *terms, me.host().signer().public_key()});
}

int accept_swap(const SwapArguments& arguments, const Global& global) {
    const auto longest = parse_length(arguments.longest);
    if (!longest)
        return wrong_usage("--longest: expected a length of time, for example 24h or 90m");
    const auto proposal = swap::read_proposal(arguments.code, Ed25519());
    if (!proposal) {
        complain_of_swap(proposal.error(), "Copy the whole line that the proposer got.", global);
        return exit_usage;
    }
    auto party = open_party(arguments, global);
    if (!party) return party.error();
    SwapWatch& me = **party;
    if (const auto ready = me.wait_for_ledgers(); !ready) return me.fail_with(ready.error());
    const SwapHost::Standing standing = me.host().look();
    // Asked again, it goes on with what was accepted.
    if (standing.swap && swap::swap_id(standing.swap->terms) == swap::swap_id(proposal->terms))
        return me.watch();
    swap::OwnView view = standing.view;
    view.role = swap::Role::seller;
    if (const auto found = swap::objection(proposal->terms, view)) return me.fail_with(*found);
    const swap::Terms& terms = proposal->terms;
    if (const auto lack = lack_of(standing, terms.delivery)) return me.fail_with(*lack);
    const Duration locked = terms.delivery.expiry - view.now;
    if (locked > *longest) {
        complain_of_swap({std::string(to_string(Reason::expiry_past_limit)),
                          "the delivery could be locked for " + swap::format_length(locked)},
                         "--longest says for how long at most; it is " + arguments.longest + ".",
                         global);
        return exit_failed;
    }
    if (!arguments.yes) me.print().terms(terms, proposal->proposer, std::nullopt);
    const std::string question =
        "Deliver " + format_amount(terms.delivery.amount, terms.delivery.asset.scale()) + " " +
        terms.delivery.asset.code() + " for " +
        format_amount(terms.payment.amount, terms.payment.asset.scale()) + " " +
        terms.payment.asset.code() + " as soon as the payment is in escrow and final?";
    if (!confirmed(arguments, question)) return me.not_agreed();
    return me.begin({swap::Role::seller, terms, proposal->proposer});
}

int resume_swap(const SwapArguments& arguments, const Global& global) {
    auto party = open_party(arguments, global);
    return party ? (*party)->watch() : party.error();
}

int show_swap_accounts(const SwapArguments& arguments, const Global& global) {
    const auto read = read_swap_settings(arguments.config);
    for (const std::string& mistake : read.mistakes)
        std::fprintf(stderr, "%s\n", mistake.c_str());
    if (!read.mistakes.empty()) return exit_usage;
    Json json = Json::array();
    for (const node::LedgerSection& ledger : read.settings.ledgers) {
        const std::string& account = ledger.config.accounts.front().text();
        if (global.json)
            json.push(account);
        else
            std::printf("%s\n", account.c_str());
    }
    if (global.json) std::printf("%s\n", write_json(json).c_str());
    return exit_done;
}

int show_swap(const SwapArguments& arguments, const Global& global) {
    const auto proposal = swap::read_proposal(arguments.code, Ed25519());
    if (!proposal) {
        complain_of_swap(proposal.error(), "Copy the whole line that the proposer got.", global);
        return exit_usage;
    }
    SwapPrinter(global.json).terms(proposal->terms, proposal->proposer, std::nullopt);
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
        "until nothing of this swap is in escrow for its party; one that was stopped goes on with\n"
        "`resume`.\n\n"
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
    propose->add_option("--pay", arguments.wanted.pay, "what the seller gets, \"0.01 BTC\"")
        ->required();
    propose
        ->add_option("--for", arguments.wanted.deliver,
                     "what the seller delivers, \"50 SE0000108656\"")
        ->required();
    propose
        ->add_option("--with", arguments.wanted.with, "the seller's accounts, one on each ledger")
        ->expected(1, 2)
        ->required();
    propose
        ->add_option("--payment-refund", arguments.wanted.payment_refund,
                     "after which the payment goes back, 48h, 90m or 40s")
        ->capture_default_str();
    propose
        ->add_option("--delivery-refund", arguments.wanted.delivery_refund,
                     "after which the delivery goes back; earlier than the payment")
        ->capture_default_str();
    CLI::App* const accept = with_config(add(
        "accept", "as the seller: deliver when the payment of a proposal is final", accept_swap));
    accept->add_option("code", arguments.code, "lockstepswap1...")->required();
    accept
        ->add_option("--longest", arguments.longest,
                     "refuse what could lock the delivery for longer")
        ->capture_default_str();
    for (CLI::App* const sub : {propose, accept})
        sub->add_flag("--yes", arguments.yes, "agree without being asked");
    with_config(
        add("resume", "go on with a swap that was begun, or tell how it ended", resume_swap));
    with_config(add("accounts", "of this party, for the other one's --with", show_swap_accounts));
    add("show", "what a proposal says", show_swap)
        ->add_option("code", arguments.code, "lockstepswap1...")
        ->required();
}

}  // namespace lockstep::cli
