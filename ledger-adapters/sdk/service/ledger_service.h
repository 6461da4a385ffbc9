// The interface of a ledger over HTTP, the same for every ledger:
//
//   POST /v1/instructions        signed octets in, answers out once they are durable
//   POST /v1/query               signed octets in, an answer out (an owner's or an auditor's)
//   GET  /v1/ledger              what the ledger is, octets; /v1/info the same as JSON
//   GET  /v1/events?cursor=N     WebSocket, signed as RFC 9421: frames of the caller's accounts
//   GET  /v1/accounts            signed: the caller's accounts; /v1/accounts/A one of them
//   GET  /v1/accounts/A/statement?from=&limit=      signed
//   GET  /v1/escrows?account=A&after=&limit=        signed: the open ones
//   GET  /v1/totals /v1/stats /v1/digest /metrics /health/live /health/ready
//
// Signatures are verified here, on the threads of the loop; the backend only sees what passed.
// Refusals are problem documents (RFC 9457) with the reason's word as code.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "sdk/machine/ports.h"
#include "sdk/net/http_server.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/message_signature.h"
#include "sdk/service/ledger_backend.h"

namespace lockstep::service {

struct ServiceSettings {
    std::string program;  // "lockstep-cash"
    Address ledger;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;            // 0: any free one
    std::string port_file;             // the port is written here; empty: nowhere
    std::vector<std::string> origins;  // other names of this server, "http://ledger.example"
    std::vector<PublicKey> auditors;   // may read every account
    net::ServerLimits limits;
};

class LedgerService {
public:
    // Loop, backend, scheme and clock outlive the service. `workers` runs what reads the disk.
    struct Ports {
        net::IoLoop& loop;
        net::IoLoop& workers;
        LedgerBackend& backend;
        const SignatureScheme& scheme;
        const Clock& clock;
    };
    LedgerService(Ports ports, ServiceSettings settings);
    ~LedgerService();
    LedgerService(const LedgerService&) = delete;
    LedgerService& operator=(const LedgerService&) = delete;

    Result<std::uint16_t, Failure> start();
    // Takes no new requests, lets those under way out. The backend goes on.
    void stop(Duration grace);

private:
    using Request = net::HttpRequest;
    using Respond = net::Respond;

    void handle(const Request& request, Respond respond);
    void handle_read(const Request& request, Respond respond);
    void instructions(const Request& request, Respond respond);
    void query(const Request& request, Respond respond);
    void info(Respond respond, bool as_json);
    void stats(const Respond& respond) const;
    void metrics(const Respond& respond) const;
    void totals(Respond respond);
    void digest(Respond respond);
    void ready(const Respond& respond) const;

    void accounts(const PublicKey& reader, const Request& request, const Respond& respond) const;
    void account(const Address& account, Respond respond);
    void statement(const Address& account, const Request& request, Respond respond);
    void escrows(const PublicKey& reader, const Request& request, Respond respond);
    void events(const Request& request, const net::WebSocketAccept& accept);

    // Who signed the request: an owner, an issuer, the operator or an auditor.
    Result<PublicKey, net::SignatureRefusal> caller(const Request& request);
    bool is_auditor(const PublicKey& key) const;
    Result<void> check_times(Timestamp valid_until) const;

    Ports ports_;
    ServiceSettings settings_;
    std::unique_ptr<net::RequestVerifier> verifier_;
    net::HttpServer server_;
    Timestamp started_;
    std::atomic<bool> serving_{false};
};

}  // namespace lockstep::service
