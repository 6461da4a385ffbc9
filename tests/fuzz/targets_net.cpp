// HTTP without sockets: messages, fields, signatures, URLs.
#include <algorithm>

#include "sdk/net/message_reader.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/structured_fields.h"
#include "sdk/net/url.h"
#include "sdk/net/wire.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

using namespace net;

namespace {

constexpr ReaderLimits limits{2048, 2048};

void feed(auto& reader, ByteView octets) {
    const auto room = reader.prepare(octets.size());
    std::copy(octets.begin(), octets.end(), room.begin());
    reader.commit(octets.size());
}

bool operator==(const HttpRequest& a, const HttpRequest& b) {
    return a.method == b.method && a.target == b.target && a.path == b.path && a.query == b.query &&
           a.headers == b.headers && a.body == b.body;
}

struct ReadRequests {
    std::vector<HttpRequest> requests;
    std::optional<Reason> refused;
};

// Gives the octets in pieces of this size, and takes every request that is complete.
ReadRequests read_requests(ByteView octets, std::size_t piece) {
    RequestReader reader(limits);
    ReadRequests read;
    while (!octets.empty() && !read.refused) {
        const std::size_t size = std::min(piece, octets.size());
        feed(reader, octets.first(size));
        octets = octets.subspan(size);
        while (!read.refused) {
            const auto step = reader.next();
            if (step == RequestReader::Step::needs_more) break;
            if (step == RequestReader::Step::refused) {
                ASSERT(!reader.refusal().detail.empty());
                read.refused = reader.refusal().reason;
            } else {
                read.requests.push_back(reader.take().request);
            }
        }
    }
    return read;
}

bool is_sane(const HttpRequest& request) {
    return is_token(request.method) && request.target.starts_with('/') &&
           request.path.starts_with('/') && request.body.size() <= limits.max_body_bytes &&
           request.query.size() <= max_query_parameters &&
           request.path.find('\0') == std::string::npos;
}

}  // namespace

// However the octets are cut, the same requests come out, and the same end.
bool fuzz_http_request(ByteView octets) {
    const ReadRequests whole = read_requests(octets, octets.size());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
        const ReadRequests cut = read_requests(octets, piece);
        // A limit may be noticed earlier or later; what came before it is the same.
        const std::size_t common = std::min(cut.requests.size(), whole.requests.size());
        for (std::size_t i = 0; i < common; ++i)
            ASSERT(cut.requests[i] == whole.requests[i]);
        if (whole.refused == Reason::too_large || cut.refused == Reason::too_large) continue;
        ASSERT(cut.requests.size() == whole.requests.size());
        // A wrong line that came in pieces may be refused only when its header is complete.
        if (cut.refused) ASSERT(cut.refused == whole.refused);
    }
    for (const HttpRequest& request : whole.requests) {
        ASSERT(is_sane(request) && count_header(request.headers, "host") <= 1);
        for (const auto& [name, value] : request.headers)
            ASSERT(is_token(name) && value.find_first_of("\r\n") == std::string::npos);
    }
    return !whole.requests.empty();
}

bool fuzz_http_response(ByteView octets) {
    const auto read = [&](std::size_t piece) {
        ResponseReader reader(limits);
        reader.expect(false);
        ByteView rest = octets;
        std::optional<HttpResponse> response;
        auto step = ResponseReader::Step::needs_more;
        while (!rest.empty() && step == ResponseReader::Step::needs_more) {
            const std::size_t size = std::min(piece, rest.size());
            feed(reader, rest.first(size));
            rest = rest.subspan(size);
            step = reader.next();
        }
        if (step == ResponseReader::Step::needs_more) step = reader.end();
        if (step == ResponseReader::Step::complete) response = reader.take().response;
        if (step == ResponseReader::Step::broken) ASSERT(!reader.broken_because().empty());
        return response;
    };
    const auto whole = read(octets.size());
    const auto cut = read(5);
    if (whole && cut) {
        ASSERT(whole->status == cut->status && whole->headers == cut->headers);
        ASSERT(whole->body == cut->body);
    }
    if (!whole) return false;
    ASSERT(whole->status >= 200 && whole->status < 600);
    ASSERT(whole->body.size() <= limits.max_body_bytes);
    return true;
}

// Pieces: method, target, body, then names and values of fields. What the writer lets through is
// read as what was meant, one request and nothing behind it.
bool fuzz_http_head(ByteView octets) {
    Pieces pieces(octets);
    HttpRequest request;
    request.method = as_text(pieces.next());
    request.target = as_text(pieces.next());
    const ByteView body = pieces.next();
    request.body.assign(body.begin(), body.end());
    while (!pieces.done()) {
        std::string name(as_text(pieces.next()));
        request.headers.emplace_back(std::move(name), as_text(pieces.next()));
    }
    HttpResponse response{200, "text/plain", request.headers, request.body};
    std::string answer = response_head(response, Persistence::keep);
    answer += as_text(response.body);
    if (answer.size() < limits.max_header_bytes) {
        ResponseReader reader(limits);
        reader.expect(false);
        feed(reader, as_bytes(answer));
        ASSERT(reader.next() == ResponseReader::Step::complete);
        const auto taken = reader.take();
        ASSERT(taken.keep_alive && taken.response.status == 200);
        ASSERT(taken.response.body == request.body);
    }
    const auto head = request_head(request, "localhost");
    if (!head) return false;
    std::string text = *head;
    text += as_text(request.body);
    if (head->size() > limits.max_header_bytes / 2) return false;
    const ReadRequests read = read_requests(as_bytes(text), text.size());
    // What the writer cannot know: a target with a wrong escape.
    if (read.refused) {
        ASSERT(read.requests.empty());
        return false;
    }
    ASSERT(read.requests.size() == 1);
    const HttpRequest& got = read.requests.front();
    ASSERT(got.method == request.method && got.target == request.target);
    ASSERT(*got.header("host") == "localhost" && count_header(got.headers, "host") == 1);
    ASSERT(request.method == "GET" || request.method == "HEAD" || got.body == request.body);
    return true;
}

