#include <doctest/doctest.h>

#include "sdk/crypto/hash.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/structured_fields.h"

using namespace lockstep;
using namespace lockstep::net;

namespace {

const Ed25519& scheme() {
    static const Ed25519 ed25519;
    return ed25519;
}

std::unique_ptr<Signer> signer_of(std::uint8_t number) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = number;
    return scheme().signer(KeySeed{seed});
}

const Origin origin{"http", "127.0.0.1:7001"};
constexpr Timestamp noon{1'750'000'000'250'000};

HttpRequest signed_post(Timestamp at = noon, std::uint8_t nonce = 1, std::uint8_t key = 1) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/v1/payments?dry=1";
    request.headers = {{"host", "127.0.0.1:7001"}, {"idempotency-key", "k-1"}};
    const std::string_view body = R"({"amount":"1.00"})";
    request.body.assign(body.begin(), body.end());
    sign_request(request, origin, *signer_of(key), at, Bytes(nonce_size, nonce));
    return request;
}

VerifierRules rules() {
    VerifierRules rules;
    rules.origins = {origin};
    rules.start = noon - Duration::seconds(100);
    return rules;
}

std::string outcome(RequestVerifier& verifier, const HttpRequest& request, Timestamp now = noon) {
    const auto result = verifier.verify(
        request, now, [](const PublicKey& key) { return key != signer_of(9)->public_key(); });
    return result ? "ok" : std::string{to_string(result.error().reason)};
}
std::string detail_of(const HttpRequest& request, Timestamp now = noon) {
    const auto refused = RequestVerifier{scheme(), rules()}.parse(request, now);
    REQUIRE_FALSE(refused);
    return refused.error().detail;
}

std::string& field(HttpRequest& request, std::string_view name) {
    for (auto& [key, value] : request.headers)
        if (key == name) return value;
    FAIL("no such field");
    throw 0;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
}

// Signs what stands in signature-input now, as someone would who may cover what he likes.
void sign_again(HttpRequest& request) {
    const auto input = parse_inner_list_member(*request.header("signature-input"));
    REQUIRE(input);
    const auto base = signature_base(request, origin, input->list.items, input->list.serialise());
    REQUIRE(base);
    field(request, "signature") =
        "sig1=:" + base64_encode(signer_of(1)->sign(as_bytes(*base)).view()) + ":";
}

}  // namespace

