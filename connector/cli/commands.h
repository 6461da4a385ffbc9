// The commands; each returns the exit code.
#pragma once

#include "connector/cli/calls.h"

namespace lockstep::cli {

// --- views.cpp: what the node knows ---
int show_status(Session& session);
// balances, exposure, fees, alarms, ledgers, offers, peers, payments, invoices
bool is_list(const std::string& name);
int show_list(Session& session, const std::string& name);
int show_trades(Session& session, const std::string& state, std::size_t limit);
int show_trade(Session& session, const std::string& id);
int show_escrows(Session& session, bool all);
int show_one(Session& session, const std::string& target);
// Until it is interrupted.
// From the event of this number, or from now on.
// `kinds` as "trade,escrow"; without: all.
int watch(Session& session, std::optional<std::uint64_t> from,
          const std::optional<std::string>& kinds);
int watch_balances(Session& session);

// --- trading.cpp: what changes something ---
struct SettleArguments {
    client::TradeRequest trade;
    std::string file;      // of many trades, instead of one
    bool no_wait = false;  // return when they are accepted
};
int settle(Session& session, const SettleArguments& arguments);
int act(Session& session, const std::string& id, const std::string& action);
int withhold(Session& session, const std::string& venue, const std::string& reference);
struct InvoiceArguments {
    std::string account, amount, asset;
    std::uint64_t minutes = 60;
};
int make_invoice(Session& session, const InvoiceArguments& arguments);
struct PayArguments {
    client::PayRequest request;
    bool yes = false;  // confirm the quote at once
};
int pay(Session& session, const PayArguments& arguments);
int confirm(Session& session, const std::string& id);

// --- operating.cpp: what only an operator may do ---
int resume_ledger(Session& session, const std::string& ledger);
int acknowledge(Session& session);

}  // namespace lockstep::cli
