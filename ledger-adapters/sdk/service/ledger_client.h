// A caller of any of our ledgers: signs, sends, decodes. Blocks; for operators' tools, set-up and
// tests. A node uses its adapters instead.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sdk/codec/json.h"
#include "sdk/machine/adapter.h"
#include "sdk/net/http_client.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/url.h"

namespace lockstep::service {

// Failures carry a reason's word as code ("insufficient_funds", "unavailable") and what to do.
class LedgerClient {
public:
    // The loop outlives the client.
    LedgerClient(net::IoLoop& loop, net::Url ledger, std::shared_ptr<const Signer> signer);

    const PublicKey& key() const { return signer_->public_key(); }

    Result<LedgerInfo, Failure> info();
    // Operations without an id get a random one. An answer each; sent again, octet for octet, while
    // none comes, which does it once.
    Result<std::vector<OpAnswer>, Failure> submit(std::vector<Op> ops);
    // One operation; its sequence, or the refusal as a failure. A name gives it an id of its own,
    // so that a second run of a script does nothing twice.
    Result<std::uint64_t, Failure> run(OpBody body, std::string_view name = {});
    Result<QueryAnswer, Failure> query(QueryBody body);
    // GET of a JSON page, signed as RFC 9421.
    Result<Json, Failure> get(const std::string& target);

private:
    Result<Address, Failure> ledger();
    Result<net::HttpResponse, Failure> send(net::HttpRequest request);
    Result<net::HttpResponse, Failure> post(const std::string& target, Bytes body);

    net::Url url_;
    std::shared_ptr<const Signer> signer_;
    net::HttpClient http_;
    Address ledger_;
};

}  // namespace lockstep::service