TEST_CASE("the Ed25519 example of RFC 9421 appendix B.2.6 verifies") {
    HttpRequest request;
    request.method = "POST";
    request.target = "/foo?param=Value&Pet=dog";
    request.headers = {{"host", "example.com"},
                       {"date", "Tue, 20 Apr 2021 02:07:55 GMT"},
                       {"content-type", "application/json"},
                       {"content-length", "18"}};
    const auto input = parse_inner_list_member(
        "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
        "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
    REQUIRE(input);
    CHECK(input->key == "sig-b26");
    const auto base = signature_base(request, {"https", "example.com"}, input->list.items,
                                     input->list.serialise());
    REQUIRE(base);
    CHECK(*base ==
          "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
          "\"@method\": POST\n"
          "\"@path\": /foo\n"
          "\"@authority\": example.com\n"
          "\"content-type\": application/json\n"
          "\"content-length\": 18\n"
          "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
          "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
    const auto member = parse_bytes_member(
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPp"
        "BKRCw==:");
    REQUIRE(member);
    const auto signature = Signature::from(member->bytes);
    // The last 32 bytes of the example's SubjectPublicKeyInfo.
    const auto info = base64_decode("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=");
    REQUIRE(info);
    const auto key = PublicKey::from(ByteView{*info}.last(32));
    REQUIRE(signature);
    REQUIRE(key);
    CHECK(scheme().verify(*key, as_bytes(*base), *signature));
}

TEST_CASE("derived components are those of RFC 9421 section 2.2") {
    struct Row {
        const char* component;
        const char* target;
        const char* expected;
    };
    const Row rows[] = {
        {"@method", "/p", "GET"},
        {"@authority", "/p", "h:1"},
        {"@scheme", "/p", "http"},
        {"@target-uri", "/p?q=1", "http://h:1/p?q=1"},
        {"@request-target", "/p?q=1", "/p?q=1"},
        {"@path", "/p?q=1", "/p"},
        {"@query", "/p?q=1", "?q=1"},
        {"@query", "/p", "?"},
        {"x", "/p", "a, b"},
        {"X", "/p", "none"},
        {"missing", "/p", "none"},
        {"@status", "/p", "none"},
        {"x;sf", "/p", "none"},
        {"", "/p", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.component);
        HttpRequest request;
        request.target = row.target;
        request.headers = {{"x", " a\t"}, {"y", "c"}, {"x", "b"}};
        const auto base = signature_base(request, {"http", "h:1"}, {row.component}, "()");
        const std::string line = std::string{"\""} + row.component + "\": ";
        CHECK((base ? base->substr(line.size(), base->find('\n') - line.size()) : "none") ==
              row.expected);
    }
    CHECK_FALSE(signature_base({}, origin, {"@method", "@method"}, "()"));
}

TEST_CASE("a content digest is that of RFC 9530") {
    CHECK(content_digest(as_bytes("{\"hello\": \"world\"}\n")) ==
          "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}

TEST_CASE("a signed request is accepted once") {
    RequestVerifier verifier{scheme(), rules()};
    const HttpRequest request = signed_post();
    const auto key = verifier.verify(request, noon, [](const PublicKey&) { return true; });
    REQUIRE(key);
    CHECK(*key == signer_of(1)->public_key());
    CHECK(outcome(verifier, request) == "replayed");
    CHECK(outcome(verifier, signed_post(noon, 2)) == "ok");
    CHECK(outcome(verifier, signed_post(noon, 1, 2)) == "ok");

    HttpRequest get;
    get.headers = {{"host", "127.0.0.1:7001"}};
    sign_request(get, origin, *signer_of(1), noon, Bytes(nonce_size, 7));
    CHECK(get.header("content-digest") == nullptr);
    CHECK(outcome(verifier, get) == "ok");
}

TEST_CASE("a signature for another scheme, origin or key is refused") {
    VerifierRules two = rules();
    two.origins.push_back({"https", "node.example"});
    RequestVerifier verifier{scheme(), two};
    HttpRequest request = signed_post();
    field(request, "host") = "NODE.example";
    CHECK(outcome(verifier, request) == "bad_signature");
    field(request, "host") = "elsewhere.example";
    CHECK(outcome(verifier, request) == "malformed");
    CHECK(outcome(verifier, signed_post(noon, 1, 9)) == "unknown_key");

    HttpRequest other;
    other.headers = {{"host", "node.example"}};
    sign_request(other, {"https", "node.example"}, *signer_of(1), noon, Bytes(nonce_size, 3));
    CHECK(outcome(verifier, other) == "ok");
}

TEST_CASE("what was changed after the signing is noticed") {
    struct Row {
        const char* what;
        void (*change)(HttpRequest&);
        const char* expected;
    };
    const Row rows[] = {
        {"nothing", [](HttpRequest&) {}, "ok"},
        {"method", [](HttpRequest& r) { r.method = "PUT"; }, "bad_signature"},
        {"path", [](HttpRequest& r) { r.target = "/v1/payment?dry=1"; }, "bad_signature"},
        {"query", [](HttpRequest& r) { r.target = "/v1/payments"; }, "bad_signature"},
        {"body", [](HttpRequest& r) { r.body[0] ^= 1; }, "bad_signature"},
        {"body gone", [](HttpRequest& r) { r.body.clear(); }, "bad_signature"},
        {"body and digest",
         [](HttpRequest& r) {
             r.body[0] ^= 1;
             field(r, "content-digest") = content_digest(r.body);
         },
         "bad_signature"},
        {"idempotency key", [](HttpRequest& r) { field(r, "idempotency-key") = "k-2"; },
         "bad_signature"},
        {"idempotency key gone",
         [](HttpRequest& r) {
             std::erase_if(r.headers, [](const auto& f) { return f.first == "idempotency-key"; });
         },
         "malformed"},
        {"second idempotency key",
         [](HttpRequest& r) { r.headers.emplace_back("idempotency-key", "k-2"); }, "malformed"},
        {"second digest",
         [](HttpRequest& r) { r.headers.emplace_back("content-digest", content_digest({})); },
         "malformed"},
        {"second host", [](HttpRequest& r) { r.headers.emplace_back("host", "x"); }, "malformed"},
        {"second signature",
         [](HttpRequest& r) { r.headers.emplace_back("signature", "sig2=:AAAA:"); }, "malformed"},
        {"no signature",
         [](HttpRequest& r) {
             std::erase_if(r.headers, [](const auto& f) { return f.first == "signature"; });
         },
         "unauthenticated"},
        {"signature bit",
         [](HttpRequest& r) {
             std::string& text = field(r, "signature");
             text[10] = text[10] == 'A' ? 'B' : 'A';
         },
         "bad_signature"},
        {"short signature", [](HttpRequest& r) { field(r, "signature") = "sig1=:AAAA:"; },
         "malformed"},
        {"other label", [](HttpRequest& r) { replace(field(r, "signature"), "sig1", "sig2"); },
         "malformed"},
        {"created later",
         [](HttpRequest& r) {
             replace(field(r, "signature-input"), "created=1750000000", "created=1750000001");
         },
         "bad_signature"},
        {"nonce", [](HttpRequest& r) { replace(field(r, "signature-input"), "\"0101", "\"0201"); },
         "bad_signature"},
        {"other key",
         [](HttpRequest& r) {
             replace(field(r, "signature-input"), signer_of(1)->public_key().hex(),
                     signer_of(2)->public_key().hex());
         },
         "bad_signature"},
        {"white space that means nothing",
         [](HttpRequest& r) {
             replace(field(r, "signature-input"), "(\"@method\"", "( \"@method\" ");
         },
         "ok"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        RequestVerifier verifier{scheme(), rules()};
        HttpRequest request = signed_post();
        row.change(request);
        CHECK(outcome(verifier, request) == row.expected);
    }
}

TEST_CASE("a signature that covers too little or says what is not understood is refused") {
    struct Row {
        const char* from;
        const char* to;
        const char* expected;
    };
    const Row rows[] = {
        {"\"@method\" ", "\"@method\" ", "ok"},
        {"\"@method\" ", "", "malformed"},
        {"\"@authority\" ", "", "malformed"},
        {"\"@target-uri\" ", "", "malformed"},
        {" \"content-digest\"", "", "malformed"},
        {" \"idempotency-key\"", "", "malformed"},
        {"\"@method\" ", "\"@method\" \"@path\" \"host\" ", "ok"},
        {";nonce=\"01010101010101010101010101010101\"", "", "malformed"},
        {"\"01010101010101010101010101010101\"", "\"010101\"", "malformed"},
        {";created=1750000000", "", "malformed"},
        {";expires=1750000060", "", "malformed"},
        {";created=1750000000", ";created=\"1750000000\"", "malformed"},
        {";created=1750000000", ";created=-1", "malformed"},
        {";created=1750000000", ";created=999999999999999", "malformed"},
        {";created=1750000000", ";created=1750000000;alg=\"ed25519\"", "ok"},
        {";created=1750000000", ";created=1750000000;alg=\"rsa-pss-sha512\"", "malformed"},
        {";created=1750000000", ";created=1750000000;tag=\"x\"", "malformed"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.from);
        CAPTURE(row.to);
        RequestVerifier verifier{scheme(), rules()};
        HttpRequest request = signed_post();
        replace(field(request, "signature-input"), row.from, row.to);
        sign_again(request);
        CHECK(outcome(verifier, request) == row.expected);
    }
    RequestVerifier verifier{scheme(), rules()};
    HttpRequest naked;
    naked.headers = {{"host", origin.authority}};
    sign_request(naked, origin, *signer_of(1), noon, Bytes(nonce_size, 1));
    naked.body = {1};
    CHECK(outcome(verifier, naked) == "malformed");
    HttpRequest upper = signed_post();
    const std::string hex = signer_of(1)->public_key().hex();
    std::string shout = hex;
    for (char& c : shout)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
    replace(field(upper, "signature-input"), hex, shout);
    CHECK(outcome(verifier, upper) == "malformed");
}

TEST_CASE("a refusal says what is wrong with the request, so that a client can be mended") {
    struct Row {
        const char* from;
        const char* to;
        const char* detail;
    };
    const Row rows[] = {
        {"\"@method\" ", "", "the signature must cover @method"},
        {"\"@authority\" ", "", "the signature must cover @authority"},
        {" \"content-digest\"", "",
         "the signature must cover content-digest, which the request carries"},
        {" \"idempotency-key\"", "",
         "the signature must cover idempotency-key, which the request carries"},
        {";created=1750000000", "", "the signature needs created, a whole number of seconds"},
        {"\"01010101010101010101010101010101\"", "\"010101\"",
         "the signature needs nonce, a text of 16 to 128 characters"},
        {";created=1750000000", ";created=1750000000;tag=\"x\"",
         "the signature's parameter tag is not known; there are created, expires, nonce, keyid and "
         "alg"},
        {"created=1750000000", "created=1750000012",
         "created is in the future: the client's clock is ahead of this one by 12 s, and at most 5 "
         "s are taken; set the clocks right"},
        {"expires=1750000060", "expires=1750000061", "expires must be 1 s to 60 s after created"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.to);
        HttpRequest request = signed_post();
        replace(field(request, "signature-input"), row.from, row.to);
        sign_again(request);
        CHECK(detail_of(request) == row.detail);
    }
    HttpRequest elsewhere = signed_post();
    field(elsewhere, "host") = "Elsewhere.example";
    CHECK(detail_of(elsewhere) ==
          "the Host \"elsewhere.example\" is not an address of this program; it is "
          "127.0.0.1:7001 (others are told by its setting listen.origins)");
    CHECK(detail_of(signed_post(), noon + Duration::seconds(70)) ==
          "expires was 11 s ago by this clock; sign anew, and set the clocks right where that does "
          "not help");
    CHECK(detail_of(signed_post(noon - Duration::seconds(101)), noon - Duration::seconds(60)) ==
          "created is before this program's start; sign anew");
}

TEST_CASE("a signature counts from the skew before its creation to the skew after its expiry") {
    struct Row {
        std::int64_t created_s, expires_s, now_us;  // relative to noon's second
        const char* expected;
    };
    constexpr std::int64_t s = 1'000'000;
    const Row rows[] = {
        {0, 60, 0, "ok"},
        {0, 60, 65 * s - 1, "ok"},
        {0, 60, 65 * s, "signature_expired"},
        {0, 60, 65 * s + 1, "signature_expired"},
        {5, 65, 0, "ok"},
        {5, 65, -1, "signature_expired"},
        {6, 65, 0, "signature_expired"},
        {0, 61, 0, "signature_expired"},
        {0, 0, 0, "signature_expired"},
        {1, 0, 0, "signature_expired"},
        {-10, 50, 0, "ok"},                 // the second in which the process started
        {-11, 49, 0, "signature_expired"},  // before it started
    };
    for (const Row& row : rows) {
        CAPTURE(row.created_s);
        CAPTURE(row.expires_s);
        CAPTURE(row.now_us);
        constexpr std::int64_t noon_s = 1'750'000'000;
        VerifierRules just_started = rules();
        just_started.start = Timestamp{(noon_s - 10) * s};
        RequestVerifier verifier{scheme(), just_started};
        HttpRequest request = signed_post();
        std::string& input = field(request, "signature-input");
        replace(input, "created=1750000000", "created=" + std::to_string(noon_s + row.created_s));
        replace(input, "expires=1750000060", "expires=" + std::to_string(noon_s + row.expires_s));
        sign_again(request);
        CHECK(outcome(verifier, request, Timestamp{noon_s * s + row.now_us}) == row.expected);
    }
}

TEST_CASE("what was created in the second before a start within it is refused") {
    VerifierRules just_started = rules();
    just_started.start = noon + Duration{1};
    RequestVerifier verifier{scheme(), just_started};
    CHECK(outcome(verifier, signed_post(), noon + Duration::seconds(1)) == "signature_expired");
    CHECK(outcome(verifier, signed_post(noon + Duration::seconds(1)),
                  noon + Duration::seconds(1)) == "ok");
}

TEST_CASE("a nonce is remembered for as long as its signature could be shown again") {
    RequestVerifier verifier{scheme(), rules()};
    const HttpRequest early = signed_post(noon + Duration::seconds(5));
    CHECK(outcome(verifier, early, noon + Duration::seconds(0)) == "ok");
    for (int second = 1; second < 70; ++second) {
        CAPTURE(second);
        const Timestamp now = noon + Duration::seconds(second);
        CHECK(outcome(verifier, early, now) == "replayed");
        if (second % 7 == 0)
            CHECK(outcome(verifier, signed_post(now, static_cast<std::uint8_t>(second)), now) ==
                  "ok");
    }
    CHECK(outcome(verifier, early, noon + Duration::seconds(70)) == "signature_expired");
    // A clock that jumps back does not bring it to life.
    CHECK(outcome(verifier, signed_post(noon + Duration::seconds(300), 99),
                  noon + Duration::seconds(300)) == "ok");
    CHECK(outcome(verifier, early, noon + Duration::seconds(1)) == "signature_expired");
}

TEST_CASE("nonces and keys are limited, and old ones make room") {
    VerifierRules small = rules();
    small.max_keys = 2;
    small.max_nonces_per_key = 3;
    RequestVerifier verifier{scheme(), small};
    for (std::uint8_t nonce = 1; nonce <= 3; ++nonce)
        CHECK(outcome(verifier, signed_post(noon, nonce)) == "ok");
    CHECK(outcome(verifier, signed_post(noon, 4)) == "overloaded");
    CHECK(outcome(verifier, signed_post(noon, 1)) == "replayed");
    CHECK(outcome(verifier, signed_post(noon, 1, 2)) == "ok");
    CHECK(outcome(verifier, signed_post(noon, 1, 3)) == "overloaded");
    const Timestamp later = noon + Duration::seconds(200);
    CHECK(outcome(verifier, signed_post(later, 1, 3), later) == "ok");
    CHECK(outcome(verifier, signed_post(later, 1, 1), later) == "ok");
}

TEST_CASE("structured fields are read strictly") {
    struct Row {
        const char* text;
        const char* expected;  // the canonical form; "refused"
    };
    const Row lists[] = {
        {"a=()", "()"},
        {"a=(\"x\")", "(\"x\")"},
        {" a=( \"x\"  \"y\" ); b=1;c=\"\\\"\\\\\" ", "(\"x\" \"y\");b=1;c=\"\\\"\\\\\""},
        {"a=(\"x\");b=-12", "(\"x\");b=-12"},
        {"a=(\"x\"\"y\")", "refused"},
        {"a=(\"x\";sf)", "refused"},
        {"a=(x)", "refused"},
        {"a=(\"x\"", "refused"},
        {"a=(\"x\"), b=()", "refused"},
        {"a=();b", "refused"},
        {"a=();b=1;b=2", "refused"},
        {"a=();b=1.5", "refused"},
        {"a=();b=1234567890123456", "refused"},
        {"a=();B=1", "refused"},
        {"a=();b=:AA==:", "refused"},
        {"A=()", "refused"},
        {"a", "refused"},
        {"=()", "refused"},
        {"a=();b=\"\x01\"", "refused"},
        {"a=();b=\"\\x\"", "refused"},
        {"a=();b=\"", "refused"},
        {"a=();b=\"\\", "refused"},
        {"", "refused"},
    };
    for (const Row& row : lists) {
        CAPTURE(row.text);
        const auto member = parse_inner_list_member(row.text);
        CHECK((member ? member->list.serialise() : "refused") == row.expected);
    }
    const Row bytes[] = {
        {"a=:aGVsbG8=:", "hello"},       {"a=::", ""},
        {"a=:aGVsbG8:", "refused"},      {"a=:aGVsbG9=:", "refused"},
        {"a=:aGVs bG8=:", "refused"},    {"a=:aGVsbG8=", "refused"},
        {"a=:=aaa:", "refused"},         {"a=:a===:", "refused"},
        {"a=:aGVsbG8=:;x=1", "refused"}, {"a=\"x\"", "refused"},
        {"a=:-_aa:", "refused"},
    };
    for (const Row& row : bytes) {
        CAPTURE(row.text);
        const auto member = parse_bytes_member(row.text);
        CHECK((member ? std::string{as_text(member->bytes)} : "refused") == row.expected);
    }
    for (std::size_t size = 0; size < 70; ++size) {
        Bytes data(size);
        for (std::size_t i = 0; i < size; ++i)
            data[i] = static_cast<std::uint8_t>(i * 37 + size);
        CHECK(base64_decode(base64_encode(data)) == data);
    }
}
