// What watches a node: readiness for whoever starts it, figures for Prometheus (text format 0.0.4).
#include "connector/api/render.h"
#include "connector/node/daemon.h"

namespace lockstep::node {

namespace {

class Metrics {
public:
    void add(const char* name, const char* type, const char* help) {
        name_ = name;
        text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
    }
    void value(std::uint64_t number, const std::string& labels = {}) {
        text_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(number) +
                 "\n";
    }
    void one(const char* name, const char* type, const char* help, std::uint64_t number) {
        add(name, type, help);
        value(number);
    }
    std::string take() { return std::move(text_); }

private:
    std::string name_;
    std::string text_;
};

std::string label(std::string_view key, std::string_view text) {
    return std::string(key) + "=" + net::json_quote(text);
}

}  // namespace

void Daemon::ready(const net::Respond& respond) {
    const auto asked = host_->view([respond](const assembly::Node& node) {
        if (node.machine().draining()) return respond(net::problem(Reason::draining));
        if (node.machine().loud_stop()) {
            return respond(net::problem(
                Reason::loud_stop,
                "no new business is taken: `lockstep alarms` says what is wrong; when you have "
                "looked at it, run `lockstep acknowledge`"));
        }
        if (node.machine().disk_low()) {
            return respond(
                net::problem(Reason::disk_low,
                             "no new business is taken while the data directory has less room than "
                             "limits.low_disk_mib; what is open goes on"));
        }
        const auto views = node.machine().ledgers();
        for (const core::LedgerConfig& ledger : node.config().ledgers) {
            bool live = false;
            bool paused = false;
            for (const core::LedgerView& view : views) {
                if (view.ledger != ledger.ledger) continue;
                live = view.mode == static_cast<std::uint8_t>(report::Mode::live);
                paused = view.paused_since.has_value();
            }
            if (paused) {
                return respond(net::problem(Reason::ledger_paused,
                                            ledger.ledger.text() +
                                                " is paused since its adapter stalled; an operator "
                                                "resumes it: lockstep ledgers resume " +
                                                ledger.ledger.text()));
            }
            if (!live) {
                return respond(net::problem(Reason::ledger_paused,
                                            ledger.ledger.text() + " is not live here yet"));
            }
        }
        respond(net::json_response(200, R"({"status":"ready"})"));
    });
    if (!asked) respond(net::problem(asked.error()));
}

void Daemon::metrics(const net::Respond& respond) {
    const auto asked = host_->view([this, respond](const assembly::Node& node) {
        const api::NodeFigures figures = this->figures();
        const assembly::NodeCounters& counters = node.counters();
        const core::NodeMachine& machine = node.machine();
        Metrics metrics;
        metrics.one("lockstep_commits_total", "counter", "Transactions of the journal.",
                    figures.commits);
        metrics.one("lockstep_journal_rows_total", "counter", "Rows written to the journal.",
                    figures.rows);
        metrics.one("lockstep_inputs_total", "counter", "Inputs of the node's machine.",
                    counters.inputs);
        metrics.one("lockstep_commands_total", "counter", "Commands recorded for ledgers.",
                    counters.commands);
        metrics.one("lockstep_signatures_verified_total", "counter", "Ed25519 signatures verified.",
                    figures.signatures_verified);
        metrics.one("lockstep_messages_refused_total", "counter",
                    "Messages of peers without a valid signature or form.",
                    counters.messages_refused);
        metrics.one("lockstep_queue", "gauge", "Inputs that wait.", figures.queue);
        metrics.one("lockstep_last_commit_microseconds", "gauge", "Length of the last commit.",
                    static_cast<std::uint64_t>(figures.last_commit.us()));
        metrics.one("lockstep_open_deals", "gauge", "Escrows forwarded, sent or awaited.",
                    machine.open_deals());
        metrics.one("lockstep_open_trades", "gauge", "Settlements that have not ended.",
                    machine.open_trades());
        metrics.one("lockstep_epoch", "gauge", "Starts on this journal.", node.epoch());
        metrics.one("lockstep_loud_stop", "gauge", "1 where an operator must look at an alarm.",
                    machine.loud_stop() ? 1 : 0);
        metrics.one("lockstep_disk_low", "gauge", "1 where too little disk is left.",
                    machine.disk_low() ? 1 : 0);
        const net::HttpServer::Counters http = server_->counters();
        metrics.one("lockstep_http_open_connections", "gauge", "WebSockets included.",
                    http.open_connections);
        metrics.one("lockstep_http_refused_connections_total", "counter",
                    "Connections over a limit.", http.refused_connections);
        metrics.one("lockstep_http_refused_of_address_total", "counter",
                    "Those of them over the limit of their address.", http.refused_of_address);
        metrics.add(
            "lockstep_at_risk", "gauge",
            "Value sent that is not yet paid for, or owed for a preimage that may be known.");
        for (const core::Exposure& exposure : machine.exposure())
            metrics.value(exposure.at_risk.units(), label("asset", exposure.asset.code()));
        metrics.add("lockstep_available", "gauge", "Value that can be promised.");
        for (const core::AccountView& account : machine.accounts())
            metrics.value(account.available.units(), label("account", account.account.text()) +
                                                         "," +
                                                         label("asset", account.asset.code()));
        metrics.add("lockstep_ledger_live", "gauge", "1 where everything of a ledger is known.");
        for (const core::LedgerView& ledger : machine.ledgers())
            metrics.value(ledger.mode == static_cast<std::uint8_t>(report::Mode::live) ? 1 : 0,
                          label("ledger", ledger.ledger.text()));
        metrics.add("lockstep_ledger_paused", "gauge", "1 where an operator must resume a ledger.");
        for (const core::LedgerView& ledger : machine.ledgers())
            metrics.value(ledger.paused_since ? 1 : 0, label("ledger", ledger.ledger.text()));
        metrics.add("lockstep_peer_waiting", "gauge", "Messages that a peer has not acknowledged.");
        for (const assembly::PeerStanding& peer : node.peers())
            metrics.value(peer.waiting, label("peer", peer.key.hex()));
        net::HttpResponse response;
        response.content_type = "text/plain; version=0.0.4";
        const std::string text = metrics.take();
        response.body.assign(text.begin(), text.end());
        respond(std::move(response));
    });
    if (!asked) respond(net::problem(asked.error()));
}

}  // namespace lockstep::node
