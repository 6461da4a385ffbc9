// The node as a program: what is journalled, what waits for durability, what survives a crash. One
// node is a receiver; its ledger is an adapter that says what the test tells it to.
#include <doctest/doctest.h>

#include "connector/assembly/node.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"
#include "sdk/machine/sim_host.h"

using namespace lockstep;
using namespace lockstep::assembly;
namespace input = core::input;

namespace {

Address address(std::string_view text) {
    return *Address::parse(text);
}

std::shared_ptr<const Signer> signer_of(std::uint8_t n) {
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = n;
    return Ed25519().signer(KeySeed{bytes});
}

// What an adapter got, and what it is to report; lives longer than the adapter.
struct Script {
    std::vector<Report> reports;
    std::vector<CommandId> commands;
    std::size_t steps = 0;
    std::vector<Put> restored;
};

class ScriptedAdapter final : public LedgerAdapter {
public:
    explicit ScriptedAdapter(Script& script) : script_(script) {}
    void restore(const std::vector<Put>& puts) override { script_.restored = puts; }
    void step(Timestamp, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        ++script_.steps;
        for (const AdapterInput& heard : inputs) {
            if (const auto* command = std::get_if<Command>(&heard)) {
                script_.commands.push_back(command->id);
                out.puts.push_back(
                    {0, Bytes(command->id.view().begin(), command->id.view().end()), Bytes{1}});
                out.requests.push_back({1, "/v1/instructions", Bytes{1}, false});
            }
        }
        for (Report& report : script_.reports)
            out.reports.push_back(std::move(report));
        script_.reports.clear();
    }
    std::optional<Timestamp> next_wake() const override { return std::nullopt; }

private:
    Script& script_;
};

// Begins and ends of steps, in order.
class RecordingWatch final : public StepWatch {
public:
    void begin(const Address& ledger) override { seen.push_back("begin " + ledger.text()); }
    void end() override { seen.emplace_back("end"); }

    std::vector<std::string> seen;
};

class CountingRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (std::uint8_t& byte : bytes)
            byte = ++last_;
    }

private:
    std::uint8_t last_ = 0;
};

template <class T>
const T* find(const std::vector<NodeEffect>& effects) {
    for (const NodeEffect& effect : effects)
        if (const auto* found = std::get_if<T>(&effect)) return found;
    return nullptr;
}

