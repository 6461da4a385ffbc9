#include "sdk/net/message_reader.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <optional>
#include <utility>

#include "sdk/base/assert.h"
#include "sdk/net/wire.h"

namespace lockstep::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Body = http::vector_body<std::uint8_t>;

std::string lower(std::string_view text) {
    std::string low{text};
    for (char& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return low;
}

template <class Message>
Headers headers_of(const Message& message) {
    Headers headers;
    for (const auto& field : message)
        headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                             std::string{field.value()});
    return headers;
}

template <class Parser>
void start(std::optional<Parser>& parser, const ReaderLimits& limits) {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
    parser->body_limit(limits.max_body_bytes);
}

std::span<std::uint8_t> prepare_in(beast::flat_buffer& buffer, std::size_t size) {
    const auto room = buffer.prepare(size);
    return {static_cast<std::uint8_t*>(room.data()), room.size()};
}

}  // namespace

struct RequestReader::Impl {
    explicit Impl(ReaderLimits given) : limits(given) {}

    const ReaderLimits limits;
    beast::flat_buffer buffer;
    std::optional<http::request_parser<Body>> parser;
    bool header_taken = false, continue_asked = false, continue_told = false;
    Taken taken;
    Refusal refusal;

    Step refuse(Reason reason, std::string detail, int status = 0) {
        parser.reset();
        refusal = {reason, std::move(detail), status};
        return Step::refused;
    }
    Step refuse(const error_code& error);
    bool take_header();
};

