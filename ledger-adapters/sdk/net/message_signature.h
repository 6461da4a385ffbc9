// Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest (RFC 9530).
// Pure but for the verifier's memory of nonces; knows no sockets and reads no clock.
// A signature covers @method, @authority, @target-uri, content-digest where there is a body, and
// idempotency-key where one is sent; its parameters are created, expires, nonce and keyid.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/crypto/signature.h"
#include "sdk/net/http.h"

namespace lockstep::net {

// What stands before the target in the address of a server: "http", "127.0.0.1:7001".
struct Origin {
    std::string scheme = "http";
    std::string authority;  // lower case, without the scheme's own port
};

constexpr std::size_t nonce_size = 16;
constexpr Duration default_signature_lifetime = Duration::seconds(60);

// Adds content-digest (where there is a body), signature-input and signature. `nonce` is nonce_size
// bytes that this key never used before. `created` is the second in which now lies.
void sign_request(HttpRequest& request, const Origin& origin, const Signer& signer, Timestamp now,
                  ByteView nonce, Duration lifetime = default_signature_lifetime);

// sha-256=:…: of the body (RFC 9530).
std::string content_digest(ByteView body);

// What a request claims; believed once the signature over `base` is checked.
struct ClaimedSignature {
    PublicKey key;
    Signature signature;
    std::string base;  // RFC 9421 section 2.5
    std::int64_t created_s = 0, expires_s = 0;
    std::string nonce;
};

// Why a request is refused: the stable code, and for whoever wrote the client what was wrong with
// it (empty where the code says all).
struct SignatureRefusal {
    Reason reason = Reason::malformed;
    std::string detail;
};

struct VerifierRules {
    // Where requests may be addressed to; a Host field outside this list is refused.
    std::vector<Origin> origins;
    // How far a caller's clock may lead or lag.
    Duration clock_skew = Duration::seconds(5);
    Duration max_lifetime = Duration::seconds(60);
    // What was created before the start is refused: the nonces of then are forgotten. A process
    // whose effects are not idempotent passes its start plus clock_skew.
    Timestamp start;
    std::size_t max_keys = 4096;
    std::size_t max_nonces_per_key = 1'000'000;  // 140 s at 7,000 a second, 40 MB
};

// Thread-safe.
class RequestVerifier {
public:
    RequestVerifier(const SignatureScheme& scheme, VerifierRules rules);
    ~RequestVerifier();

    // The cheap part: form, coverage, digest of the body, times. Refusals in their order:
    // unauthenticated (no signature), malformed (not understood, or does not cover what it must),
    // bad_signature (the digest is not the body's), signature_expired.
    Result<ClaimedSignature, SignatureRefusal> parse(const HttpRequest& request,
                                                     Timestamp now) const;
    // The expensive part; may run anywhere, at any time. False: bad_signature.
    bool check(const ClaimedSignature& claim) const;
    // Remembers the nonce: replayed, overloaded (a limit is reached), or the key. Only after
    // check(), and only for keys that the caller knows, or strangers fill the memory.
    Result<PublicKey, Reason> admit(const ClaimedSignature& claim, Timestamp now);

    // All three. Whether the key is known is asked before the expensive part.
    using IsKnown = std::function<bool(const PublicKey&)>;
    Result<PublicKey, SignatureRefusal> verify(const HttpRequest& request, Timestamp now,
                                               const IsKnown& is_known);

private:
    struct Memory;
    std::optional<std::string> wrong_times(const ClaimedSignature& claim, Timestamp now) const;

    const SignatureScheme& scheme_;
    VerifierRules rules_;
    std::unique_ptr<Memory> memory_;
};

// The signature base of RFC 9421 section 2.5 for components without parameters; `parameters` is the
// value of the Signature-Input member, ("@method" …);created=…. nullopt when a component is
// unknown, repeated, or not in the request.
std::optional<std::string> signature_base(const HttpRequest& request, const Origin& origin,
                                          const std::vector<std::string>& components,
                                          std::string_view parameters);

}  // namespace lockstep::net
