#include <doctest/doctest.h>

#include "sdk/net/http.h"
#include "sdk/net/url.h"

using namespace lockstep;
using namespace lockstep::net;

TEST_CASE("a URL is split into scheme, host, port and target, or refused with what is wrong") {
    struct Row {
        const char* text;
        const char* expected;  // scheme|host|port|target|authority, or a part of the refusal
    };
    const Row rows[] = {
        {"http://127.0.0.1:7001", "http|127.0.0.1|7001|/|127.0.0.1:7001"},
        {"http://Example.COM/a?b=c", "http|example.com|80|/a?b=c|example.com"},
        {"HTTP://example.com:80/", "http|example.com|80|/|example.com"},
        {"ws://localhost:9/v1/events?cursor=5", "ws|localhost|9|/v1/events?cursor=5|localhost:9"},
        {"wss://h", "wss|h|443|/|h"},
        {"http://[::1]:7001/x", "http|::1|7001|/x|[::1]:7001"},
        {"http://[fe80::1]", "http|fe80::1|80|/|[fe80::1]"},
        {"http://h?q=1", "http|h|80|/?q=1|h"},
        {"127.0.0.1:7001", "the scheme is missing"},
        {"ftp://h/", "the scheme is not"},
        {"http://", "the host is missing"},
        {"http://:80/", "the host is missing"},
        {"http://h:0/", "from 1 to 65535"},
        {"http://h:65536/", "from 1 to 65535"},
        {"http://h:/", "from 1 to 65535"},
        {"http://h:+1/", "from 1 to 65535"},
        {"http://h:080080/", "from 1 to 65535"},
        {"http://user@h/", "it names a user"},
        {"http://h/#f", "it has a fragment"},
        {"http://h/a b", "percent-encoded"},
        {"http://h/\r\nX: y", "percent-encoded"},
        {"http://h\\evil/", "percent-encoded"},
        {"http://[::1", "a ']' is missing"},
        {"http://[::1]x/", "the port is malformed"},
        {"http://[h]/", "IPv6 address"},
        {"http://a,b/", "the host is malformed"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto url = parse_url(row.text);
        const std::string got = url ? url->scheme + "|" + url->host + "|" +
                                          std::to_string(url->port) + "|" + url->target + "|" +
                                          url->authority()
                                    : url.error().detail;
        CHECK(got.find(row.expected) != std::string::npos);
        if (url) CHECK(got == row.expected);
    }
    CHECK_FALSE(parse_url("http://h/" + std::string(max_url, 'a')));
}

TEST_CASE("a target is split into a path and parameters, or refused") {
    struct Row {
        const char* target;
        const char* expected;  // path, then name=value each in brackets; "refused"
    };
    const Row rows[] = {
        {"/", "/"},
        {"/v1/a%20b", "/v1/a b"},
        {"/a?x=1&y=%26", "/a[x=1][y=&]"},
        {"/a?x", "/a[x=]"},
        {"/a?x=1=2", "/a[x=1=2]"},
        {"/a?&&x=1&", "/a[x=1]"},
        {"/a?x=1+2", "/a[x=1+2]"},
        {"/a?", "/a"},
        {"http://h/a", "refused"},
        {"*", "refused"},
        {"", "refused"},
        {"/%", "refused"},
        {"/%4", "refused"},
        {"/%zz", "refused"},
        {"/%00", "refused"},
        {"/a#b", "refused"},
        {"/a?x=%g1", "refused"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        HttpRequest request;
        request.target = row.target;
        std::string got = "refused";
        if (split_target(request)) {
            got = request.path;
            for (const auto& [name, value] : request.query)
                got += "[" + name + "=" + value + "]";
        }
        CHECK(got == row.expected);
    }
    HttpRequest many;
    many.target = "/?";
    for (std::size_t i = 0; i < max_query_parameters; ++i)
        many.target += "a=1&";
    CHECK(split_target(many));
    many.target += "a=1";
    CHECK_FALSE(split_target(many));
}

TEST_CASE("percent-encoding comes back as it was") {
    std::string all;
    for (int c = 1; c < 256; ++c)
        all += static_cast<char>(c);
    CHECK(percent_decode(percent_encode(all)) == all);
    CHECK(percent_encode("a/b c") == "a%2Fb%20c");
}

TEST_CASE("text in JSON is escaped and what is not UTF-8 is replaced") {
    CHECK(json_quote("a\"\\\n\x01\x7f") == "\"a\\\"\\\\\\n\\u0001\\u007f\"");
    CHECK(json_quote("\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80") ==
          "\"\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80\"");
    for (const char* wrong :
         {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
        const std::string quoted = json_quote(wrong);
        CHECK(quoted.substr(0, 4) == "\"\xef\xbf\xbd");
        CHECK(quoted.find('\xff') == std::string::npos);
    }
}

TEST_CASE("a problem document carries the reason's word, sentence and status") {
    const HttpResponse response = problem(Reason::insufficient_funds, "needs \"5\"");
    CHECK(response.status == 422);
    CHECK(response.content_type == "application/problem+json");
    CHECK(as_text(response.body) ==
          "{\"type\":\"about:blank\",\"title\":\"the account does not hold enough\",\"status\":422,"
          "\"code\":\"insufficient_funds\",\"detail\":\"needs \\\"5\\\"\"}");
    CHECK(problem(Reason::replayed).header("www-authenticate") != nullptr);
    CHECK(problem(Reason::malformed, "x", 408).status == 408);
}

TEST_CASE("every reason has an error status") {
    for (unsigned number = 0; number < 1000; ++number) {
        const auto reason = reason_from_number(static_cast<std::uint16_t>(number));
        if (!reason) continue;
        CHECK(status_of(*reason) >= 400);
        CHECK(status_of(*reason) < 600);
        CHECK_FALSE(status_phrase(status_of(*reason)).empty());
    }
    CHECK(status_of(Reason::outcome_unknown) == 504);
    CHECK(status_of(Reason::draining) == 503);
    CHECK(status_of(Reason::internal_error) == 500);
}
