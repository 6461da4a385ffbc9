#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"
#include "connector/client/trades_file.h"
#include "sdk/base/utf8.h"
#include "sdk/net/system_time.h"

namespace lockstep::cli {

namespace {

constexpr std::size_t trades_in_a_call = 256;
constexpr std::chrono::milliseconds poll_step{50};
// The longest that a trade or payment can stay open with an hour's hold and clocks to spare.
constexpr std::chrono::minutes patience{90};

Timestamp in_minutes(std::uint64_t minutes) {
    return net::system_time() + Duration::seconds(60 * static_cast<std::int64_t>(minutes));
}

bool is_end(const std::string& state) {
    return state == "settled" || state == "unwound" || state == "declined" || state == "broken";
}

// What became of trades by their plan ids, from the event stream. The stream is followed from its
// beginning, so that no end is missed that came before the submission was answered.
class Ends {
public:
    explicit Ends(Session& session)
        : stream_(
              session.loop(), session.access(), 0,
              [this](const client::EventView& event) { take(event); }, {}, "trade") {}
    ~Ends() { stream_.stop(); }

    struct End {
        std::string state, reason;
    };
    std::map<std::string, End> all() {
        const std::lock_guard lock(mutex_);
        return ends_;
    }

private:
    void take(const client::EventView& event) {
        if (event.kind != "trade" || !is_end(event.state)) return;
        const std::lock_guard lock(mutex_);
        ends_[event.id] = {event.state, event.reason};
    }

    std::mutex mutex_;
    std::map<std::string, End> ends_;
    client::EventStream stream_;
};

struct Row {
    std::string reference, id, state, reason;
};

void print_progress(const std::vector<Row>& rows, std::size_t total, bool terminal) {
    std::map<std::string, std::size_t> states;
    for (const Row& row : rows)
        ++states[row.state.empty() ? "open" : row.state];
    std::string line = "\r\x1b[K" + std::to_string(rows.size()) + "/" + std::to_string(total);
    for (const auto& [state, count] : states)
        line += "  " + printable(state) + " " + std::to_string(count);
    if (terminal) {
        std::fputs(line.c_str(), stderr);
        std::fflush(stderr);
    }
}

Json rows_json(const std::vector<Row>& rows) {
    Json json = Json::array();
    for (const Row& row : rows) {
        json.push(Json::object({{"reference", row.reference},
                                {"id", row.id},
                                {"state", row.state.empty() ? "open" : row.state},
                                {"reason", row.reason}}));
    }
    return json;
}

}  // namespace

int settle(Session& session, const SettleArguments& arguments) {
    std::vector<client::TradeRequest> trades;
    if (arguments.file.empty()) {
        trades.push_back(arguments.trade);
    } else {
        auto read = client::read_trades(arguments.file);
        if (!read) return complain(read.error(), session.global());
        trades = std::move(*read);
    }
    const bool terminal = isatty(STDERR_FILENO) == 1 && !session.prints_json();
    std::vector<Row> rows;
    Ends ends(session);
    for (std::size_t first = 0; first < trades.size(); first += trades_in_a_call) {
        const auto last = std::min(first + trades_in_a_call, trades.size());
        const auto answer =
            session.api().submit_trades({trades.begin() + static_cast<std::ptrdiff_t>(first),
                                         trades.begin() + static_cast<std::ptrdiff_t>(last)});
        if (!answer) return complain(answer.error(), session.global());
        for (const client::SubmittedTrade& one : *answer)
            rows.push_back(
                {one.reference, one.id, one.reason.empty() ? "" : "declined", one.reason});
        print_progress(rows, trades.size(), terminal);
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    std::size_t open = arguments.no_wait ? 0 : 1;
    while (open > 0 && std::chrono::steady_clock::now() < until) {
        const auto known = ends.all();
        open = 0;
        for (Row& row : rows) {
            const auto end = known.find(row.id);
            if (row.state.empty() && end != known.end()) {
                row.state = end->second.state;
                row.reason = end->second.reason;
            }
            if (row.state.empty()) ++open;
        }
        print_progress(rows, trades.size(), terminal);
        if (open > 0) std::this_thread::sleep_for(poll_step);
    }
    if (terminal) std::fputs("\n", stderr);
    if (session.prints_json()) {
        print_json(rows_json(rows));
    } else {
        print_table(
            rows_json(rows),
            {{"reference", "reference"}, {"state", "state"}, {"reason", "reason"}, {"id", "id"}},
            64);
    }
    for (const Row& row : rows) {
        if (row.state != "settled" && !(arguments.no_wait && row.state.empty()))
            return exit_not_settled;
    }
    return exit_done;
}

int act(Session& session, const std::string& id, const std::string& action) {
    const auto state = session.api().act(id, action);
    if (!state) return complain(state.error(), session.global());
    if (session.prints_json())
        print_json(Json::object({{"state", *state}}));
    else
        std::printf("%s is %s\n", id.c_str(), printable(*state).c_str());
    return exit_done;
}

int withhold(Session& session, const std::string& venue, const std::string& reference) {
    const auto state = session.api().withhold(venue, reference);
    if (!state) return complain(state.error(), session.global());
    if (session.prints_json())
        print_json(Json::object({{"state", *state}}));
    else
        std::printf("%s will be neither delivered nor rejected by this node\n", reference.c_str());
    return exit_done;
}

int make_invoice(Session& session, const InvoiceArguments& arguments) {
    const auto made = session.api().create_invoice(
        {arguments.account, arguments.asset, arguments.amount, in_minutes(arguments.minutes)});
    if (!made) return complain(made.error(), session.global());
    if (session.prints_json()) return show_one(session, "/v1/invoices/" + made->id);
    std::printf("%s %s to %s. Give the payer this invoice:\n%s\n", printable(made->amount).c_str(),
                printable(made->asset).c_str(), printable(made->account).c_str(),
                printable(made->code).c_str());
    return exit_done;
}

namespace {

Result<client::PaymentView, Failure> follow(Session& session, const std::string& id,
                                            bool until_quoted) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto payment = session.api().payment(id);
        // The node may be restarting; the payment goes on when it is back.
        const bool retry = !payment && payment.error().code == to_string(Reason::unavailable);
        if (!payment && !retry) return unexpected<Failure>(payment.error());
        if (payment) {
            const std::string& state = payment->state;
            if (state == "paid" || state == "refunded" || state == "declined" ||
                state == "broken" || (until_quoted && state == "quoted"))
                return payment;
        }
        if (std::chrono::steady_clock::now() >= until)
            return fail("outcome_unknown", "the payment is still open; its id is " + id);
        std::this_thread::sleep_for(poll_step);
    }
}

int show_payment(Session& session, const client::PaymentView& payment) {
    if (session.prints_json()) {
        if (const int shown = show_one(session, "/v1/payments/" + payment.id); shown != exit_done)
            return shown;
    } else if (payment.state == "paid") {
        std::printf("paid %s %s from %s; %s got %s %s\nreceipt (preimage) %s\npayment %s\n",
                    printable(payment.amount).c_str(), printable(payment.asset).c_str(),
                    printable(payment.from).c_str(), printable(payment.invoice.account).c_str(),
                    printable(payment.invoice.amount).c_str(),
                    printable(payment.invoice.asset).c_str(), printable(payment.preimage).c_str(),
                    printable(payment.id).c_str());
    } else {
        const auto reason = reason_from_string(payment.reason);
        std::printf("%s: %s%s\npayment %s\n", printable(payment.state).c_str(),
                    printable(payment.reason).c_str(),
                    reason ? (", " + std::string(describe(*reason))).c_str() : "",
                    printable(payment.id).c_str());
    }
    return payment.state == "paid" ? exit_done : exit_not_settled;
}

}  // namespace

