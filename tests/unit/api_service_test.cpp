// The interface over a socket, with records and a node that the test makes up: who sees what, and
// how a name in a path is read.
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>

#include "connector/api/service.h"
#include "connector/client/api_client.h"
#include "connector/client/event_stream.h"
#include "sdk/machine/memory_store.h"
#include "sdk/net/system_time.h"

using namespace lockstep;
using namespace lockstep::api;

namespace {

class WallClock final : public Clock {
public:
    Timestamp now() const override { return net::system_time(); }
};

// Remembers what it was asked to do, and does it.
class ListeningNode final : public NodePort {
public:
    void submit(core::input::FromApi call, std::function<void(Result<Bytes>)> done) override {
        {
            const std::lock_guard lock(mutex_);
            if (const auto* act = std::get_if<core::input::ActOnTrade>(&call.body))
                acted_.push_back(*act);
        }
        done(encode_fields(core::CallerAnswer{core::answer::Acted{core::TradeState::proposed}}));
    }
    Result<void> view(std::function<void(const assembly::Node&)>) override {
        return refuse(Reason::unavailable);
    }
    void digest(std::function<void(Result<StateDigest>)> done) override {
        done(refuse(Reason::unavailable));
    }
    NodeFigures figures() const override { return {}; }

    std::vector<core::input::ActOnTrade> acted() const {
        const std::lock_guard lock(mutex_);
        return acted_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<core::input::ActOnTrade> acted_;
};

PublicKey key_of(std::uint8_t number) {
    std::array<std::uint8_t, 32> octets{};
    octets.front() = number;
    return PublicKey{octets};
}

const PublicKey self = key_of(1);
const PublicKey first_venue = key_of(2);
const PublicKey second_venue = key_of(3);

class World {
public:
    World() {
        for (const Role role : {Role::operator_, Role::venue, Role::participant, Role::auditor}) {
            std::array<std::uint8_t, KeySeed::size> octets{};
            octets.front() = static_cast<std::uint8_t>(role) + 1;
            signers_[role] = scheme_.signer(KeySeed{octets});
        }
        server_.on_request([this](const net::HttpRequest& request, const net::Respond& respond) {
            service_->handle(request, respond);
        });
        server_.on_websocket(
            [this](const net::HttpRequest& request, const net::WebSocketAccept& accept) {
                service_->upgrade(request, accept);
            });
        const auto port = server_.start();
        REQUIRE(port);
        url_.scheme = "http";
        url_.host = "127.0.0.1";
        url_.port = *port;
        net::VerifierRules rules;
        rules.origins = {{url_.scheme, url_.authority()}};
        verifier_ = std::make_unique<net::RequestVerifier>(scheme_, rules);
        ServiceParts parts;
        parts.config.self = self;
        for (const PublicKey& key : {first_venue, second_venue}) {
            core::PeerConfig peer;
            peer.key = key;
            peer.venue = true;
            parts.config.peers.push_back(peer);
        }
        for (const auto& [role, signer] : signers_)
            parts.callers.push_back({std::string(to_string(role)), signer->public_key(), role});
        parts.node = &node;
        parts.records = &store_;
        parts.verifier = verifier_.get();
        parts.clock = &clock_;
        parts.loop = &loop_;
        service_ = std::make_unique<Service>(std::move(parts));
    }
    ~World() {
        service_->stop();
        server_.stop();
        service_.reset();
        loop_.stop();
    }

    client::ApiAccess access(Role role) const { return {url_, signers_.at(role)}; }
    client::ApiClient client(Role role) { return {loop_, access(role)}; }
    net::IoLoop& loop() { return loop_; }
    Service& service() { return *service_; }

