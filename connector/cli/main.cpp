// lockstep: the command line of a node.
// Its exit codes are in exit_code.h and --help.
#include <csignal>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"
#include "connector/cli/swapping.h"
#include "sdk/base/utf8.h"
#include "sdk/net/http.h"

namespace {

using namespace lockstep;
using cli::Session;

using Command = std::function<int(Session&)>;

// Each adds its options to `app` and leaves what is to be done in `command` when it is chosen.
class Program {
public:
    Program() : app_("Talks to a Lockstep node: trades, payments, balances, risk.", "lockstep") {
        app_.require_subcommand(1);
        app_.fallthrough();
        app_.add_option("--node", global_.node, "the node's URL")
            ->envname("LOCKSTEP_NODE")
            ->capture_default_str();
        app_.add_option("--key", global_.key_file, "key file of a caller that the node knows")
            ->envname("LOCKSTEP_KEY");
        app_.add_flag("--json", global_.json, "print JSON instead of tables");
        app_.footer(
            "A key file holds 64 hexadecimal digits; its public half stands in the node's\n"
            "configuration under [[callers]]. The state of a stopped node is recomputed from its\n"
            "journal by `lockstepd --config FILE --replay`.\n\n"
            "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no answer (it may have been done all the\n"
            "same), 4 done, but a trade or payment ended otherwise than settled or paid.");
        views();
        trading();
        payments();
        cli::add_swap_commands(app_, swap_, global_, without_node_);
    }

    int run(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::RequiredError& error) {
            // Where no command was found at all, what is left over was meant as one.
            const auto left = app_.remaining(true);
            if (left.empty() || !app_.get_subcommands().empty())
                return app_.exit(error), exit_usage;
            std::fprintf(stderr, "lockstep: there is no \"%s\"; see lockstep --help\n",
                         printable(left.front()).c_str());
            return exit_usage;
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? exit_done : exit_usage;
        }
        if (without_node_) return without_node_();
        auto session = Session::open(global_);
        if (!session) {
            cli::complain(session.error(), global_);
            return exit_usage;
        }
        return command_(**session);
    }

private:
    CLI::App& add(const std::string& name, const std::string& about, Command command) {
        return add(app_, name, about, std::move(command));
    }
    CLI::App& add(CLI::App& under, const std::string& name, const std::string& about,
                  Command command) {
        CLI::App* sub = under.add_subcommand(name, about);
        sub->callback([this, sub, command = std::move(command)] {
            // Called for a command of a command as well, after that one.
            if (sub->get_subcommands().empty()) command_ = command;
        });
        return *sub;
    }

    void views() {
        add("status", "is it ready, what does it do, how are its ledgers", cli::show_status);
        const std::pair<const char*, const char*> lists[]{
            {"balances", "of its accounts, as it knows them"},
            {"quotes", "what it promised as connector and reserves until it lapses"},
            {"exposure", "what is at risk at this moment, by asset"},
            {"fees", "what forwarding has earned"},
            {"alarms", "what needs a person, the latest first"},
            {"offers", "what connectors charge from one ledger to another"},
            {"peers", "other nodes"},
            {"payments", "sent by it, the latest first"},
            {"invoices", "to be paid to it"},
        };
        for (const auto& [name, about] : lists) {
            add(name, about, [list = std::string(name)](Session& session) {
                return cli::show_list(session, list);
            });
        }
        auto& ledgers = add("ledgers", "how each ledger is reached",
                            [](Session& session) { return cli::show_list(session, "ledgers"); });
        auto& resume = add(ledgers, "resume",
                           "as an operator: take new business again on a ledger that was paused "
                           "because its adapter stalled",
                           [this](Session& session) { return cli::resume_ledger(session, id_); });
        resume.add_option("ledger", id_, "its address, for example test.sek")->required();
        add("acknowledge",
            "as an operator who has looked at the alarms: end a loud stop, take new business again",
            cli::acknowledge);
        auto& escrows = add("escrows", "what stands between its incoming and outgoing escrows",
                            [this](Session& session) { return show_escrows(session, all_); });
        escrows.add_flag("--all", all_, "closed ones too");
        auto& trades =
            add("trades", "settlements, one a line, the latest first",
                [this](Session& session) { return cli::show_trades(session, state_, limit_); });
        trades.add_option("--state", state_, "only these, for example settled or unwound");
        trades.add_option("--limit", limit_)->capture_default_str();
        auto& trade = add("trade", "one settlement with its evidence",
                          [this](Session& session) { return cli::show_trade(session, id_); });
        trade.add_option("reference", id_, "the venue's reference, or an id")->required();
        auto& payment = add("payment", "one payment", [this](Session& session) {
            return cli::show_one(session, "/v1/payments/" + net::percent_encode(id_));
        });
        payment.add_option("id", id_)->required();
        add("stats", "counters",
            [](Session& session) { return cli::show_one(session, "/v1/stats"); });
        add("digest", "of its present state",
            [](Session& session) { return cli::show_one(session, "/v1/digest"); });
        auto& watch = add("watch", "events as they come, until Ctrl-C", [this](Session& session) {
            return balances_ ? cli::watch_balances(session) : cli::watch(session, from_, kinds_);
        });
        auto* from = watch.add_option("--from", from_, "number of the event to begin with");
        auto* all = watch
                        .add_flag_callback(
                            "--all", [this] { from_ = 1; }, "from the first event on")
                        ->excludes(from);
        auto* kinds = watch.add_option(
            "--kinds", kinds_,
            "only these, with commas: trade, payment, invoice, escrow, quote, alarm");
        watch
            .add_flag("--balances", balances_,
                      "instead of events every account, and each again when it changes")
            ->excludes(from)
            ->excludes(kinds)
            ->excludes(all);
    }