// A whole request as it comes from a caller: what is not signed by him is refused with a reason,
// and what was taken once is not taken again.
bool fuzz_message_signature(ByteView octets) {
    const ReadRequests read = read_requests(octets, octets.size());
    if (read.requests.empty()) return false;
    HttpRequest request = read.requests.front();
    const LenientScheme scheme;
    VerifierRules rules;
    rules.origins = {{"http", "localhost"}};
    RequestVerifier verifier(scheme, rules);
    const auto known = [](const PublicKey&) { return true; };
    const auto claim = verifier.parse(request, start_time);
    const auto key = verifier.verify(request, start_time, known);
    bool accepted = false;
    if (!claim) {
        const Reason reason = claim.error().reason;
        ASSERT(!key && key.error().reason == reason);
        ASSERT((reason == Reason::unauthenticated) == claim.error().detail.empty());
        ASSERT(reason == Reason::unauthenticated || reason == Reason::malformed ||
               reason == Reason::bad_signature || reason == Reason::signature_expired);
    } else {
        ASSERT(key.has_value() == LenientScheme::is_good(claim->signature));
        if (key) {
            accepted = true;
            ASSERT(*key == claim->key);
            const auto again = verifier.verify(request, start_time, known);
            ASSERT(!again && again.error().reason == Reason::replayed);
            // what the signature covers is the request
            for (const std::string_view name : {"@method", "@authority", "@target-uri"})
                ASSERT(claim->base.find("\"" + std::string(name) + "\": ") != std::string::npos);
            if (!request.body.empty()) {
                ASSERT(request.header("content-digest") != nullptr);
                request.body.front() ^= 1;
                const auto changed = verifier.parse(request, start_time);
                ASSERT(!changed && changed.error().reason == Reason::bad_signature);
                request.body.front() ^= 1;
            }
        }
    }
    // What we sign ourselves over the same request is taken.
    const LenientSigner signer(named<PublicKey>("caller"));
    std::array<std::uint8_t, nonce_size> nonce{};
    set_header(request.headers, "host", "localhost");
    std::erase_if(request.headers, [](const auto& field) {
        return field.first == "content-digest" || field.first == "idempotency-key";
    });
    sign_request(request, {"http", "localhost"}, signer, start_time, nonce);
    RequestVerifier fresh(scheme, rules);
    ASSERT(fresh.verify(request, start_time, known) == signer.public_key());
    return accepted;
}

bool fuzz_structured_field(ByteView octets) {
    const std::string_view text = as_text(octets);
    ASSERT(base64_decode(base64_encode(octets)) == Bytes(octets.begin(), octets.end()));
    if (const auto decoded = base64_decode(text)) ASSERT(base64_encode(*decoded) == text);
    if (const auto quoted = field_string(text)) {
        const auto read = parse_inner_list_member("k=(" + *quoted + ")");
        ASSERT(read && read->list.items == std::vector<std::string>{std::string(text)});
    }
    if (const auto member = parse_bytes_member(text)) {
        const auto again =
            parse_bytes_member(member->key + "=:" + base64_encode(member->bytes) + ":");
        ASSERT(again && again->key == member->key && again->bytes == member->bytes);
        ASSERT(!parse_inner_list_member(text));
        return true;
    }
    const auto member = parse_inner_list_member(text);
    if (!member) return false;
    const std::string written = member->key + "=" + member->list.serialise();
    const auto again = parse_inner_list_member(written);
    ASSERT(again && again->key == member->key && again->list.items == member->list.items);
    ASSERT(again->list.parameters == member->list.parameters);
    ASSERT(again->list.serialise() == member->list.serialise());
    return true;
}

bool fuzz_url(ByteView octets) {
    const std::string_view text = as_text(octets);
    ASSERT(percent_decode(percent_encode(text)).has_value() ==
           (text.find('\0') == std::string_view::npos));
    if (const auto decoded = percent_decode(text))
        ASSERT(percent_decode(percent_encode(*decoded)) == *decoded);
    HttpRequest request;
    request.target = text;
    if (split_target(request)) ASSERT(request.path.starts_with('/'));
    const auto url = parse_url(text);
    if (!url) {
        ASSERT(url.error().code == "bad_url" && !url.error().detail.empty());
        return false;
    }
    ASSERT(url->port != 0 && !url->host.empty() && url->target.starts_with('/'));
    ASSERT(parse_url(url->origin() + url->target) == *url);
    return true;
}

}  // namespace lockstep::fuzz
