#include "connector/cli/calls.h"

#include <cstdio>

#include "sdk/base/utf8.h"

namespace lockstep::cli {

namespace {

// Found before anything is sent; the key file's own codes besides.
constexpr const char* bad_url = "bad_url";
constexpr const char* no_tls = "no_tls";
constexpr const char* key_file = "key_file";

struct Advice {
    Reason reason;
    const char* what_to_do;
};
constexpr Advice advice[]{
    {Reason::unavailable, "Is the node running there? Give its URL with --node or LOCKSTEP_NODE."},
    {Reason::outcome_unknown,
     "It may have been done all the same: look it up before you try again."},
    {Reason::unauthenticated, "Give the key of a caller with --key or LOCKSTEP_KEY."},
    {Reason::unknown_key,
     "The node does not know this key: name its public half under [[callers]] in the node's "
     "configuration, or give another one with --key."},
    {Reason::not_permitted,
     "This caller's role does not allow it: use the operator's key, or ask for the role."},
    {Reason::signature_expired, "Compare the clocks of this machine and of the node."},
    {Reason::replayed, "Try again: each call carries a number of its own."},
    {Reason::ledger_paused,
     "Wait until `lockstep ledgers` shows the ledger as live; one that is paused there waits for "
     "its operator, who runs `lockstep ledgers resume LEDGER`."},
    {Reason::loud_stop,
     "`lockstep alarms` says what is wrong; an operator who has looked at it runs `lockstep "
     "acknowledge`."},
    {Reason::escrows_unresolved,
     "Wait until they have ended; what is owed for them is claimed meanwhile."},
    {Reason::ledger_refused,
     "`lockstep alarms` says what the ledger said: ask its operator, and restart the node when it "
     "is mended."},
    {Reason::draining, "The node is shutting down: try again when it is back."},
    {Reason::overloaded, "Too much is in flight: try again in a moment."},
    {Reason::disk_low, "Make room on the node's disk: it takes no new business until then."},
    {Reason::not_found,
     "`lockstep trades`, `lockstep payments` and `lockstep ledgers` list what there is."},
    {Reason::no_route, "`lockstep offers` lists where this node can pay to."},
    {Reason::no_account, "`lockstep balances` lists the accounts of this node: use one of them."},
    {Reason::unknown_account, "`lockstep balances` lists the accounts of this node."},
    {Reason::wrong_ledger, "`lockstep ledgers` lists the ledgers that this node knows."},
    {Reason::unknown_asset, "`lockstep ledgers` lists the ledgers that this node knows."},
    {Reason::wrong_asset, "`lockstep balances` shows which asset each account holds."},
    {Reason::insufficient_funds, "`lockstep balances` shows what is free: pay less, or add money."},
    {Reason::insufficient_cash, "`lockstep balances` shows what is free: pay less, or add money."},
    {Reason::insufficient_securities, "`lockstep balances` shows what is free: sell less."},
    {Reason::no_liquidity, "The connector has too little free: pay less, or later."},
    {Reason::amount_out_of_bounds, "`lockstep offers` shows what each offer carries at most."},
    {Reason::odd_lot, "Give a whole number of lots."},
    {Reason::condition_used, "Ask the payee for another invoice: each is paid once."},
    {Reason::quote_lapsed, "Ask for the price again."},
    {Reason::unknown_party, "The node's configuration names its parties under [[parties]]."},
    {Reason::unknown_instrument,
     "The node's configuration names what it trades under [[instruments]]."},
    {Reason::price_out_of_tolerance,
     "The party's node takes no price so far from its reference: agree on another."},
    {Reason::peer_limit, "Too much of this peer is open there: try again when some has ended."},
    {Reason::bad_signature,
     "The signature covers the URL: give the one under which the node knows itself with --node."},
    {Reason::too_large, "Send less at once."},
    {Reason::amount_too_large, "The ledger takes no more at once: pay it in parts."},
    {Reason::same_account, "Payer and payee are one account: `lockstep balances` lists others."},
    {Reason::unknown_peer, "The node's configuration names its peers under [[peers]]."},
    {Reason::too_far_ahead, "Give an earlier time."},
    {Reason::expiry_too_far, "Give an earlier time."},
    {Reason::expiry_past_limit, "Give an earlier time."},
    {Reason::too_late, "Ask for a new one: this one has lapsed."},
    {Reason::unknown_quote, "Ask for the price again."},
    {Reason::internal_error, "The node's log says more."},
    {Reason::duplicate_reference, "`lockstep trade REFERENCE` shows the trade of that name."},
};

const char* advice_for(const std::string& code) {
    if (code == bad_url) return "Give the node's URL with --node or LOCKSTEP_NODE.";
    if (code == no_tls) {
        return "Give the http:// URL of the node, or of a proxy on this machine that speaks TLS to "
               "it.";
    }
    if (code.starts_with(key_file))
        return "Give the key file of a caller that the node knows with --key or LOCKSTEP_KEY.";
    const auto reason = reason_from_string(code);
    for (const Advice& one : advice) {
        if (reason == one.reason) return one.what_to_do;
    }
    return "";
}

}  // namespace

int complain(const Failure& failure, const Global& global) {
    const std::string what_to_do = advice_for(failure.code);
    if (global.json) {
        Json json = Json::object({{"code", failure.code}, {"detail", failure.detail}});
        if (!what_to_do.empty()) json.set("what_to_do", what_to_do);
        std::fprintf(stderr, "%s\n", write_json(json).c_str());
    } else {
        std::fprintf(stderr, "lockstep: %s [%s]\n", printable(failure.detail).c_str(),
                     printable(failure.code).c_str());
        if (!what_to_do.empty()) std::fprintf(stderr, "%s\n", what_to_do.c_str());
    }
    return exit_code_of(failure);
}

int wrong_usage(const std::string& what) {
    std::fprintf(stderr, "lockstep: %s\n", what.c_str());
    return exit_usage;
}

Session::Session(const Global& global, client::ApiAccess access)
    : global_(global),
      access_(std::move(access)),
      api_(std::make_unique<client::ApiClient>(loop_, access_)) {}

Session::~Session() {
    api_.reset();
    loop_.stop();
}

Result<std::unique_ptr<Session>, Failure> Session::open(const Global& global) {
    auto url = net::parse_url(global.node);
    if (!url) return fail(bad_url, url.error().detail);
    if (url->scheme != "http")
        return fail(no_tls, global.node + " cannot be called: TLS is not spoken here");
    if (global.key_file.empty()) {
        return fail("unauthenticated",
                    "no key: every call is signed by a caller that the node "
                    "knows");
    }
    const auto seed = read_key_file(global.key_file);
    if (!seed) return unexpected<Failure>(seed.error());
    client::ApiAccess access{std::move(*url), Ed25519().signer(*seed)};
    return std::unique_ptr<Session>(new Session(global, std::move(access)));
}

}  // namespace lockstep::cli
