#include "tests/unit/securities_world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "sdk/crypto/hash.h"

namespace lockstep::securities::testing {
namespace {

template <class T>
T named(const std::string& what, const std::string& name) {
    return *T::from(sha256(as_bytes(what + ":" + name)).view());
}

class FakeSigner final : public Signer {
public:
    explicit FakeSigner(const PublicKey& key) : key_(key) {}
    const PublicKey& public_key() const override { return key_; }
    Signature sign(ByteView message) const override {
        const Hash hash = Sha256().add(key_.view()).add(message).finish();
        std::array<std::uint8_t, Signature::size> bytes{};
        std::copy_n(hash.view().begin(), Hash::size, bytes.begin());
        return Signature{bytes};
    }

private:
    PublicKey key_;
};

std::vector<std::string> split(const std::string& words) {
    std::istringstream stream(words);
    std::vector<std::string> parts;
    for (std::string part; stream >> part;)
        parts.push_back(part);
    return parts;
}

Amount units(const std::string& text) {
    return Amount{std::stoull(text)};
}
Timestamp when(const std::string& text) {
    return second(std::stod(text));
}

// "H1" is the preimage of condition H1; "H1/31" its first octets, "H1/33" with zeros behind.
Bytes claim(const std::string& word) {
    const auto slash = word.find('/');
    Bytes octets = preimage_of(word.substr(0, slash));
    if (slash != std::string::npos) octets.resize(std::stoul(word.substr(slash + 1)));
    return octets;
}

}  // namespace

bool FakeScheme::verify(const PublicKey& key, ByteView message, const Signature& signature) const {
    return FakeSigner(key).sign(message) == signature;
}
std::unique_ptr<Signer> FakeScheme::signer(const KeySeed& seed) const {
    return std::make_unique<FakeSigner>(*PublicKey::from(sha256(seed.view()).view()));
}
KeySeed seed_of(const std::string& name) {
    return KeySeed(named<Hash>("seed", name).array());
}
std::unique_ptr<Signer> signer_of(const std::string& name) {
    return FakeScheme().signer(seed_of(name));
}
PublicKey key_of(const std::string& name) {
    return signer_of(name)->public_key();
}

Address account_of(const std::string& name) {
    return *Address::parse(name.find('.') == std::string::npos ? "test.csd." + name : name);
}
AssetId share(const std::string& code) {
    return *AssetId::make(code, 0);
}
CommandId command_of(const std::string& name) {
    return named<CommandId>("command", name);
}
EscrowId escrow_of(const std::string& name) {
    return named<EscrowId>("escrow", name);
}
Bytes preimage_of(const std::string& name) {
    const Hash hash = named<Hash>("preimage", name);
    return Bytes(hash.view().begin(), hash.view().end());
}
Condition condition_of_name(const std::string& name) {
    return *Condition::from(sha256(preimage_of(name)).view());
}
Timestamp second(double seconds) {
    return Timestamp{1'000'000'000'000'000} + Duration{static_cast<std::int64_t>(seconds * 1e6)};
}

Genesis test_genesis(std::size_t validators) {
    Genesis genesis;
    genesis.ledger = *Address::parse("test.csd");
    genesis.operator_key = key_of("operator");
    for (std::size_t i = 0; i < validators; ++i)
        genesis.validators.keys.push_back(key_of("validator" + std::to_string(i)));
    genesis.validators.quorum = ValidatorSet::default_quorum(validators);
    return genesis;
}

// by the first word, with the signer that usually says it; "bob: …" names another signer
//   open ACCOUNT OWNER              asset CODE LOT              issue ACCOUNT CODE AMOUNT
//   redeem ACCOUNT CODE AMOUNT      transfer FROM TO CODE AMOUNT NOT_AFTER
//   prepare ID PAYER PAYEE CODE AMOUNT H EXPIRY NOT_AFTER
//   fulfil PAYER ID PREIMAGE        reject PAYER ID PAYEE       refund PAYER ID
Words words_to_op(const std::string& words) {
    std::vector<std::string> w = split(words);
    std::string signer;
    if (w.at(0).back() == ':') {
        signer = w[0].substr(0, w[0].size() - 1);
        w.erase(w.begin());
    }
    const auto by = [&](const std::string& usual, OpBody body) {
        return Words{signer.empty() ? usual : signer, std::move(body)};
    };
    const auto key = [&] { return EscrowKey{account_of(w.at(1)), escrow_of(w.at(2))}; };
    const std::string& verb = w.at(0);
    if (verb == "open")
        return by("operator", op::OpenAccount{account_of(w.at(1)), key_of(w.at(2))});
    if (verb == "asset")
        return by("operator", op::RegisterAsset{share(w.at(1)), key_of("issuer"), units(w.at(2))});
    if (verb == "issue")
        return by("issuer", op::Issue{account_of(w.at(1)), share(w.at(2)), units(w.at(3))});
    if (verb == "redeem")
        return by(w.at(1), op::Redeem{account_of(w.at(1)), share(w.at(2)), units(w.at(3))});
    if (verb == "transfer")
        return by(w.at(1), op::Transfer{account_of(w.at(1)), account_of(w.at(2)), share(w.at(3)),
                                        units(w.at(4)), when(w.at(5))});
    if (verb == "prepare") {
        const EscrowTerms terms{escrow_of(w.at(1)), account_of(w.at(2)), account_of(w.at(3)),
                                share(w.at(4)),     units(w.at(5)),      condition_of_name(w.at(6)),
                                when(w.at(7))};
        return by(w.at(2), op::Prepare{terms, when(w.at(8))});
    }
    if (verb == "fulfil") return by("bob", op::Fulfil{key(), claim(w.at(3))});
    if (verb == "reject") return by(w.at(3), op::Reject{key(), account_of(w.at(3))});
    REQUIRE(verb == "refund");
    return by("anyone", op::Refund{key()});
}

World::World(Limits limits) : ledger(test_genesis(), limits), time_(second(0)) {
    for (const char* words :
         {"open alice alice", "open bob bob", "open carol carol", "asset SHARE 1",
          "asset LOT100 100", "issue alice SHARE 1000", "issue alice LOT100 1000"})
        REQUIRE_FALSE(run(words).has_value());
}

Transaction World::transaction(const std::string& words, const std::string& op_id) {
    Words said = words_to_op(words);
    const std::string id = op_id.empty() ? "op" + std::to_string(next_id_++) : op_id;
    Instruction instruction{
        *Address::parse("test.csd"), key_of(said.signer), time_ + Duration::seconds(60), {}};
    instruction.ops.push_back({command_of(id), std::move(said.body)});
    return *Transaction::decode(sign_instruction(instruction, *signer_of(said.signer)));
}

std::vector<std::vector<OpAnswer>> World::block(const std::vector<Transaction>& transactions) {
    time_ = std::max(time_, ledger.state().time + Duration{1});
    for (const Transaction& transaction : transactions)
        REQUIRE(ledger.check(time_, transaction.instruction).has_value());
    executed = ledger.execute(time_, transactions);
    ledger.commit();
    answers_ = executed.answers;
    return answers_;
}

std::optional<Reason> World::run(const std::string& words, const std::string& op_id) {
    time_ = std::max(time_, ledger.state().time + Duration{1});
    block({transaction(words, op_id)});
    if (last().done) return std::nullopt;
    return last().reason;
}

bool conserved(const State& state) {
    std::map<AssetId, std::uint64_t> in_outputs;
    std::map<AssetId, std::uint64_t> in_holdings;
    std::map<AssetId, std::uint64_t> in_escrows;
    std::map<AssetId, std::uint64_t> in_locks;
    std::size_t spendable = 0;
    for (const auto& [id, output] : state.outputs.all()) {
        in_outputs[output.asset] += output.amount.units();
        if (output.lock) in_locks[output.asset] += output.amount.units();
        if (!output.lock) ++spendable;
    }
    for (const auto& [ref, holding] : state.holdings.all())
        in_holdings[ref.second] += holding.free.units() + holding.escrowed.units();
    std::size_t open = 0;
    for (const auto& [ref, escrow] : state.escrows.all()) {
        if (escrow.state != EscrowState::prepared) continue;
        ++open;
        in_escrows[escrow.terms.asset] += escrow.terms.amount.units();
    }
    for (const auto& [id, asset] : state.assets.all()) {
        const std::uint64_t standing = asset.issued.units() - asset.redeemed.units();
        if (in_outputs[id] != standing || in_holdings[id] != standing) return false;
        if (in_escrows[id] != in_locks[id]) return false;
    }
    std::size_t open_by_payer = 0;
    for (const auto& [payer, count] : state.open_of.all())
        open_by_payer += count;
    std::size_t answers = 0;
    for (const auto& [signer, count] : state.answers_of.all())
        answers += count;
    return spendable == state.spendable.size() && spendable == state.by_amount.size() &&
           open == state.expiries.size() && 2 * open == state.open.size() &&
           open == open_by_payer && answers == state.answers.size() &&
           answers == state.stale_answers.size();
}

Hash digest(const Ledger& ledger) {
    ArchiveWriter to;
    ledger.write(to);
    return sha256(to.bytes());
}

}  // namespace lockstep::securities::testing
