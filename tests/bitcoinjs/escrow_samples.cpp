// The transactions of one escrow as JSON, so that code which is not ours can judge them: funding,
// claim, refund and reject with their replacements, and what they were built from.
// usage: bitcoin-escrow-samples NUMBER [TXID VOUT VALUE LOCKTIME]
// NUMBER names the escrow and the payer's coin. Without a place the coin is a made-up one.
#include <cstdlib>
#include <iostream>

#include "bitcoin/adapter/reject.h"
#include "bitcoin/chain/block.h"
#include "bitcoin/keys/address.h"
#include "bitcoin/script/signature_hash.h"
#include "sdk/codec/json.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

const Network& regtest = *network_named("regtest");
constexpr FeePerKvb usual_rate{5'000};
constexpr FeePerKvb higher_rate{9'000};

std::unique_ptr<BitcoinSigner> signer_of(std::uint8_t seed) {
    std::array<std::uint8_t, KeySeed::size> bytes{};
    bytes.fill(seed);
    return make_signer(KeySeed{bytes}, regtest);
}

EscrowKeyName key_name(std::uint32_t number, EscrowRole role) {
    const Hash id = sha256(as_bytes("escrow " + std::to_string(number)));
    return {*Address::parse("test.btc"), *Address::parse("test.btc.alice"), EscrowId{id.array()},
            role};
}

struct Sample {
    std::uint32_t number;
    KeyCoin coin;
    std::uint32_t locktime;
};

template <class Value>
Value need(Result<Value, BuildFault> value) {
    if (value) return std::move(*value);
    std::cerr << "not built: " << to_string(value.error()) << '\n';
    std::exit(1);
}

Json script_json(ByteView script) {
    return Json::object(
        {{"hex", to_hex(script)}, {"address", *address_of_script(script, regtest)}});
}

// Every input's hash as we reckon it; `codes`: what each input's signature commits to.
struct SpentInput {
    Bytes code;
    Satoshi value = 0;
};
Json transaction_json(const Transaction& transaction, const std::vector<SpentInput>& spent,
                      Satoshi fee) {
    Json hashes = Json::array();
    Json values = Json::array();
    for (std::size_t i = 0; i < spent.size(); ++i) {
        hashes.push(to_hex(witness_signature_hash(transaction, CommonHashes(transaction), i,
                                                  spent[i].code, spent[i].value, sighash_all)
                               .view()));
        values.push(spent[i].value);
    }
    return Json::object({{"hex", to_hex(serialize(transaction))},
                         {"txid", to_text(txid_of(transaction))},
                         {"wtxid", to_text(wtxid_of(transaction))},
                         {"weight", weight_of(transaction)},
                         {"fee", fee},
                         {"hashes", std::move(hashes)},
                         {"values", std::move(values)}});
}

// BIP 143: a key's program signs as if it were the older script of that key's hash.
Bytes key_code(ByteView program) {
    Bytes code{0x76, 0xa9};
    append(code, program.subspan(1));
    code.push_back(0x88);
    code.push_back(0xac);
    return code;
}

class Story {
public:
    explicit Story(Sample sample)
        : sample_(std::move(sample)),
          payer_(signer_of(1)),
          payee_(signer_of(2)),
          payer_key_(key_name(sample_.number, EscrowRole::payer)),
          payee_key_(key_name(sample_.number, EscrowRole::payee)),
          coin_script_(script_pubkey_of(payer_->public_key(sample_.coin.key))),
          lock_{condition_of(preimage()), payer_->public_key(payer_key_),
                payee_->public_key(payee_key_), sample_.locktime},
          script_(*escrow_script(lock_)) {}

    Json tell() const {
        const FundingPlan plan{
            lock_, sample_.coin.value / 2, std::nullopt, home(*payer_), usual_rate, 0};
        const std::vector<KeyCoin> coins{sample_.coin};
        const EscrowFunding funding = need(fund_escrow(plan, coins, {}, *payer_));
        const EscrowFunding dearer =
            need(replace_funding(funding, higher_rate, coins, {}, *payer_));
        Json json = terms();
        json.set("amount", plan.amount);
        json.set("funding", funding_json(funding));
        json.set("dearer_funding", funding_json(dearer));
        // What is spent is the version at the higher fee.
        const EscrowCoin escrow{dearer.escrow_place(), plan.amount, lock_};
        tell_spends(escrow, json);
        return json;
    }

private:
    Preimage preimage() const {
        return *Preimage::from(
            sha256(as_bytes("preimage " + std::to_string(sample_.number))).view());
    }
    static Bytes home(const BitcoinSigner& signer) {
        return script_pubkey_of(signer.public_key(CoinKeyName{1'000}));
    }

    Json terms() const {
        return Json::object({{"payer", lock_.payer.hex()},
                             {"payee", lock_.payee.hex()},
                             {"preimage", to_hex(preimage().view())},
                             {"condition", lock_.condition.hex()},
                             {"locktime", lock_.locktime},
                             {"script", to_hex(script_)},
                             {"output", script_json(script_pubkey_of(script_))},
                             {"coin", script_json(coin_script_)},
                             {"coin_key", payer_->public_key(sample_.coin.key).hex()},
                             {"payer_home", script_json(home(*payer_))},
                             {"payee_home", script_json(home(*payee_))}});
    }

    Json funding_json(const EscrowFunding& funding) const {
        return transaction_json(funding.transaction, {{key_code(coin_script_), sample_.coin.value}},
                                funding.fee);
    }
    Json spend_json(const EscrowSpend& spend, const EscrowCoin& escrow) const {
        return transaction_json(spend.transaction, {{script_, escrow.value}}, spend.fee);
    }

    void tell_spends(const EscrowCoin& escrow, Json& json) const {
        SpendPlan claim{escrow, home(*payee_), usual_rate, {}, std::nullopt};
        const EscrowSpend claimed = need(claim_escrow(claim, preimage(), payee_key_, *payee_));
        json.set("claim", spend_json(claimed, escrow));
        claim.rate = higher_rate;
        claim.replaces = claimed.paid();
        json.set("dearer_claim",
                 spend_json(need(claim_escrow(claim, preimage(), payee_key_, *payee_)), escrow));
        const SpendPlan back{escrow, home(*payer_), usual_rate, {}, std::nullopt};
        json.set("refund", spend_json(need(refund_escrow(back, payer_key_, *payer_)), escrow));
        const PartialReject partial = need(offer_reject(back, payee_key_, *payee_));
        json.set("partial", Json::object({{"hex", to_hex(serialize(partial.transaction))},
                                          {"signature", to_hex(partial.signature)},
                                          {"sent", to_hex(serialize(partial))}}));
        const RejectTerms agreed{escrow, back.destination, coin};
        json.set("reject",
                 spend_json(need(complete_reject(partial, agreed, payer_key_, *payer_)), escrow));
    }

    Sample sample_;
    std::unique_ptr<BitcoinSigner> payer_;
    std::unique_ptr<BitcoinSigner> payee_;
    EscrowKeyName payer_key_;
    EscrowKeyName payee_key_;
    Bytes coin_script_;
    EscrowLock lock_;
    Bytes script_;
};

std::uint64_t number_in(const char* text) {
    return std::strtoull(text, nullptr, 10);
}

int tell(int argc, char** argv) {
    if (argc != 2 && argc != 6) {
        std::cerr << "usage: bitcoin-escrow-samples NUMBER [TXID VOUT VALUE LOCKTIME]\n";
        return 2;
    }
    Sample sample{static_cast<std::uint32_t>(number_in(argv[1])), {}, 1'796'040'000};
    sample.coin = {{Txid{sha256(as_bytes("coin")).array()}, 0}, coin, CoinKeyName{sample.number}};
    if (argc == 6) {
        const auto txid = txid_from_text(argv[2]);
        if (!txid) return 2;
        sample.coin.place = {*txid, static_cast<std::uint32_t>(number_in(argv[3]))};
        sample.coin.value = static_cast<Satoshi>(number_in(argv[4]));
        sample.locktime = static_cast<std::uint32_t>(number_in(argv[5]));
    }
    std::cout << write_json(Story(std::move(sample)).tell()) << '\n';
    return 0;
}

}  // namespace
}  // namespace lockstep::bitcoin

int main(int argc, char** argv) {
    return lockstep::bitcoin::tell(argc, argv);
}
