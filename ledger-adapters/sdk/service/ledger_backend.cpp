#include "sdk/service/ledger_backend.h"

namespace lockstep::service {

void LedgerBackend::query_octets(const PublicKey& reader, const QueryBody& body,
                                 Callback<Bytes> done) {
    query(reader, body, [done = std::move(done)](Result<QueryAnswer> answer) {
        if (!answer) return done(refuse(answer.error()));
        done(encode_query_answer(*answer));
    });
}

bool LedgerBackend::route(const net::HttpRequest&, const net::Respond&) {
    return false;
}

}  // namespace lockstep::service