    template <class T>
    void put(core::RecordKind kind, ByteView key, const T& value) {
        disk_.unsorted.push_back(core::make_record(kind, key, value));
    }
    core::PlanId put_trade(const PublicKey& venue, const std::string& reference,
                           Timestamp created = {}) {
        core::TradeRecord record;
        record.created = created;
        record.trade.venue = venue;
        record.trade.reference = reference;
        record.plan = core::plan_of(record.trade);
        put(core::RecordKind::trade, record.plan.view(), record);
        put(core::RecordKind::trade_order, core::order_key(created, record.plan), record.plan);
        put(core::RecordKind::reference, core::reference_key(venue, reference).view(), record.plan);
        return record.plan;
    }
    core::EventRecord put_event(std::uint64_t number, core::EventKind kind) {
        core::EventRecord event;
        event.number = number;
        event.kind = kind;
        event.state = "x";
        put(core::RecordKind::event, core::number_key(number), event);
        return event;
    }

    ListeningNode node;

private:
    Ed25519 scheme_;
    WallClock clock_;
    MemoryDisk disk_;
    MemoryStore store_{disk_};
    std::map<Role, std::shared_ptr<const Signer>> signers_;
    net::IoLoop loop_{1};
    net::Url url_;
    std::unique_ptr<net::RequestVerifier> verifier_;
    std::unique_ptr<Service> service_;
    net::HttpServer server_{loop_};
};

// Follows until an event of that number came, or the time is over; the numbers that came.
class Follower {
public:
    Follower(World& world, Role role, const std::optional<std::string>& kinds = {})
        : stream_(
              world.loop(), world.access(role), 0,
              [this](const client::EventView& event) {
                  const std::lock_guard lock(mutex_);
                  seen_.push_back(event.number);
                  changed_.notify_all();
              },
              [this](const client::StreamLink::Trouble& trouble) {
                  const std::lock_guard lock(mutex_);
                  if (trouble_.empty() && trouble.for_good)
                      trouble_ = trouble.failure.code + " " + trouble.failure.detail;
                  changed_.notify_all();
              },
              kinds) {}
    ~Follower() { stream_.stop(); }

    // What the node said first when it refused.
    std::string trouble() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(5), [&] { return !trouble_.empty(); });
        return trouble_;
    }

    std::vector<std::uint64_t> until(std::uint64_t number) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(5),
                          [&] { return !seen_.empty() && seen_.back() >= number; });
        return seen_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::uint64_t> seen_;
    std::string trouble_;
    client::EventStream stream_;
};

}  // namespace

TEST_CASE("the stream tells each role the kinds that it may list, and nothing else") {
    World world;
    using core::EventKind;
    // 1..6 from the records, 7..12 as they happen.
    const EventKind kinds[] = {EventKind::alarm,  EventKind::payment, EventKind::invoice,
                               EventKind::escrow, EventKind::quote,   EventKind::trade};
    std::uint64_t number = 0;
    for (const EventKind kind : kinds)
        world.put_event(++number, kind);
    Follower venue(world, Role::venue);
    Follower participant(world, Role::participant);
    Follower auditor(world, Role::auditor);
    Follower all(world, Role::operator_);
    CHECK(venue.until(6) == std::vector<std::uint64_t>{6});
    CHECK(participant.until(6) == std::vector<std::uint64_t>{2, 3, 4, 5, 6});
    CHECK(auditor.until(6) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
    CHECK(all.until(6) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
    for (const EventKind kind : kinds) {
        const core::EventRecord event = world.put_event(++number, kind);
        world.service().publish(number, encode_fields(event));
    }
    CHECK(venue.until(12) == std::vector<std::uint64_t>{6, 12});
    CHECK(participant.until(12) == std::vector<std::uint64_t>{2, 3, 4, 5, 6, 8, 9, 10, 11, 12});
    CHECK(all.until(12).size() == 12);
}

TEST_CASE("a reader chooses kinds among those that it may follow") {
    World world;
    using core::EventKind;
    std::uint64_t number = 0;
    for (const EventKind kind : {EventKind::escrow, EventKind::quote, EventKind::payment,
                                 EventKind::alarm, EventKind::escrow})
        world.put_event(++number, kind);
    Follower two(world, Role::participant, "quote,escrow");
    CHECK(two.until(5) == std::vector<std::uint64_t>{1, 2, 5});
    for (const std::string kinds : {"alarm", "escrow,", "escrow,balance", "Escrow", ""}) {
        CAPTURE(kinds);
        Follower refused(world, Role::participant, kinds);
        const std::string trouble = refused.trouble();
        CHECK_MESSAGE(trouble.starts_with("malformed "), trouble);
        CHECK_MESSAGE(
            trouble.find("may follow: trade, payment, invoice, escrow, quote") != std::string::npos,
            trouble);
    }
}

TEST_CASE("a stream that cannot be followed is refused with its reason") {
    World world;
    struct Row {
        Role role;
        const char* target;
        const char* code;
        const char* says;
    };
    const Row rows[] = {
        {Role::venue, "/v1/balances", "not_permitted", "venue"},
        {Role::operator_, "/v1/balances?limit=5", "unknown_field", "limit"},
        {Role::operator_, "/v1/escrows", "not_found", "/v1/events"},
        {Role::operator_, "/v1/events?from=3", "unknown_field", "from"},
        {Role::operator_, "/v1/events?cursor=x", "malformed", "cursor"},
        {Role::operator_, "/v1/events?cursor=-1", "malformed", "cursor"},
        {Role::operator_, "/v1/events?cursor=18446744073709551615", "malformed", "cursor"},
        {Role::operator_, "/v1/events?kinds=trade,trades", "malformed", "\"trades\""},
        {Role::venue, "/v1/events?kinds=escrow", "malformed", "may follow: trade"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.target));
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<client::StreamLink::Trouble> trouble;
        client::StreamLink link(
            world.loop(), world.access(row.role), [&] { return std::string(row.target); },
            [](const Json&) { FAIL("it was let in"); },
            [&](const client::StreamLink::Trouble& told) {
                const std::lock_guard lock(mutex);
                trouble = told;
                changed.notify_all();
            });
        link.start();
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::seconds(5), [&] { return trouble.has_value(); });
        lock.unlock();
        link.stop();
        REQUIRE(trouble);
        CHECK(trouble->for_good);
        CHECK(trouble->failure.code == row.code);
        CHECK_MESSAGE(trouble->failure.detail.find(row.says) != std::string::npos,
                      trouble->failure.detail);
    }
}

