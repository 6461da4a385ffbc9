#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "sdk/net/message_reader.h"

using namespace lockstep;
using namespace lockstep::net;

namespace {

constexpr ReaderLimits limits{256, 64};

template <class Reader>
void feed(Reader& reader, std::string_view text) {
    if (text.empty()) return;
    const auto room = reader.prepare(text.size());
    std::memcpy(room.data(), text.data(), text.size());
    reader.commit(text.size());
}

// What a reader makes of a text that comes in two pieces: one line a request, "!" and the reason of
// a refusal, "…" when it waits for more.
std::string requests_in(std::string_view text, std::size_t split) {
    RequestReader reader{limits};
    std::string seen;
    for (const std::string_view piece : {text.substr(0, split), text.substr(split)}) {
        feed(reader, piece);
        while (true) {
            const auto step = reader.next();
            if (step == RequestReader::Step::needs_more) break;
            if (step == RequestReader::Step::refused)
                return seen + "!" + std::string{to_string(reader.refusal().reason)};
            const auto taken = reader.take();
            seen += taken.request.method + " " + taken.request.target + " ";
            if (taken.request.header("t")) seen += "trailer ";
            seen += std::string{as_text(taken.request.body)} + (taken.keep_alive ? "\n" : " end\n");
        }
    }
    return seen + (reader.in_request() ? "…" : "");
}

// The same for answers to one request.
std::string answer_in(std::string_view text, std::size_t split, bool head_only) {
    ResponseReader reader{limits};
    reader.expect(head_only);
    auto step = ResponseReader::Step::needs_more;
    for (const std::string_view piece : {text.substr(0, split), text.substr(split)}) {
        feed(reader, piece);
        if (step == ResponseReader::Step::needs_more) step = reader.next();
    }
    if (step == ResponseReader::Step::needs_more) step = reader.end();
    if (step == ResponseReader::Step::broken) return "!" + reader.broken_because();
    const auto taken = reader.take();
    return std::to_string(taken.response.status) + " " + std::string{as_text(taken.response.body)};
}

// A sequence that is the same in every run (Numerical Recipes' constants).
struct Sequence {
    std::uint32_t state = 1;
    std::uint32_t next() { return (state = state * 1664525u + 1013904223u) >> 8; }
    std::size_t below(std::size_t n) { return next() % n; }
};

const std::string requests[] = {
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcdeGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n1\r\nd\r\n0\r\n"
     "T: r\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
};

const std::string answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nto the end",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n",
};

}  // namespace

TEST_CASE("requests are read the same wherever the stream is cut") {
    const char* expected[] = {"GET /a?b=c \n",
                              "POST /a abcde\nGET / \n",
                              "PUT /a abcd\nGET /next  end\n",
                              "GET /  end\n",
                              "GET / \n",
                              "!too_large",
                              "!malformed",
                              "!malformed"};
    for (std::size_t i = 0; i < std::size(requests); ++i) {
        for (std::size_t split = 0; split <= requests[i].size(); ++split) {
            CAPTURE(i);
            CAPTURE(split);
            CHECK(requests_in(requests[i], split) == expected[i]);
        }
    }
}

