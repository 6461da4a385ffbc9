// The securities ledger, four validators, and its adapter against the conformance kit, in this
// process.
#include "securities/adapter/securities_adapter.h"
#include "tests/conformance/securities_in_process.h"

using namespace lockstep;
using namespace lockstep::conformance;

namespace {

using securities::BlockFrame;

// Gives one escrow's events to the payee through the tampered stream; what its adapter says then.
std::string told_after(void (*tamper)(BlockFrame&)) {
    SecuritiesInProcess ledger(securities::make_adapter);
    ledger.pass(Duration::seconds(1));
    ledger.take_reports(Role::payee);
    ledger.tamper(Role::payee, [tamper](Bytes& octets) {
        auto frame = securities::decode_frame(octets);
        REQUIRE(frame);
        tamper(*frame);
        octets = securities::encode_frame(*frame);
    });
    EscrowTerms terms;
    terms.id = EscrowId{sha256(as_bytes("escrow")).array()};
    terms.payer = ledger.world().account(Role::payer);
    terms.payee = ledger.world().account(Role::payee);
    terms.asset = ledger.world().asset;
    terms.amount = ledger.world().lot;
    terms.condition = Condition{sha256(as_bytes("condition")).array()};
    terms.expiry = ledger.now() + Duration::seconds(60);
    const CommandId id{sha256(as_bytes("command")).array()};
    const Timestamp not_after = ledger.now() + Duration::seconds(5);
    ledger.give(Role::payer, Command{id, command::Prepare{terms, not_after}});
    ledger.pass(Duration::seconds(2));
    std::string told;
    for (const Report& report : ledger.take_reports(Role::payee)) {
        if (std::holds_alternative<report::Escrow>(report)) told += "escrow ";
        const auto* health = std::get_if<report::Health>(&report);
        if (health != nullptr && health->mode == report::Mode::refused) told += health->detail;
    }
    return told;
}

// Believes every signature.
class Believing final : public SignatureScheme {
public:
    bool verify(const PublicKey&, ByteView, const Signature&) const override { return true; }
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override {
        return Ed25519().signer(seed);
    }
};
Result<std::unique_ptr<LedgerAdapter>, Failure> make_believing(const AdapterSetup& setup) {
    return make_instruction_adapter(
        setup, {"chain", "validators", "quorum"},
        std::make_unique<securities::BlockReader>(securities::read_trust(setup).value(),
                                                  std::make_shared<Believing>()));
}

// Checks the certificates of the headers and takes what is said to lie under them.
class Unproving final : public StreamReader {
public:
    explicit Unproving(const AdapterSetup& setup)
        : inner_(securities::read_trust(setup).value(), setup.scheme) {}
    Result<StreamNews, StreamFault> read(ByteView octets) override {
        auto frame = securities::decode_frame(octets);
        if (!frame) return inner_.read(octets);
        std::vector<LedgerEvent> events;
        for (auto& block : frame->blocks) {
            for (const auto& leaf : std::exchange(block.leaves, {})) {
                auto event = securities::event_of_leaf(leaf.octets);
                if (!event || !*event || block.header.height <= cursor()) continue;
                (*event)->locator = "unproved";
                events.push_back(std::move(**event));
            }
        }
        auto news = inner_.read(securities::encode_frame(*frame));
        if (news) news->events = std::move(events);
        return news;
    }
    std::uint64_t cursor() const override { return inner_.cursor(); }
    Bytes place() const override { return inner_.place(); }
    Result<void> restore(ByteView place) override { return inner_.restore(place); }
    bool proofs() const override { return true; }

private:
    securities::BlockReader inner_;
};
Result<std::unique_ptr<LedgerAdapter>, Failure> make_unproving(const AdapterSetup& setup) {
    return make_instruction_adapter(setup, {"chain", "validators", "quorum"},
                                    std::make_unique<Unproving>(setup));
}

}  // namespace