TEST_CASE("a reader that may see little gets past any number of events that it may not see") {
    World world;
    constexpr std::uint64_t many = 20'000;
    for (std::uint64_t number = 1; number < many; ++number)
        world.put_event(number, core::EventKind::alarm);
    world.put_event(many, core::EventKind::trade);
    Follower venue(world, Role::venue);
    CHECK(venue.until(many) == std::vector<std::uint64_t>{many});
}

TEST_CASE("a reference may hold any character, and a path names it percent-encoded") {
    World world;
    auto client = world.client(Role::operator_);
    for (const std::string reference : {"2026/0001", "50% + 1?", "hold", "a b", "#\\", "å"}) {
        CAPTURE(reference);
        const auto plan = world.put_trade(self, reference);
        const auto found = client.trade(reference);
        REQUIRE_MESSAGE(found, found.error().detail);
        CHECK(found->id == plan.hex());
        const auto done = client.act(reference, "hold");
        REQUIRE_MESSAGE(done, done.error().detail);
        CHECK(world.node.acted().back().reference == reference);
    }
    CHECK(client.trade("2026").error().code == "not_found");
    CHECK(client.get("/v1/settlements/2026/0001").error().code == "method_not_allowed");
}

TEST_CASE("a reference that two venues used names neither trade") {
    World world;
    auto client = world.client(Role::operator_);
    const auto first = world.put_trade(first_venue, "T1");
    const auto second = world.put_trade(second_venue, "T1");
    const auto found = client.trade("T1");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "malformed");
    CHECK_MESSAGE(found.error().detail.find(second.hex()) != std::string::npos,
                  found.error().detail);
    CHECK_FALSE(client.act("T1", "cancel"));
    CHECK(world.node.acted().empty());
    CHECK(client.trade(first.hex()));
    REQUIRE(client.act(second.hex(), "cancel"));
    CHECK(world.node.acted().back().venue == second_venue);
}