TEST_CASE("answers are read the same wherever the stream is cut") {
    const char* expected[] = {"200 ok",         "201 ", "200 ok",
                              "200 to the end", "304 ", "!the answer exceeds the limit"};
    for (std::size_t i = 0; i < std::size(answers); ++i) {
        for (std::size_t split = 0; split <= answers[i].size(); ++split) {
            CAPTURE(i);
            CAPTURE(split);
            CHECK(answer_in(answers[i], split, false) == expected[i]);
        }
    }
    CHECK(answer_in("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 3, true) == "200 ");
    CHECK(answer_in("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 3, false) ==
          "!the answer was broken off");
}

// Beast asserts that it never sees a last chunk again of which fewer than five octets are there.
TEST_CASE("an empty body in chunks is read when its last chunk comes in any two or more pieces") {
    const std::string fields = "Transfer-Encoding: chunked\r\n\r\n";
    const std::string request = "PUT /a HTTP/1.1\r\nHost: h\r\n" + fields;
    const std::string answer = "HTTP/1.1 200 OK\r\n" + fields;
    for (const std::string last : {"0\r\n\r\n", "0\r\nT: r\r\n\r\n", "00;a=b\r\n\r\n"}) {
        for (std::size_t first = 0; first <= last.size(); ++first) {
            CAPTURE(last);
            CAPTURE(first);
            RequestReader request_reader{limits};
            ResponseReader answer_reader{limits};
            answer_reader.expect(false);
            feed(request_reader, request + last.substr(0, first));
            feed(answer_reader, answer + last.substr(0, first));
            auto request_step = request_reader.next();
            auto answer_step = answer_reader.next();
            for (std::size_t i = first; i < last.size(); ++i) {
                CHECK(request_step == RequestReader::Step::needs_more);
                CHECK(answer_step == ResponseReader::Step::needs_more);
                feed(request_reader, last.substr(i, 1));
                feed(answer_reader, last.substr(i, 1));
                request_step = request_reader.next();
                answer_step = answer_reader.next();
            }
            CHECK(request_step == RequestReader::Step::complete);
            CHECK(answer_step == ResponseReader::Step::complete);
            CHECK(request_reader.take().request.body.empty());
        }
    }
}

TEST_CASE("a sender that waits is told so once, after the header") {
    RequestReader reader{limits};
    feed(reader, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-con");
    CHECK(reader.next() == RequestReader::Step::needs_more);
    CHECK_FALSE(reader.wants_continue());
    feed(reader, "tinue\r\n\r\n");
    CHECK(reader.next() == RequestReader::Step::needs_more);
    CHECK(reader.wants_continue());
    CHECK_FALSE(reader.wants_continue());
    feed(reader, "ok");
    CHECK(reader.next() == RequestReader::Step::complete);
    CHECK_FALSE(reader.wants_continue());
}

TEST_CASE("a header without an end is refused at the limit") {
    for (const std::string_view line : {"a", "X: y\r\n", "\r\n"}) {
        RequestReader reader{limits};
        feed(reader, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
        std::size_t fed = 0;
        auto step = reader.next();
        while (step == RequestReader::Step::needs_more && fed < 10 * limits.max_header_bytes) {
            feed(reader, line);
            fed += line.size();
            step = reader.next();
        }
        CHECK(fed <= limits.max_header_bytes + line.size());
    }
    RequestReader trailers{limits};
    feed(trailers, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    std::size_t fed = 0;
    auto step = trailers.next();
    while (step == RequestReader::Step::needs_more && fed < 10 * limits.max_header_bytes) {
        feed(trailers, "X: y\r\n");
        fed += 6;
        step = trailers.next();
    }
    CHECK(step == RequestReader::Step::refused);
}

TEST_CASE("whatever comes, reading ends and keeps its limits") {
    Sequence random;
    for (int round = 0; round < 4000; ++round) {
        const bool request = round % 2 == 0;
        std::string text = request ? requests[random.below(std::size(requests))]
                                   : answers[random.below(std::size(answers))];
        if (random.below(4) == 0) text += text;
        for (std::size_t changes = random.below(4); changes-- != 0;) {
            const std::size_t at = random.below(text.size());
            switch (random.below(4)) {
                case 0:
                    text[at] = static_cast<char>(random.next());
                    break;
                case 1:
                    text.erase(at, random.below(8));
                    break;
                case 2:
                    text.insert(at, random.below(300), static_cast<char>(random.next()));
                    break;
                default:
                    text.insert(at, text.substr(random.below(text.size()), 12));
                    break;
            }
            if (text.empty()) text = "\r";
        }
        const std::size_t split = random.below(text.size() + 1);
        const std::string seen =
            request ? requests_in(text, split) : answer_in(text, split, random.below(2) == 0);
        CHECK(seen.size() <= text.size() + 100);
    }
}
