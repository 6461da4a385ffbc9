#include "tests/fuzz/fixtures.h"

#include "connector/core/state.h"
#include "sdk/base/assert.h"

namespace lockstep::fuzz {

bool LenientScheme::verify(const PublicKey&, ByteView, const Signature& signature) const {
    return is_good(signature);
}

std::unique_ptr<Signer> LenientScheme::signer(const KeySeed& seed) const {
    return std::make_unique<LenientSigner>(*PublicKey::from(seed.view()));
}

Signature LenientSigner::sign(ByteView) const {
    std::array<std::uint8_t, Signature::size> bytes{};
    bytes.front() = 1;
    return Signature{bytes};
}

Address ledger_address() {
    return *Address::parse("test.l");
}
Address account(std::string_view name) {
    return *ledger_address().child(name);
}
AssetId krona() {
    return *AssetId::make("SEK", 2);
}

Bytes preimage(std::string_view name) {
    const auto octets = named<Hash>(name);
    return {octets.view().begin(), octets.view().end()};
}
Condition condition(std::string_view name) {
    return Condition{sha256(preimage(name)).array()};
}

EscrowTerms terms(std::string_view id) {
    return {named<EscrowId>(id), account("al"), account("bo"), krona(),
            Amount{500},         condition(id), second(600)};
}

Op op(std::string_view id, OpBody body) {
    return {named<CommandId>(id), std::move(body)};
}

Instruction instruction(std::string_view signer, std::vector<Op> ops) {
    return {ledger_address(), named<PublicKey>(signer), second(3600), std::move(ops)};
}

Bytes signed_octets(const Instruction& instruction) {
    return sign_instruction(instruction, LenientSigner(instruction.signer));
}

namespace {

// What makes a ledger worth acting on, a step a line.
std::vector<Instruction> founding() {
    const EscrowKey first{account("al"), named<EscrowId>("e1")};
    const EscrowKey never{account("al"), named<EscrowId>("e9")};
    return {
        instruction("op",
                    {op("o1", op::OpenAccount{account("al"), named<PublicKey>("al")}),
                     op("o2", op::OpenAccount{account("bo"), named<PublicKey>("bo")}),
                     op("o3", op::RegisterAsset{krona(), named<PublicKey>("is"), Amount{1}})}),
        instruction("is", {op("i1", op::Issue{account("al"), krona(), Amount{100'000}})}),
        instruction("al", {op("p1", op::Prepare{terms("e1"), second(60)}),
                           op("p2", op::Prepare{terms("e2"), second(60)})}),
        instruction("bo", {op("f1", op::Fulfil{first, preimage("e1")}),
                           op("r9", op::Reject{never, account("bo")})}),
    };
}

}  // namespace

cash::Settings cash_settings() {
    cash::Settings settings;
    settings.ledger = ledger_address();
    settings.ledger_operator = named<PublicKey>("op");
    return settings;
}

Timestamp cash_world_time() {
    return second(1);
}

const cash::CashMachine& cash_world() {
    static const cash::CashMachine world = [] {
        cash::CashMachine machine;
        const auto apply = [&](const cash::Input& input) {
            ASSERT(machine.check(cash_world_time(), input));
            Outputs<cash::CashMachine> out;
            machine.apply(cash_world_time(), input, out);
            if (out.outputs.empty()) return;
            const auto* answers = std::get_if<cash::output::Answers>(&out.outputs.front());
            ASSERT(answers == nullptr || answers->answers.front().done);
        };
        apply(cash::input::Configure{cash_settings()});
        for (const Instruction& step : founding())
            apply(cash::input::Submit{step, signed_octets(step), true});
        return machine;
    }();
    return world;
}

securities::Genesis genesis() {
    securities::Genesis genesis;
    genesis.ledger = ledger_address();
    genesis.operator_key = named<PublicKey>("op");
    for (const std::string_view name : {"v0", "v1", "v2", "v3"})
        genesis.validators.keys.push_back(named<PublicKey>(name));
    genesis.validators.quorum = securities::ValidatorSet::default_quorum(4);
    return genesis;
}

securities::Validator::Setup validator_setup() {
    return {std::make_shared<LenientSigner>(named<PublicKey>("v0")),
            std::make_shared<LenientScheme>(), true};
}

Timestamp securities_world_time() {
    return second(4);
}

const securities::Ledger& securities_world() {
    static const securities::Ledger world = [] {
        securities::Ledger ledger(genesis());
        std::int64_t s = 0;
        for (const Instruction& step : founding()) {
            auto transaction = securities::Transaction::decode(signed_octets(step));
            ASSERT(transaction && ledger.check(second(++s), step));
            const auto executed = ledger.execute(second(s), {*transaction});
            ASSERT(executed.answers.front().front().done);
            ledger.commit();
        }
        return ledger;
    }();
    return world;
}

core::NodeConfig node_config() {
    const TimingProfile profile{Duration::seconds(1), Duration{0},          Duration{0},
                                Duration::seconds(1), Duration::seconds(1), Duration{0}};
    const Address cash = ledger_address();
    const Address csd = *Address::parse("test.c");
    const AssetId share = *AssetId::make("SE0000108656", 0);
    core::NodeConfig config;
    config.self = named<PublicKey>("self");
    config.name = "self";
    config.endurance = {Duration::seconds(2), 1, 0};
    config.ledgers = {{cash, {*cash.child("me"), *cash.child("my")}, {profile}},
                      {csd, {*csd.child("me"), *csd.child("my")}, {profile}}};
    config.peers.push_back({named<PublicKey>("peer"), "peer"});
    config.peers.push_back({named<PublicKey>("venue"), "venue", true});
    routing::Offer offer;
    offer.connector = config.self;
    offer.in_ledger = cash;
    offer.in_asset = krona();
    offer.in_account = *cash.child("me");
    offer.out_ledger = csd;
    offer.out_asset = share;
    offer.out_account = *csd.child("me");
    offer.min_out = Amount{1};
    offer.max_out = Amount{1'000'000};
    offer.in_profile = offer.out_profile = profile;
    offer.margin = core::margin({profile}, {profile}, config.endurance);
    config.own_offers.push_back(offer);
    config.instruments.push_back({share, csd, Amount{1}, Amount{}, 0});
    config.parties.push_back(
        {"anna", config.self, *cash.child("my"), krona(), *csd.child("my"), std::nullopt});
    config.parties.push_back({"sven", named<PublicKey>("peer"), *cash.child("sven"), krona(),
                              *csd.child("sven"), std::nullopt});
    config.price_asset = krona();
    return config;
}

Timestamp node_world_time() {
    return second(1);
}

std::unique_ptr<core::NodeMachine> node_world() {
    namespace input = core::input;
    static const LenientSigner signer(named<PublicKey>("self"));
    static const core::NodeConfig config = node_config();
    static const Bytes state = [] {
        ASSERT(core::check_config(config).empty());
        core::NodeMachine machine(signer);
        std::vector<core::NodeInput> inputs{input::Configure{config}, input::Started{1}};
        for (const core::LedgerConfig& ledger : config.ledgers) {
            const AssetId asset =
                ledger.ledger == ledger_address() ? krona() : config.instruments.front().asset;
            LedgerInfo info;
            info.ledger = ledger.ledger;
            info.assets.push_back({asset, Amount{1}, asset.code()});
            info.profile = ledger.timing.profile;
            info.max_hold = Duration::seconds(3600);
            info.max_amount = Amount{1'000'000'000};
            inputs.emplace_back(input::LedgerDescribed{info});
            for (const Address& account : ledger.accounts)
                inputs.emplace_back(input::BalanceReported{ledger.ledger, account, asset,
                                                           Amount{1'000'000}, Amount{}});
            inputs.emplace_back(input::LedgerHealth{ledger.ledger, node_world_time(),
                                                    static_cast<std::uint8_t>(report::Mode::live)});
        }
        for (const core::NodeInput& in : inputs) {
            ASSERT(machine.check(node_world_time(), in));
            Outputs<core::NodeMachine> out;
            machine.apply(node_world_time(), in, out);
        }
        return machine.write_snapshot();
    }();
    auto machine = std::make_unique<core::NodeMachine>(signer);
    ASSERT(machine->read_snapshot(state));
    return machine;
}

}  // namespace lockstep::fuzz