TEST_CASE("settlements are listed the latest first, page by page") {
    World world;
    auto client = world.client(Role::auditor);
    std::vector<std::string> expected;
    for (std::int64_t i = 1; i <= 25; ++i) {
        world.put_trade(self, "T" + std::to_string(i), Timestamp{i * 1'000'000});
        expected.insert(expected.begin(), "T" + std::to_string(i));
    }
    for (const std::size_t limit : {1u, 7u, 25u, 100u}) {
        CAPTURE(limit);
        client::TradeQuery query;
        query.limit = limit;
        std::vector<std::string> seen;
        do {
            const auto page = client.trades(query);
            REQUIRE_MESSAGE(page, page.error().detail);
            for (const client::TradeView& trade : page->items)
                seen.push_back(trade.reference);
            query.cursor = page->next;
        } while (!query.cursor.empty());
        CHECK(seen == expected);
    }
    client::TradeQuery settled;
    settled.state = "settled";
    const auto none = client.trades(settled);
    REQUIRE(none);
    CHECK(none->items.empty());
}

TEST_CASE("a state that no settlement can have is refused") {
    World world;
    auto client = world.client(Role::auditor);
    world.put_trade(self, "T1");
    CHECK(client.get("/v1/settlements?state=proposed"));
    const auto refused = client.get("/v1/settlements?state=setled");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "malformed");
    CHECK_MESSAGE(refused.error().detail.find("settled") != std::string::npos,
                  refused.error().detail);
}

TEST_CASE("a parameter that a path does not have is refused by its name") {
    World world;
    auto client = world.client(Role::operator_);
    struct Row {
        const char* target;
        const char* detail;
    };
    const Row rows[] = {
        {"/v1/settlements?stat=settled",
         "stat: no such parameter; expected limit, cursor or state"},
        {"/v1/payments?limit=5&state=paid", "state: no such parameter; expected limit or cursor"},
        {"/v1/balances?account=test.sek.alice",
         "account: no such parameter; none is expected here"},
    };
    for (const Row& row : rows) {
        const auto refused = client.get(row.target);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == "unknown_field");
        CHECK_MESSAGE(refused.error().detail.ends_with(row.detail), refused.error().detail);
    }
}

TEST_CASE("every path refuses the roles that have no business there") {
    World world;
    struct Row {
        const char* path;
        const char* who;  // may: o(perator), v(enue), p(articipant), a(uditor)
    };
    const Row gets[] = {
        {"/v1/settlements", "ovpa"}, {"/v1/settlements/T", "ovpa"},
        {"/v1/invoices", "opa"},     {"/v1/invoices/00", "opa"},
        {"/v1/payments", "opa"},     {"/v1/payments/00", "opa"},
        {"/v1/escrows", "opa"},      {"/v1/quotes", "opa"},
        {"/v1/balances", "opa"},     {"/v1/exposure", "opa"},
        {"/v1/fees", "oa"},          {"/v1/alarms", "oa"},
        {"/v1/ledgers", "ovpa"},     {"/v1/peers", "oa"},
        {"/v1/offers", "ovpa"},      {"/v1/stats", "ovpa"},
        {"/v1/digest", "oa"},
    };
    const Row posts[] = {
        {"/v1/settlements", "ov"},
        {"/v1/settlements/T/hold", "ovp"},
        {"/v1/withholdings", "op"},
        {"/v1/invoices", "op"},
        {"/v1/payments", "op"},
        {"/v1/payments/00/confirm", "op"},
        {"/v1/ledgers/test.sek/resume", "o"},
        {"/v1/acknowledgements", "o"},
    };
    const std::pair<Role, char> roles[] = {
        {Role::operator_, 'o'}, {Role::venue, 'v'}, {Role::participant, 'p'}, {Role::auditor, 'a'}};
    for (const auto& entry : roles) {
        const char letter = entry.second;
        auto client = world.client(entry.first);
        const auto check = [&](const Row& row, const client::Answer<Json>& answer) {
            CAPTURE(std::string(row.path));
            CAPTURE(letter);
            const bool refused = !answer && answer.error().code == "not_permitted";
            const bool may = std::string_view(row.who).find(letter) != std::string_view::npos;
            CHECK(refused != may);
        };
        for (const Row& row : gets)
            check(row, client.get(row.path));
        for (const Row& row : posts)
            check(row, client.post(row.path, Json::object({{"zort", 1}})));
    }
}
