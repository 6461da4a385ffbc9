// The report for a browser, as far as it can be judged without one: that nothing from outside
// becomes markup, that it asks no network, that its data is what the trace says.
#include <doctest/doctest.h>

#include <algorithm>

#include "sdk/codec/json.h"
#include "sim/report/html.h"
#include "tests/browser/report_worlds.h"
#include "tests/unit/text_search.h"

using namespace lockstep;
using namespace lockstep::sim;
using lockstep::test::count;
using lockstep::test::has;

namespace {

std::string page_of(const made::World& world) {
    return html_report(world.scenario, world.outcome, world.trace);
}

Json data_of(const std::string& html) {
    constexpr std::string_view opens = "<script type=\"application/json\" id=\"data\">";
    const std::size_t from = html.find(opens);
    REQUIRE(from != std::string::npos);
    const std::size_t begin = from + opens.size();
    const std::string text = html.substr(begin, html.find("</script>", begin) - begin);
    const auto json = parse_json(text, {std::size_t{1} << 26, 32});
    REQUIRE(json.has_value());
    return *json;
}

}  // namespace

TEST_CASE("names and texts that are markup stay text") {
    const std::string plain = page_of(made::small());
    const std::string html = page_of(made::hostile());
    // as many elements as in any report
    CHECK(count(html, "<script") == count(plain, "<script"));
    CHECK(count(html, "</script") == count(plain, "</script"));
    CHECK(count(html, "<img") == 0);
    CHECK(count(html, "<!--") == count(plain, "<!--"));
    CHECK(has(html, "<title>&lt;/script&gt;&lt;img src=x onerror=&quot;window.pwned=1&quot;&gt;"));
    const Json data = data_of(html);
    CHECK(data["scenario"]["name"].text_or("") ==
          "</script><img src=x onerror=\"window.pwned=1\">&amp;'\"<!--");
}

TEST_CASE("a text that names a place of the page is not filled in") {
    made::World world = made::small();
    world.scenario.title = world.outcome.scenario = "{{script}} {{data}} {{style}}";
    const std::string html = page_of(world);
    CHECK(has(html, "<title>{{script}} {{data}} {{style}}, seed 42: every rule held</title>"));
    CHECK(data_of(html)["scenario"]["title"].text_or("") == "{{script}} {{data}} {{style}}");
}

TEST_CASE("what is no UTF-8 does not break the report") {
    made::World world = made::small();
    world.scenario.title = "\xff\xfe title";
    CHECK(has(data_of(page_of(world))["scenario"]["title"].text_or(""), " title"));
}

TEST_CASE("the report names no network") {
    const std::string html = page_of(made::small());
    CHECK(has(html,
              "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
              "'unsafe-inline'\""));
    std::string rest = html;
    // the name of a name space is no address
    constexpr std::string_view svg = "http://www.w3.org/2000/svg";
    for (auto at = rest.find(svg); at != std::string::npos; at = rest.find(svg))
        rest.erase(at, svg.size());
    for (const char* call : {"http:", "https:", "url(", "@import", "src=", "<link", "fetch(",
                             "XMLHttpRequest", "innerHTML", "eval("})
        CHECK_MESSAGE(!has(rest, call), call);
}

TEST_CASE("the data is what the trace and the outcome say") {
    const made::World world = made::small();
    const Json data = data_of(page_of(world));
    CHECK(data["outcome"]["seed"].text_or("") == "42");
    CHECK(data["outcome"]["settled"].as_int64() == 1);
    CHECK(data["outcome"]["rules"].size() == 6);
    CHECK(data["actors"].size() == world.trace.actors().size());
    CHECK(data["escrows"].size() == 5);
    CHECK(data["escrows"][std::size_t{0}]["amount"].text_or("") == "110420");
    const auto balances = static_cast<std::size_t>(
        std::count_if(world.trace.moments().begin(), world.trace.moments().end(),
                      [](const Moment& moment) { return moment.kind == MomentKind::balance; }));
    CHECK(data["balances"]["at"].size() == balances);
    CHECK(data["moments"]["at"].size() == world.trace.moments().size() - balances);
    CHECK(data["moments"]["at"].size() == data["moments"]["condition"].size());
    // the guard of the seller: D + o (K + D) with D = 4 s, K = 20 s, o = 1
    CHECK(data["escrows"][std::size_t{1}]["guard"].as_int64() == 28'000'000);
}

TEST_CASE("a seed and amounts keep all their digits") {
    made::World world = made::small();
    world.outcome.seed = UINT64_MAX;
    Moment moment = world.trace.moments().back();
    moment.kind = MomentKind::balance;
    moment.amount = Amount{UINT64_MAX};
    world.trace.note(moment);
    const std::string html = page_of(world);
    CHECK(data_of(html)["outcome"]["seed"].text_or("") == "18446744073709551615");
    CHECK(count(html, "\"18446744073709551615\"") == 2);
}

TEST_CASE("a trace that kept nothing gives a report") {
    made::World world = made::small();
    world.trace = Trace(false);
    const Json data = data_of(page_of(world));
    CHECK(data["kept"].as_bool() == false);
    CHECK(data["moments"]["at"].size() == 0);
}
