#include "sdk/net/message_signature.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_set>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/net/structured_fields.h"

namespace lockstep::net {
namespace {

constexpr std::string_view label = "sig1";
constexpr std::size_t min_nonce_text = 16;
constexpr std::size_t max_nonce_text = 128;
constexpr std::int64_t us_per_s = 1'000'000;
// Beyond this a second count does not fit a Timestamp; RFC 8941's integers go further.
constexpr std::int64_t max_second = std::int64_t{1} << 40;

bool is_field_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// RFC 9421 section 2.1: all values of the field, joined; section 2.2: what derives from the
// request.
std::optional<std::string> component_value(const HttpRequest& request, const Origin& origin,
                                           std::string_view name) {
    const std::string& target = request.target;
    const auto mark = target.find('?');
    if (name == "@method") return request.method;
    if (name == "@authority") return origin.authority;
    if (name == "@scheme") return origin.scheme;
    if (name == "@target-uri") return origin.scheme + "://" + origin.authority + target;
    if (name == "@request-target") return target;
    if (name == "@path") return mark == 0 ? std::string{"/"} : target.substr(0, mark);
    if (name == "@query") return mark == std::string::npos ? std::string{"?"} : target.substr(mark);
    if (!is_field_name(name)) return std::nullopt;
    std::optional<std::string> joined;
    for (const auto& [key, value] : request.headers) {
        if (key != name) continue;
        if (joined)
            *joined += ", ";
        else
            joined.emplace();
        *joined += trim(value);
    }
    return joined;
}

std::int64_t floor_seconds(Timestamp at) {
    const std::int64_t us = at.us();
    return us >= 0 ? us / us_per_s : (us - (us_per_s - 1)) / us_per_s;
}

bool covers(const InnerList& list, std::string_view component) {
    return std::find(list.items.begin(), list.items.end(), component) != list.items.end();
}

const std::string* string_parameter(const InnerList& list, std::string_view key) {
    const FieldItem* item = list.parameter(key);
    return item ? std::get_if<std::string>(item) : nullptr;
}
const std::int64_t* integer_parameter(const InnerList& list, std::string_view key) {
    const FieldItem* item = list.parameter(key);
    return item ? std::get_if<std::int64_t>(item) : nullptr;
}

auto refused(Reason reason, std::string detail = {}) {
    return unexpected<SignatureRefusal>(SignatureRefusal{reason, std::move(detail)});
}

// The parameters that must be there, with their types and sizes, and no others. What is wrong, or
// nothing.
std::optional<std::string> read_parameters(const InnerList& list, ClaimedSignature& claim) {
    for (const auto& [key, value] : list.parameters) {
        if (key == "alg") {
            const auto* name = std::get_if<std::string>(&value);
            if (!name || *name != "ed25519")
                return "the signature's alg is not \"ed25519\", the only one taken here";
        } else if (key != "created" && key != "expires" && key != "nonce" && key != "keyid") {
            return "the signature's parameter " + key +
                   " is not known; there are created, expires, nonce, keyid and alg";
        }
    }
    const auto* created = integer_parameter(list, "created");
    const auto* expires = integer_parameter(list, "expires");
    const auto* nonce = string_parameter(list, "nonce");
    const auto* keyid = string_parameter(list, "keyid");
    const auto is_second = [](const std::int64_t* value) {
        return value != nullptr && *value >= 0 && *value <= max_second;
    };
    if (!is_second(created)) return "the signature needs created, a whole number of seconds";
    if (!is_second(expires)) return "the signature needs expires, a whole number of seconds";
    if (!nonce || nonce->size() < min_nonce_text || nonce->size() > max_nonce_text) {
        return "the signature needs nonce, a text of " + std::to_string(min_nonce_text) + " to " +
               std::to_string(max_nonce_text) + " characters";
    }
    const auto key = keyid != nullptr ? PublicKey::from_hex(*keyid) : std::nullopt;
    if (!key || key->hex() != *keyid) {
        return "the signature needs keyid, the public key as 64 hexadecimal digits in lower case";
    }
    claim.key = *key;
    claim.created_s = *created;
    claim.expires_s = *expires;
    claim.nonce = *nonce;
    return std::nullopt;
}

// What protects the request must be covered wherever it is present, or it could be added or
// changed. What is not covered as it must be, or nothing.
std::optional<std::string> not_covered(const HttpRequest& request, const InnerList& list) {
    for (const std::string_view name : {"@method", "@authority", "@target-uri"})
        if (!covers(list, name)) return "the signature must cover " + std::string(name);
    for (const std::string_view name : {"content-digest", "idempotency-key"}) {
        const std::size_t count = count_header(request.headers, name);
        const std::string field(name);
        if (count > 1) return "the field " + field + " is sent more than once";
        if (count == 1 && !covers(list, name))
            return "the signature must cover " + field + ", which the request carries";
        if (count == 0 && covers(list, name))
            return "the signature covers " + field + ", which the request does not carry";
    }
    if (!request.body.empty() && !covers(list, "content-digest"))
        return "the request has a body: it needs content-digest, and the signature must cover it";
    return std::nullopt;
}

// A Host that is none of ours, in words: where requests may be addressed to is no secret, and who
// signs for another address is most often behind a proxy that nobody told the configuration of.
std::string not_addressed_here(const std::string& host, const std::vector<Origin>& origins) {
    std::string text = "the Host \"" + host + "\" is not an address of this program; it is";
    for (std::size_t i = 0; i < origins.size(); ++i)
        text += (i == 0 ? " " : " or ") + origins[i].authority;
    return text + " (others are told by its setting listen.origins)";
}

std::string seconds_of(Duration duration) {
    return std::to_string((duration.us() + us_per_s - 1) / us_per_s) + " s";
}

// Sixteen bytes are enough to tell nonces apart and keep the memory small.
using NonceMark = FixedBytes<16, struct NonceMarkTag>;

}  // namespace

std::optional<std::string> signature_base(const HttpRequest& request, const Origin& origin,
                                          const std::vector<std::string>& components,
                                          std::string_view parameters) {
    std::string base;
    for (std::size_t i = 0; i < components.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            if (components[j] == components[i]) return std::nullopt;
        const auto value = component_value(request, origin, components[i]);
        if (!value) return std::nullopt;
        // A line feed in a value would let one component pass for two.
        if (value->find_first_of("\r\n") != std::string::npos) return std::nullopt;
        base += '"';
        base += components[i];
        base += "\": ";
        base += *value;
        base += '\n';
    }
    base += "\"@signature-params\": ";
    base += parameters;
    return base;
}

std::string content_digest(ByteView body) {
    return "sha-256=:" + base64_encode(sha256(body).view()) + ":";
}

void sign_request(HttpRequest& request, const Origin& origin, const Signer& signer, Timestamp now,
                  ByteView nonce, Duration lifetime) {
    ASSERT(nonce.size() == nonce_size);
    ASSERT(lifetime.us() >= us_per_s);
    std::erase_if(request.headers, [](const auto& field) {
        return field.first == "signature" || field.first == "signature-input";
    });
    if (!request.body.empty())
        set_header(request.headers, "content-digest", content_digest(request.body));

    InnerList list;
    list.items = {"@method", "@authority", "@target-uri"};
    if (request.header("content-digest")) list.items.emplace_back("content-digest");
    if (request.header("idempotency-key")) list.items.emplace_back("idempotency-key");
    const std::int64_t created = floor_seconds(now);
    list.parameters = {{"created", created},
                       {"expires", created + lifetime.us() / us_per_s},
                       {"nonce", to_hex(nonce)},
                       {"keyid", signer.public_key().hex()}};
    const std::string parameters = list.serialise();
    const auto base = signature_base(request, origin, list.items, parameters);
    ASSERT(base);
    const Signature signature = signer.sign(as_bytes(*base));
    request.headers.emplace_back("signature-input", std::string{label} + "=" + parameters);
    request.headers.emplace_back("signature",
                                 std::string{label} + "=:" + base64_encode(signature.view()) + ":");
}

// Nonces in two generations. The older one is forgotten when the younger is a window old, so each
// is remembered for at least the window, in which a signature can be shown again.
struct RequestVerifier::Memory {
    struct Nonces {
        std::unordered_set<NonceMark, FixedBytesHash> younger, older;
        Timestamp younger_since;