    void trading() {
        auto& settle =
            add("settle", "as the venue: have trades settled, and wait for it",
                [this](Session& session) {
                    const bool one = !settle_.trade.reference.empty();
                    if (one != settle_.file.empty())
                        return cli::wrong_usage(
                            "give a reference with its options, or "
                            "--csv FILE");
                    if (const std::string missing = missing_of_trade(); one && !missing.empty()) {
                        return cli::wrong_usage("a trade also needs " + missing);
                    }
                    return cli::settle(session, settle_);
                });
        client::TradeRequest& trade = settle_.trade;
        settle.add_option("reference", trade.reference, "unique for ever at this venue");
        settle.add_option("--isin", trade.instrument);
        settle.add_option("--quantity", trade.quantity);
        settle.add_option("--price", trade.price, "of one unit");
        settle.add_option("--buyer", trade.buyer);
        settle.add_option("--seller", trade.seller);
        settle.add_option("--csv", settle_.file,
                          "many: reference,isin,quantity,price_sek,buyer,seller,time");
        settle.add_flag("--no-wait", settle_.no_wait, "return when they are accepted");
        const std::pair<const char*, const char*> actions[]{
            {"hold", "keep a trade from beginning"},
            {"release", "let a held trade begin"},
            {"cancel", "a trade that has not begun; later it is a request"},
        };
        for (const auto& [name, about] : actions) {
            auto& action = add(name, about, [this, act = std::string(name)](Session& session) {
                return cli::act(session, id_, act);
            });
            action.add_option("reference", id_, "the venue's reference, or an id")->required();
        }
        auto& withhold =
            add("withhold",
                "neither deliver nor reject a trade, now or when it comes; it counts "
                "in the party's abort rate",
                [this](Session& session) { return cli::withhold(session, venue_, id_); });
        withhold.add_option("reference", id_)->required();
        withhold.add_option("--venue", venue_, "public key of the venue's node")->required();
    }

    // The options that a single trade lacks, "--isin, --price".
    std::string missing_of_trade() const {
        const client::TradeRequest& trade = settle_.trade;
        const std::pair<const char*, const std::string&> needed[]{{"--isin", trade.instrument},
                                                                  {"--quantity", trade.quantity},
                                                                  {"--price", trade.price},
                                                                  {"--buyer", trade.buyer},
                                                                  {"--seller", trade.seller}};
        std::string missing;
        for (const auto& [option, value] : needed) {
            if (value.empty()) missing.append(missing.empty() ? "" : ", ").append(option);
        }
        return missing;
    }

    void payments() {
        auto& invoice = add("invoice", "ask to be paid", [this](Session& session) {
            return cli::make_invoice(session, invoice_);
        });
        invoice.add_option("account", invoice_.account, "test.sek.alice")->required();
        invoice.add_option("amount", invoice_.amount, "decimal")->required();
        invoice.add_option("--asset", invoice_.asset, "where the ledger has several");
        invoice.add_option("--minutes", invoice_.minutes, "how long it can be paid")
            ->capture_default_str()
            ->check(CLI::Range(1, 1440));
        auto& pay = add("pay", "pay an invoice and wait for the result",
                        [this](Session& session) { return cli::pay(session, pay_); });
        pay.add_option("invoice", pay_.request.invoice, "lockstep1...")->required();
        pay.add_option("--from", pay_.request.from, "account that pays")->required();
        pay.add_option("--asset", pay_.request.asset, "where its ledger has several");
        pay.add_option("--most", pay_.request.most_paid,
                       "decline when it would cost more; without it, what is quoted is paid");
        pay.add_flag("--quote", pay_.request.quote_only, "tell the price first and pay nothing");
        pay.add_flag("--yes", pay_.yes, "with --quote: confirm it at once");
        auto& confirm = add("confirm", "pay what was quoted",
                            [this](Session& session) { return cli::confirm(session, id_); });
        confirm.add_option("payment", id_)->required();
    }

    cli::Global global_;
    CLI::App app_;
    Command command_;
    std::function<int()> without_node_;
    bool all_ = false;
    std::string state_, id_, venue_;
    std::size_t limit_ = 100;
    std::optional<std::uint64_t> from_;
    std::optional<std::string> kinds_;
    bool balances_ = false;
    cli::SettleArguments settle_;
    cli::InvoiceArguments invoice_;
    cli::PayArguments pay_;
    cli::SwapArguments swap_;
};

}  // namespace

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    return Program().run(argc, argv);
}