RequestReader::RequestReader(ReaderLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestReader::~RequestReader() = default;

std::span<std::uint8_t> RequestReader::prepare(std::size_t size) {
    return prepare_in(impl_->buffer, size);
}
void RequestReader::commit(std::size_t size) {
    impl_->buffer.commit(size);
}
std::size_t RequestReader::buffered() const {
    return impl_->buffer.size();
}
void RequestReader::discard() {
    impl_->buffer.clear();
}
bool RequestReader::in_request() const {
    return impl_->parser.has_value();
}
const RequestReader::Refusal& RequestReader::refusal() const {
    return impl_->refusal;
}

RequestReader::Step RequestReader::next() {
    Impl& impl = *impl_;
    while (impl.buffer.size() != 0) {
        if (!impl.parser) {
            start(impl.parser, impl.limits);
            // Stops after the header, which is taken before trailers could join it.
            impl.parser->eager(false);
            impl.header_taken = impl.continue_asked = impl.continue_told = false;
        }
        error_code error;
        const std::size_t used = impl.parser->put(impl.buffer.data(), error);
        impl.buffer.consume(used);
        const bool wants_more = error == http::error::need_more;
        if (error && !wants_more) return impl.refuse(error);
        if (impl.parser->is_header_done() && !impl.header_taken) {
            if (!impl.take_header()) return Step::refused;
            impl.parser->eager(true);
        }
        if (impl.parser->is_done()) {
            impl.taken.request.body = std::move(impl.parser->get().body());
            impl.parser.reset();
            return Step::complete;
        }
        // What the parser leaves in the buffer is one unfinished line.
        if (impl.buffer.size() > impl.limits.max_header_bytes)
            return impl.refuse(Reason::too_large, "a line is too long", 431);
        if (wants_more || used == 0) break;
    }
    return Step::needs_more;
}

RequestReader::Step RequestReader::Impl::refuse(const error_code& error) {
    if (error == http::error::header_limit)
        return refuse(Reason::too_large,
                      "the header exceeds " + std::to_string(limits.max_header_bytes) + " bytes",
                      431);
    if (error == http::error::body_limit)
        return refuse(Reason::too_large,
                      "the body exceeds " + std::to_string(limits.max_body_bytes) + " bytes");
    return refuse(Reason::malformed, "not an HTTP/1.1 request: " + error.message());
}

bool RequestReader::Impl::take_header() {
    header_taken = true;
    const auto& message = parser->get();
    taken = Taken{};
    taken.keep_alive = parser->keep_alive();
    taken.http_1_0 = message.version() == 10;
    HttpRequest& request = taken.request;
    request.method = std::string{message.method_string()};
    request.target = std::string{message.target()};
    request.headers = headers_of(message);

    const auto wrong = [&](const char* detail) {
        refuse(Reason::malformed, detail);
        return false;
    };
    const std::size_t hosts = count_header(request.headers, "host");
    if (hosts > 1 || (hosts == 0 && !taken.http_1_0)) return wrong("a request has one Host field");
    if (count_header(request.headers, "content-length") > 1)
        return wrong("more than one Content-Length field");
    const std::size_t codings = count_header(request.headers, "transfer-encoding");
    if (codings > 1 ||
        (codings == 1 && (taken.http_1_0 || !parser->chunked() ||
                          !equal_ignoring_case(*request.header("transfer-encoding"), "chunked"))))
        return wrong("the only transfer coding that is understood is chunked");
    if (!split_target(request))
        return wrong("the target is not a path with a query, or wrongly encoded");
    const std::string* expect = request.header("expect");
    continue_asked = expect && equal_ignoring_case(*expect, "100-continue");
    return true;
}

RequestReader::Taken RequestReader::take() {
    return std::exchange(impl_->taken, {});
}

bool RequestReader::wants_continue() {
    Impl& impl = *impl_;
    if (!impl.parser || !impl.continue_asked || impl.continue_told) return false;
    return impl.continue_told = true;
}

struct ResponseReader::Impl {
    explicit Impl(ReaderLimits given) : limits(given) {}

    const ReaderLimits limits;
    beast::flat_buffer buffer;
    std::optional<http::response_parser<Body>> parser;
    bool head_only = false;
    Taken taken;
    std::string why;

    Step broken(std::string because) {
        parser.reset();
        why = std::move(because);
        return Step::broken;
    }
    void begin() {
        start(parser, limits);
        if (head_only) parser->skip(true);
    }
    Step complete();
};

ResponseReader::ResponseReader(ReaderLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ResponseReader::~ResponseReader() = default;

std::span<std::uint8_t> ResponseReader::prepare(std::size_t size) {
    return prepare_in(impl_->buffer, size);
}
void ResponseReader::commit(std::size_t size) {
    impl_->buffer.commit(size);
}
std::size_t ResponseReader::buffered() const {
    return impl_->buffer.size();
}
const std::string& ResponseReader::broken_because() const {
    return impl_->why;
}
ResponseReader::Taken ResponseReader::take() {
    return std::exchange(impl_->taken, {});
}

void ResponseReader::expect(bool head_only) {
    impl_->head_only = head_only;
    impl_->begin();
}

ResponseReader::Step ResponseReader::next() {
    Impl& impl = *impl_;
    ASSERT(impl.parser);
    while (impl.buffer.size() != 0) {
        error_code error;
        const std::size_t used = impl.parser->put(impl.buffer.data(), error);
        impl.buffer.consume(used);
        const bool wants_more = error == http::error::need_more;
        if (error == http::error::body_limit || error == http::error::header_limit)
            return impl.broken("the answer exceeds the limit");
        if (error && !wants_more) return impl.broken("not an HTTP answer: " + error.message());
        if (impl.parser->is_done()) {
            const unsigned status = impl.parser->get().result_int();
            if (status < 100 || status >= 200) return impl.complete();
            if (status == 101) return impl.broken("the server changed the protocol");
            impl.begin();  // an interim answer (RFC 9110 section 15.2)
            continue;
        }
        if (impl.buffer.size() > impl.limits.max_header_bytes)
            return impl.broken("the answer exceeds the limit");
        if (wants_more || used == 0) break;
    }
    return Step::needs_more;
}

ResponseReader::Step ResponseReader::end() {
    Impl& impl = *impl_;
    if (!impl.parser || !impl.parser->got_some()) return impl.broken("closed by the server");
    error_code error;
    impl.parser->put_eof(error);
    if (error || !impl.parser->is_done()) return impl.broken("the answer was broken off");
    return impl.complete();
}

ResponseReader::Step ResponseReader::Impl::complete() {
    // What is no status (RFC 9110 section 15), and what is none of a last answer.
    const unsigned status = parser->get().result_int();
    if (status < 200 || status > 599)
        return broken("not an HTTP answer: its status is " + std::to_string(status));
    const bool keep_alive = parser->keep_alive() && buffer.size() == 0;
    auto message = parser->release();
    parser.reset();
    taken = Taken{};
    taken.keep_alive = keep_alive;
    taken.response.status = static_cast<int>(message.result_int());
    taken.response.headers = headers_of(message);
    if (const auto* type = taken.response.header("content-type"))
        taken.response.content_type = *type;
    taken.response.body = std::move(message.body());
    return Step::complete;
}

}  // namespace lockstep::net