int pay(Session& session, const PayArguments& arguments) {
    client::PayRequest request = arguments.request;
    // Without a limit the price is asked first, and exactly that is paid.
    const bool confirm_quote = arguments.yes || !request.quote_only;
    request.quote_only = request.quote_only || request.most_paid.empty();
    const auto id = session.api().pay(request);
    if (!id) return complain(id.error(), session.global());
    auto payment = follow(session, *id, request.quote_only);
    if (!payment) return complain(payment.error(), session.global());
    if (payment->state != "quoted") return show_payment(session, *payment);
    if (!confirm_quote) {
        if (session.prints_json()) return show_one(session, "/v1/payments/" + *id);
        std::printf(
            "%s %s would leave %s over %llu hops, so that %s gets %s %s.\n"
            "Pay it before the quote lapses:\n  lockstep confirm %s\n",
            printable(payment->amount).c_str(), printable(payment->asset).c_str(),
            printable(payment->from).c_str(), static_cast<unsigned long long>(payment->hops),
            printable(payment->invoice.account).c_str(), printable(payment->invoice.amount).c_str(),
            printable(payment->invoice.asset).c_str(), printable(*id).c_str());
        return exit_done;
    }
    return confirm(session, *id);
}

int confirm(Session& session, const std::string& id) {
    const auto confirmed = session.api().confirm_payment(id);
    if (!confirmed) return complain(confirmed.error(), session.global());
    const auto payment = follow(session, id, false);
    if (!payment) return complain(payment.error(), session.global());
    return show_payment(session, *payment);
}

}  // namespace lockstep::cli