struct World {
    MemoryDisk disk;
    Script sek, eur;
    CountingRandom random;
    std::shared_ptr<const Signer> self = signer_of(1), peer = signer_of(2);
    bool reversed = false;  // the ledgers' order in the configuration
    std::vector<Address> stalled;
    RecordingWatch watch;
    std::uint8_t seed = 7;
    Timestamp now{1'000'000'000'000'000};
    SimHost<Node> host{disk, [this] { return make(); }, 1'000'000};
    std::uint64_t sent = 0;

    core::NodeConfig config() const {
        core::NodeConfig config;
        config.self = self->public_key();
        config.name = "receiver";
        config.endurance = {Duration::seconds(2), 3, 0};
        for (const char* ledger : {"test.sek", "test.eur"}) {
            core::LedgerConfig one;
            one.ledger = address(ledger);
            one.accounts = {address(std::string(ledger) + ".bob")};
            one.timing.profile = profile();
            config.ledgers.push_back(one);
        }
        if (reversed) std::swap(config.ledgers[0], config.ledgers[1]);
        core::PeerConfig friendly;
        friendly.key = peer->public_key();
        friendly.name = "connector";
        config.peers.push_back(friendly);
        return config;
    }
    static TimingProfile profile() {
        return {Duration::seconds(1), {}, {}, Duration::seconds(1), Duration::seconds(1), {}};
    }
    std::unique_ptr<Node> make() {
        NodeParts parts;
        parts.config = config();
        for (const core::LedgerConfig& ledger : parts.config.ledgers)
            parts.adapters.push_back(std::make_unique<ScriptedAdapter>(
                ledger.ledger == address("test.sek") ? sek : eur));
        parts.signer = self;
        parts.scheme = std::make_shared<Ed25519>();
        std::array<std::uint8_t, 32> bytes{};
        bytes[0] = seed;
        parts.keeper = std::make_shared<SeedSecretKeeper>(KeySeed{bytes});
        parts.random = &random;
        parts.watch = &watch;
        parts.stalled = stalled;
        return std::make_unique<Node>(std::move(parts));
    }
    std::vector<NodeEffect> start() {
        auto effects = host.start(now);
        REQUIRE_MESSAGE(effects, effects.error().detail);
        return std::move(*effects);
    }
    std::vector<NodeEffect> give(NodeEvent event) {
        now = now + Duration::milliseconds(1);
        std::vector<NodeEvent> events;
        events.push_back(std::move(event));
        return host.run(now, std::move(events));
    }
    // The adapter of krona says this.
    std::vector<NodeEffect> say(std::vector<Report> reports) {
        sek.reports = std::move(reports);
        return give(event::FromLedger{reversed ? std::size_t{1} : std::size_t{0}, StreamDown{}});
    }
    std::vector<NodeEffect> describe() {
        LedgerInfo info;
        info.ledger = address("test.sek");
        info.assets = {{*AssetId::make("SEK", 2), Amount{1}, "krona"}};
        info.profile = profile();
        info.max_hold = Duration::seconds(3600);
        info.max_amount = Amount{1'000'000'000};
        std::vector<Report> reports;
        reports.emplace_back(report::Info{info});
        reports.emplace_back(report::Health{now, report::Mode::live, {}});
        return say(std::move(reports));
    }
    input::Invoice invoice() {
        input::FromApi call;
        call.ticket = 77;
        call.caller = "bob";
        call.idempotency_key = "k";
        call.body = input::CreateInvoice{address("test.sek.bob"), *AssetId::make("SEK", 2),
                                         Amount{100'00}, now + Duration::seconds(600)};
        const auto effects = give(event::ForCore{call});
        const auto* answer = find<effect::AnswerCaller>(effects);
        REQUIRE(answer);
        CHECK(answer->ticket == 77);
        REQUIRE(answer->body);
        const auto decoded = decode_fields<core::CallerAnswer>(*answer->body);
        REQUIRE(decoded);
        return std::get<core::answer::InvoiceMade>(*decoded).invoice;
    }
    static EscrowTerms escrow(const input::Invoice& invoice, Timestamp now) {
        EscrowTerms terms;
        terms.id = *EscrowId::from(Bytes(32, 9));
        terms.payer = address("test.sek.connector");
        terms.payee = invoice.account;
        terms.asset = invoice.asset;
        terms.amount = invoice.amount;
        terms.condition = invoice.condition;
        terms.expiry = now + Duration::seconds(60);
        return terms;
    }
    CheckedBatch batch(const std::vector<core::Message>& messages) {
        PeerBatch batch{peer->public_key(), 1, 1, sent + 1, {}};
        for (const core::Message& message : messages)
            batch.messages.push_back(core::encode_message(message));
        sent += messages.size();
        return check_batch(std::move(batch), Ed25519());
    }
    // Up to where the release is decided: invoice, notice, escrow on the ledger.
    std::vector<NodeEffect> until_release(input::Invoice& invoice_made) {
        start();
        describe();
        invoice_made = invoice();
        const EscrowTerms terms = escrow(invoice_made, now);
        give(event::PeerBatchArrived{
            5, batch({core::message::HopNotice{
                   address("test.sek"), {terms.payer, terms.id}, Hash{invoice_made.id.array()}}})});
        std::vector<Report> reports;
        reports.emplace_back(
            report::Escrow{1, terms, EscrowState::prepared, Certainty::final_, std::nullopt, now});
        return say(std::move(reports));
    }
    std::size_t rows(RowKind kind) const {
        return static_cast<std::size_t>(std::count_if(
            disk.rows.begin(), disk.rows.end(), [&](const auto& row) { return row.kind == kind; }));
    }
};

}  // namespace

TEST_CASE("a first start configures the node; a later one only says that it started") {
    World world;
    world.start();
    CHECK(world.rows(RowKind::input) == 3);  // Configure, Started, DiskLow
    world.host.crash();
    const std::size_t before = world.disk.rows.size();
    world.start();
    CHECK(world.rows(RowKind::input) == 5);
    // The takeover comes first: nothing acts on what an earlier run believed.
    const auto first = core::decode_node_input(world.disk.rows[before].body);
    REQUIRE(first);
    const auto* started = std::get_if<input::Started>(&*first);
    REQUIRE(started);
    CHECK(started->epoch == 2);
}

TEST_CASE("a receiver's preimage comes into being only when its release is durable") {
    World world;
    input::Invoice invoice;
    const auto effects = world.until_release(invoice);
    const auto* release = find<effect::Release>(effects);
    REQUIRE(release);
    CHECK(release->condition == invoice.condition);
    CHECK(world.rows(RowKind::output) == 1);
    CHECK(world.sek.commands.empty());
    const effect::Release decided = *release;

    SUBCASE("then it is journalled and claimed with, in one turn") {
        const auto after =
            world.give(event::ReleaseDurable{decided.context, decided.entropy, decided.condition});
        CHECK(find<effect::ToLedger>(after));
        CHECK(world.sek.commands.size() == 1);
        CHECK(world.rows(RowKind::output) == 2);
        CHECK(world.disk.puts.contains(
            {first_adapter_space,
             Bytes(world.sek.commands[0].view().begin(), world.sek.commands[0].view().end())}));
        CHECK_FALSE(find<effect::Release>(world.give(event::FromLedger{0, StreamDown{}})));
    }
    SUBCASE("a crash before that carries the decision out at the next start") {
        world.host.crash();
        const auto again = find<effect::Release>(world.start()) != nullptr;
        CHECK(again);
        world.describe();
        world.give(event::ReleaseDurable{decided.context, decided.entropy, decided.condition});
        CHECK(world.sek.commands.size() == 1);
        world.host.crash();
        CHECK_FALSE(find<effect::Release>(world.start()));
        CHECK(world.sek.restored.size() == 1);
    }
    SUBCASE("another seed than the one that made the condition is noticed and gives nothing away") {
        world.host.crash();
        world.seed = 8;
        world.start();
        const auto after =
            world.give(event::ReleaseDurable{decided.context, decided.entropy, decided.condition});
        const auto* alarm = find<effect::Alarm>(after);
        REQUIRE(alarm);
        CHECK(alarm->code == "secret_seed_changed");
        CHECK(world.sek.commands.empty());
    }
}

TEST_CASE("a journal replays to the state that the node had, with and without its snapshot") {
    World world;
    input::Invoice invoice;
    const auto effects = world.until_release(invoice);
    const auto* release = find<effect::Release>(effects);
    REQUIRE(release);
    world.give(event::ReleaseDurable{release->context, release->entropy, release->condition});
    const Hash live = world.host.digest().digest;
    auto whole = world.make();
    REQUIRE(whole->recover(whole_journal(world.disk)));
    CHECK(sha256(whole->snapshot()) == live);

    SUBCASE("an output that differs from the recomputed one stops it and names the row") {
        Recovered changed = whole_journal(world.disk);
        for (JournalRow& row : changed.rows) {
            if (row.kind != RowKind::output) continue;
            row.body.back() ^= 1;
            const auto recovered = world.make()->recover(changed);
            REQUIRE_FALSE(recovered);
            CHECK(recovered.error().code == "diverged");
            CHECK(recovered.error().detail.find("row " + std::to_string(row.seq) + ":") !=
                  std::string::npos);
            row.body.back() ^= 1;
        }
    }
    SUBCASE("an output that is missing stops it too") {
        Recovered changed = whole_journal(world.disk);
        const auto output =
            std::find_if(changed.rows.begin(), changed.rows.end(),
                         [](const JournalRow& row) { return row.kind == RowKind::output; });
        changed.rows.erase(output);
        const auto recovered = world.make()->recover(changed);
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "diverged");
    }
    SUBCASE("a snapshot in another form is refused") {
        const SnapshotForm form = core::NodeMachine::snapshot_form;
        Recovered stored;
        stored.snapshot = Snapshot{9, {}, whole->snapshot(), {}};
        const Snapshot good = *stored.snapshot;
        const auto state = state_in(form, good);
        REQUIRE(state);
        const auto again = world.make();
        REQUIRE(again->recover(stored));
        CHECK(sha256(again->snapshot()) == live);
        const auto version = static_cast<std::uint16_t>(form.version + 1);
        stored.snapshot->state = in_form({form.of, version}, *state);
        const auto recovered = world.make()->recover(stored);
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "newer_format");
        CHECK(recovered.error().detail.find("the snapshot after journal row 9 is in form") == 0);
    }
    SUBCASE("rows under rules that are not known here stop it") {
        Recovered changed = whole_journal(world.disk);
        changed.rows.back().rules = 9;
        CHECK(world.make()->recover(changed).error().code == "diverged");
    }
}

TEST_CASE("a batch that comes twice is applied once and acknowledged twice") {
    World world;
    world.start();
    const core::Message notice = core::message::HopNotice{
        address("test.sek"), {address("test.sek.connector"), EscrowId{}}, Hash{}};
    const CheckedBatch batch = world.batch({notice, notice});
    for (int i = 0; i < 2; ++i) {
        const auto effects = world.give(event::PeerBatchArrived{9, batch});
        const auto* answer = find<effect::AnswerPeer>(effects);
        REQUIRE(answer);
        CHECK(answer->ticket == 9);
        CHECK(answer->ack.acknowledged == 2);
        if (i == 0) world.host.crash();
        if (i == 0) world.start();
    }
    CHECK(world.host.program().counters().messages_repeated == 2);
    CHECK(world.host.program().counters().messages_taken == 0);  // since the restart
}

TEST_CASE("a message without the signature that it needs is dropped alone") {
    World world;
    world.start();
    core::message::TermsOffered forged;
    forged.terms.trade.reference = "T1";
    forged.terms.trade.buyer.node = world.peer->public_key();
    core::message::TermsOffered other = forged;
    other.terms.trade.buyer.node = world.self->public_key();
    core::message::TermsOffered genuine = forged;
    genuine.buyer = world.peer->sign(core::terms_octets(core::settlement_of(genuine.terms)));
    core::message::Proposal proposal;  // from a peer that is no venue
    proposal.trade.reference = "T1";
    proposal.trade.venue = world.peer->public_key();
    const core::message::Quote unasked;
    const auto batch = world.batch({forged, other, genuine, proposal, unasked});
    CHECK_FALSE(batch.messages[0]);
    CHECK_FALSE(batch.messages[1]);
    CHECK(batch.messages[2]);
    const auto effects = world.give(event::PeerBatchArrived{1, batch});
    CHECK(find<effect::AnswerPeer>(effects)->ack.acknowledged == 5);
    CHECK(world.host.program().counters().messages_refused == 4);
    CHECK(world.host.program().counters().messages_taken == 1);
}

TEST_CASE("a ledger keeps its space of puts when the configuration's order changes") {
    World world;
    input::Invoice invoice;
    const auto effects = world.until_release(invoice);
    const auto* release = find<effect::Release>(effects);
    REQUIRE(release);
    world.give(event::ReleaseDurable{release->context, release->entropy, release->condition});
    world.host.crash();
    world.reversed = true;
    world.start();
    CHECK(world.sek.restored.size() == 1);
    CHECK(world.eur.restored.empty());
}

TEST_CASE("the disk's state is an input, once each time it changes") {
    World world;
    world.start();
    const std::size_t before = world.rows(RowKind::input);
    world.host.store().set_disk_space(DiskSpace::low);
    world.give(event::FromLedger{0, StreamDown{}});
    world.give(event::FromLedger{0, StreamDown{}});
    world.host.store().set_disk_space(DiskSpace::ample);
    world.give(event::FromLedger{0, StreamDown{}});
    CHECK(world.rows(RowKind::input) == before + 2);
}

TEST_CASE("a call that is refused is answered and not journalled") {
    World world;
    world.start();
    const std::size_t before = world.disk.rows.size();
    input::FromApi call;
    call.ticket = 3;
    call.caller = "bob";
    call.idempotency_key = "k";
    call.body = input::CreateInvoice{address("test.sek.carol"), *AssetId::make("SEK", 2), Amount{1},
                                     world.now + Duration::seconds(60)};
    const auto effects = world.give(event::ForCore{call});
    const auto* answer = find<effect::AnswerCaller>(effects);
    REQUIRE(answer);
    CHECK(answer->ticket == 3);
    CHECK_FALSE(answer->body);
    CHECK(world.disk.rows.size() == before);
}

TEST_CASE("each adapter's restore and steps are watched, one at a time") {
    World world;
    world.start();
    using Seen = std::vector<std::string>;
    CHECK(world.watch.seen == Seen{"begin test.sek", "end", "begin test.eur", "end",
                                   "begin test.sek", "end", "begin test.eur", "end"});
    world.watch.seen.clear();
    world.give(event::FromLedger{1, StreamDown{}});
    CHECK(world.watch.seen == Seen{"begin test.eur", "end"});
    CHECK(world.eur.steps == 2);
}

TEST_CASE("a ledger whose adapter stalled is paused by the journal, which then says so") {
    World world;
    world.start();
    world.describe();
    world.host.crash();
    world.stalled = {address("test.sek")};
    const auto effects = world.start();
    CHECK(find<effect::StallsNoted>(effects));
    REQUIRE(find<effect::Alarm>(effects));
    CHECK(find<effect::Alarm>(effects)->code == "adapter_stalled");
    CHECK(find<effect::Alarm>(effects)->detail.find("lockstep ledgers resume test.sek") !=
          std::string::npos);
    const auto paused = [&] { return world.host.program().machine().ledgers()[0].paused_since; };
    CHECK(paused() == world.now);
    // Later starts say nothing and change nothing.
    world.stalled.clear();
    world.host.crash();
    CHECK_FALSE(find<effect::StallsNoted>(world.start()));
    CHECK(paused() == world.now);
    auto whole = world.make();
    REQUIRE(whole->recover(whole_journal(world.disk)));
    CHECK(sha256(whole->snapshot()) == world.host.digest().digest);
}