        void age(Timestamp now, Duration window) {
            if (now - younger_since < window) return;
            // After two windows without a request the younger generation is stale as well.
            if (now - younger_since < window * 2)
                older.swap(younger);
            else
                older.clear();
            younger.clear();
            younger_since = now;
        }
        std::size_t size() const { return younger.size() + older.size(); }
    };

    std::mutex mutex;
    std::map<PublicKey, Nonces> keys;
    Timestamp latest;  // a clock that jumps back must not bring forgotten nonces to life
};

RequestVerifier::RequestVerifier(const SignatureScheme& scheme, VerifierRules rules)
    : scheme_(scheme), rules_(std::move(rules)), memory_(std::make_unique<Memory>()) {
    ASSERT(rules_.clock_skew.us() >= 0 && rules_.max_lifetime.us() > 0);
}

RequestVerifier::~RequestVerifier() = default;

Result<ClaimedSignature, SignatureRefusal> RequestVerifier::parse(const HttpRequest& request,
                                                                  Timestamp now) const {
    const std::size_t inputs = count_header(request.headers, "signature-input");
    const std::size_t signatures = count_header(request.headers, "signature");
    if (inputs == 0 || signatures == 0) return refused(Reason::unauthenticated);
    if (inputs > 1 || signatures > 1) {
        return refused(Reason::malformed,
                       "one Signature-Input and one Signature are expected, not several");
    }
    if (count_header(request.headers, "host") != 1)
        return refused(Reason::malformed, "exactly one Host is expected");

    const auto input = parse_inner_list_member(*request.header("signature-input"));
    const auto signature = parse_bytes_member(*request.header("signature"));
    if (!input || !signature || input->key != signature->key) {
        return refused(Reason::malformed,
                       "Signature-Input and Signature are not one signature of RFC 9421 under one "
                       "label");
    }
    ClaimedSignature claim;
    const auto bytes = Signature::from(signature->bytes);
    if (!bytes) return refused(Reason::malformed, "an Ed25519 signature has 64 octets");
    if (auto wrong = read_parameters(input->list, claim))
        return refused(Reason::malformed, std::move(*wrong));
    claim.signature = *bytes;
    if (auto missing = not_covered(request, input->list))
        return refused(Reason::malformed, std::move(*missing));

    std::string host = *request.header("host");
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto origin = std::find_if(rules_.origins.begin(), rules_.origins.end(),
                                     [&](const Origin& known) { return known.authority == host; });
    if (origin == rules_.origins.end())
        return refused(Reason::malformed, not_addressed_here(host, rules_.origins));
    auto base = signature_base(request, *origin, input->list.items, input->list.serialise());
    if (!base) {
        return refused(Reason::malformed,
                       "the signature covers something twice, or what the request does not carry");
    }
    claim.base = std::move(*base);

    if (const auto* digest = request.header("content-digest")) {
        const auto member = parse_bytes_member(*digest);
        if (!member || member->key != "sha-256")
            return refused(Reason::malformed, "content-digest is not sha-256=:…:");
        if (!equal(member->bytes, sha256(request.body).view()))
            return refused(Reason::bad_signature, "content-digest is not that of the body");
    }
    if (auto wrong = wrong_times(claim, now)) {
        return refused(Reason::signature_expired, std::move(*wrong));
    }
    return claim;
}

std::optional<std::string> RequestVerifier::wrong_times(const ClaimedSignature& claim,
                                                        Timestamp now) const {
    const Timestamp created{claim.created_s * us_per_s};
    const Timestamp expires{claim.expires_s * us_per_s};
    const std::string skew = seconds_of(rules_.clock_skew);
    if (expires <= created || expires - created > rules_.max_lifetime) {
        return "expires must be 1 s to " + seconds_of(rules_.max_lifetime) + " after created";
    }
    if (created > now + rules_.clock_skew) {
        return "created is in the future: the client's clock is ahead of this one by " +
               seconds_of(created - now) + ", and at most " + skew +
               " are taken; set the clocks right";
    }
    if (is_expired(now, expires + rules_.clock_skew)) {
        return "expires was " + seconds_of(now - expires) +
               " ago by this clock; sign anew, and set the clocks right where that does not help";
    }
    if (created < rules_.start) return "created is before this program's start; sign anew";
    return std::nullopt;
}

bool RequestVerifier::check(const ClaimedSignature& claim) const {
    return scheme_.verify(claim.key, as_bytes(claim.base), claim.signature);
}

Result<PublicKey, Reason> RequestVerifier::admit(const ClaimedSignature& claim, Timestamp now) {
    // From the earliest moment at which a caller's signature is taken to the last.
    const Duration window = rules_.max_lifetime + rules_.clock_skew * 2;
    const auto mark = NonceMark::from(sha256(as_bytes(claim.nonce)).view().first(16));
    ASSERT(mark);
    const std::lock_guard lock{memory_->mutex};
    memory_->latest = std::max(memory_->latest, now);
    now = memory_->latest;
    if (is_expired(now, Timestamp{claim.expires_s * us_per_s} + rules_.clock_skew))
        return refuse(Reason::signature_expired);

    auto known = memory_->keys.find(claim.key);
    if (known == memory_->keys.end()) {
        if (memory_->keys.size() >= rules_.max_keys) {
            for (auto& [key, nonces] : memory_->keys)
                nonces.age(now, window);
            std::erase_if(memory_->keys,
                          [](const auto& entry) { return entry.second.size() == 0; });
            if (memory_->keys.size() >= rules_.max_keys) return refuse(Reason::overloaded);
        }
        known = memory_->keys.try_emplace(claim.key).first;
        known->second.younger_since = now;
    }
    Memory::Nonces& nonces = known->second;
    nonces.age(now, window);
    if (nonces.younger.contains(*mark) || nonces.older.contains(*mark))
        return refuse(Reason::replayed);
    if (nonces.size() >= rules_.max_nonces_per_key) return refuse(Reason::overloaded);
    nonces.younger.insert(*mark);
    return claim.key;
}

Result<PublicKey, SignatureRefusal> RequestVerifier::verify(const HttpRequest& request,
                                                            Timestamp now,
                                                            const IsKnown& is_known) {
    auto claim = parse(request, now);
    if (!claim) return unexpected<SignatureRefusal>(std::move(claim.error()));
    if (!is_known(claim->key)) return refused(Reason::unknown_key);
    if (!check(*claim)) return refused(Reason::bad_signature);
    const auto admitted = admit(*claim, now);
    if (!admitted) return refused(admitted.error());
    return *admitted;
}

}  // namespace lockstep::net