TEST_CASE("the kit finds a reader that believes too much") {
    struct Row {
        const char* title;  // a part of the case's
        bool believing;     // whether the one that believes every signature passes it
        bool unproving;     // whether the one that asks for no proof passes it
    };
    const Row rows[] = {
        {"under an altered header", false, true},    {"under an altered certificate", false, true},
        {"under another state", false, true},        {"with an altered proof", true, false},
        {"in place of the proved one", true, false}, {"with an octet altered", false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.title));
        SecuritiesInProcess believing(make_believing);
        SecuritiesInProcess unproving(make_unproving);
        for (auto& [ledger, passes] :
             {std::pair<ConformanceLedger&, bool>(believing, row.believing),
              {unproving, row.unproving}}) {
            const Outcomes outcomes = run(ledger, row.title);
            INFO(to_table(outcomes));
            REQUIRE(outcomes.cases.size() == 1);
            CHECK(outcomes.cases[0].outcome == (passes ? Outcome::passed : Outcome::failed));
        }
    }
}

TEST_CASE("what is not signed by a quorum, or not proved, is not believed") {
    struct Row {
        const char* what;
        void (*tamper)(BlockFrame&);
        const char* told;
    };
    const Row rows[] = {
        {"nothing", [](BlockFrame&) {}, "escrow "},
        {"one signature too few",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 block.certificate.signatures.resize(2);
         },
         "a block that cannot be believed: bad_certificate"},
        {"one signer twice",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 block.certificate.signatures[1] = block.certificate.signatures[0];
         },
         "a frame that cannot be decoded"},
        {"another time in the header",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 block.header.time = block.header.time + Duration{1};
         },
         "a block that cannot be believed: bad_certificate"},
        {"another leaf",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 for (auto& leaf : block.leaves)
                     leaf.octets.back() ^= 1;
         },
         "a block that cannot be believed: bad_proof"},
        {"another place for the leaf",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 for (auto& leaf : block.leaves)
                     leaf.index ^= 1;
         },
         "a block that cannot be believed: bad_proof"},
        {"another chain",
         [](BlockFrame& frame) {
             for (auto& block : frame.blocks)
                 block.header.chain = Hash{};
         },
         "a block that cannot be believed: wrong_chain"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CHECK(told_after(row.tamper) == row.told);
    }
}

TEST_CASE("a frame that is missing makes the reader ask again, and nothing is lost") {
    static int missing = 0;
    missing = 0;
    CHECK(told_after([](BlockFrame& frame) {
              if (missing++ % 3 == 0) frame.blocks.clear();
          }) == "escrow ");
}

TEST_CASE("each mistake in what is trusted is named") {
    struct Row {
        const char* key;
        std::string value;
    };
    const std::string key(64, 'a');
    std::string two_keys = key;
    two_keys.append(",").append(key);
    const auto setup_with = [&](const Row& row) {
        AdapterSetup setup;
        setup.ledger = *Address::parse("test.csd");
        for (const Row& right :
             {Row{"chain", key}, Row{"validators", two_keys}, Row{"quorum", "2"}}) {
            const bool is_wrong = std::string(right.key) == row.key;
            if (!is_wrong || !row.value.empty())
                setup.settings.emplace_back(right.key, is_wrong ? row.value : right.value);
        }
        return setup;
    };
    CHECK(securities::read_trust(setup_with({"", ""})).has_value());
    for (const Row& row : {Row{"chain", ""}, Row{"chain", "12"}, Row{"validators", ""},
                           Row{"validators", key + "," + "zz"}, Row{"quorum", "1"},
                           Row{"quorum", "3"}, Row{"quorum", "two"}}) {
        CAPTURE(row.value);
        const auto trust = securities::read_trust(setup_with(row));
        REQUIRE_FALSE(trust.has_value());
        CHECK(trust.error().size() == 1);
        CHECK(trust.error().front().key == row.key);
    }
}

TEST_CASE("the securities adapter and ledger conform") {
    SecuritiesInProcess ledger(securities::make_adapter);
    check_conformance(
        ledger, left_out_of_strict() +
                    std::vector<LeftOut>{
                        {"a claim at the expiry is refused", "time cannot be held still here"},
                        {"an expiry at the present is refused, a moment later is taken",
                         "time cannot be held still here"}});
}
