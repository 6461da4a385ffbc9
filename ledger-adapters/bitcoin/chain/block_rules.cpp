#include "bitcoin/chain/block_rules.h"

#include <algorithm>

#include "bitcoin/chain/sigops.h"
#include "bitcoin/script/script.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::int32_t least_version = 4;  // BIP 34, 66 and 65 hold from the first block on
// A relative locktime counts in units of 512 seconds.
constexpr int sequence_unit_bits = 9;

// A chain of its own would be needed to repeat a coinbase with its height (BIP 34), but it costs
// little to look (BIP 30).
bool hides_coins(const Transaction& transaction, const Coins& coins) {
    const Txid txid = txid_of(transaction);
    for (std::size_t i = 0; i < transaction.outputs.size(); ++i)
        if (coins.find({txid, static_cast<std::uint32_t>(i)}) != nullptr) return true;
    return false;
}

// One block on its way into the coins.
class Connection {
public:
    Connection(const Block& block, const Context& context, const ChainParams& params,
               const MedianBefore& median_before, Coins& coins, const IsVerified& is_verified)
        : block_(block),
          context_(context),
          params_(params),
          median_before_(median_before),
          coins_(coins),
          is_verified_(is_verified) {}

    Fault run(BlockUndo& undo) {
        Fault fault = apply(undo);
        if (!fault) return fault;
        Block applied;
        applied.transactions.assign(
            block_.transactions.begin(),
            block_.transactions.begin() + static_cast<std::ptrdiff_t>(applied_));
        coins_.take_back(applied, std::move(undo));
        undo = {};
        return fault;
    }

private:
    Fault apply(BlockUndo& undo) {
        for (const Transaction& transaction : block_.transactions)
            if (hides_coins(transaction, coins_)) return "bad-txns-BIP30";
        for (const Transaction& transaction : block_.transactions) {
            if (Fault fault = spend(transaction)) return fault;
            coins_.apply(transaction, context_.height, undo);
            ++applied_;
        }
        Satoshi paid = 0;
        for (const TxOut& output : block_.transactions.front().outputs)
            paid += output.value;
        if (paid > fees_ + subsidy_at(context_.height, params_)) return "bad-cb-amount";
        return std::nullopt;
    }

    Fault spend(const Transaction& transaction) {
        if (transaction.is_coinbase()) {
            sigops_ += legacy_sigop_cost(transaction);
            return std::nullopt;
        }
        Spent spent = check_inputs(transaction, coins_, context_.height, params_);
        if (spent.fault) return spent.fault;
        fees_ += spent.fee;
        if (fees_ > max_money) return "bad-txns-accumulated-fee-outofrange";
        if (!has_sequence_locks(transaction, spent.coins, context_, median_before_))
            return "bad-txns-nonfinal";
        std::vector<TxOut> outputs;
        for (const Coin& one : spent.coins)
            outputs.push_back(one.output);
        sigops_ += sigop_cost(transaction, outputs);
        if (sigops_ > max_block_sigops) return "bad-blk-sigops";
        if (is_verified_ && is_verified_(transaction)) return std::nullopt;
        if (const auto error = check_scripts(transaction, spent.coins, verify_flag::mandatory))
            return "mandatory-script-verify-flag-failed (" + std::string(describe(*error)) + ")";
        return std::nullopt;
    }

    const Block& block_;
    const Context& context_;
    const ChainParams& params_;
    const MedianBefore& median_before_;
    Coins& coins_;
    const IsVerified& is_verified_;
    Satoshi fees_ = 0;
    std::size_t sigops_ = 0;
    std::size_t applied_ = 0;  // transactions
};

}  // namespace

Fault check_commitment(const Block& block) {
    const Transaction& coinbase = block.transactions.front();
    const auto index = commitment_index(coinbase);
    if (!index) {
        for (const Transaction& transaction : block.transactions)
            if (transaction.has_witness()) return "unexpected-witness";
        return std::nullopt;
    }
    const std::vector<Bytes>& witness = coinbase.inputs[0].witness;
    if (witness.size() != 1 || witness[0].size() != Hash::size) return "bad-witness-nonce-size";
    const Bytes expected = commitment_script(witness_root_of(block), witness[0]);
    const Bytes& script = coinbase.outputs[*index].script;
    if (!std::equal(expected.begin(), expected.end(), script.begin()))
        return "bad-witness-merkle-match";
    return std::nullopt;
}

Fault check_block(const Block& block, const ChainParams& params) {
    if (!has_work(id_of(block.header), block.header.bits, params.bits)) return "high-hash";
    return check_contents(block);
}

Fault check_contents(const Block& block) {
    const MerkleRoot root = merkle_root_of(block);
    if (root.root != block.header.merkle_root) return "bad-txnmrklroot";
    if (root.repeats) return "bad-txns-duplicate";
    if (block.transactions.empty() ||
        serialize(block, WitnessForm::without).size() * witness_scale > max_block_weight)
        return "bad-blk-length";
    if (!block.transactions.front().is_coinbase()) return "bad-cb-missing";
    std::size_t sigops = 0;
    for (std::size_t i = 1; i < block.transactions.size(); ++i)
        if (block.transactions[i].is_coinbase()) return "bad-cb-multiple";
    for (const Transaction& transaction : block.transactions) {
        if (const auto fault = check_transaction(transaction))
            return std::string(to_string(*fault));
        sigops += legacy_sigop_cost(transaction);
    }
    if (sigops > max_block_sigops) return "bad-blk-sigops";
    return std::nullopt;
}

Fault check_header(const BlockHeader& header, const Context& context, std::int64_t now_s,
                   const ChainParams& params) {
    if (header.bits != params.bits) return "bad-diffbits";
    if (std::int64_t{header.time} <= context.median_time) return "time-too-old";
    if (std::int64_t{header.time} > now_s + max_ahead_s) return "time-too-new";
    if (header.version < least_version) {
        Bytes version;
        for (const int shift : {24, 16, 8, 0})
            version.push_back(
                static_cast<std::uint8_t>(static_cast<std::uint32_t>(header.version) >> shift));
        return "bad-version(0x" + to_hex(version) + ")";
    }
    return std::nullopt;
}

Fault check_in_context(const Block& block, const Context& context) {
    for (const Transaction& transaction : block.transactions)
        if (!is_final(transaction, context.height, context.median_time)) return "bad-txns-nonfinal";
    ScriptWriter height;
    height.number(context.height);
    const Bytes& script_sig = block.transactions.front().inputs[0].script_sig;
    if (script_sig.size() < height.bytes().size() ||
        !std::equal(height.bytes().begin(), height.bytes().end(), script_sig.begin()))
        return "bad-cb-height";
    if (Fault fault = check_commitment(block)) return fault;
    if (weight_of(block) > max_block_weight) return "bad-blk-weight";
    return std::nullopt;
}

bool is_final(const Transaction& transaction, int height, std::int64_t time) {
    const std::int64_t locktime = transaction.locktime;
    if (locktime == 0) return true;
    if (locktime < (locktime < locktime_threshold ? std::int64_t{height} : time)) return true;
    return std::all_of(transaction.inputs.begin(), transaction.inputs.end(),
                       [](const TxIn& input) { return input.sequence == final_sequence; });
}

bool has_sequence_locks(const Transaction& transaction, std::span<const Coin> spent,
                        const Context& context, const MedianBefore& median_before) {
    if (static_cast<std::uint32_t>(transaction.version) < 2) return true;
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
        const std::uint32_t sequence = transaction.inputs[i].sequence;
        if ((sequence & sequence_disabled) != 0) continue;
        const std::int64_t wait = sequence & sequence_mask;
        if ((sequence & sequence_is_time) != 0) {
            const std::int64_t made = median_before(spent[i].height);
            if (made + (wait << sequence_unit_bits) > context.median_time) return false;
        } else if (spent[i].height + wait > context.height) {
            return false;
        }
    }
    return true;
}

Spent check_inputs(const Transaction& transaction, const Coins& coins, int height,
                   const ChainParams& params) {
    std::vector<Coin> found;
    found.reserve(transaction.inputs.size());
    for (const TxIn& input : transaction.inputs) {
        const Coin* one = coins.find(input.prevout);
        if (one == nullptr) return {{}, 0, "bad-txns-inputs-missingorspent", {}};
        found.push_back(*one);
    }
    return check_spent(transaction, std::move(found), height, params);
}

std::string money_text(Satoshi amount) {
    std::string rest = std::to_string(amount % coin);
    rest.insert(0, 8 - rest.size(), '0');
    while (rest.size() > 2 && rest.back() == '0')
        rest.pop_back();
    return std::to_string(amount / coin) + "." + rest;
}

Spent check_spent(const Transaction& transaction, std::vector<Coin> coins, int height,
                  const ChainParams& params) {
    Spent spent;
    spent.coins = std::move(coins);
    const auto refuse_as = [&](const char* word, std::string detail = {}) {
        spent.fault = word;
        spent.detail = std::move(detail);
        return spent;
    };
    Satoshi in = 0;
    for (const Coin& one : spent.coins) {
        if (one.coinbase && height - one.height < params.coinbase_maturity)
            return refuse_as(
                "bad-txns-premature-spend-of-coinbase",
                "tried to spend coinbase at depth " + std::to_string(height - one.height));
        in += one.output.value;  // both are at most max_money
        if (one.output.value < 0 || one.output.value > max_money || in > max_money)
            return refuse_as("bad-txns-inputvalues-outofrange");
    }
    Satoshi out = 0;
    for (const TxOut& output : transaction.outputs)
        out += output.value;
    if (in < out)
        return refuse_as("bad-txns-in-belowout",
                         "value in (" + money_text(in) + ") < value out (" + money_text(out) + ")");
    spent.fee = in - out;
    return spent;
}

std::optional<ScriptError> check_scripts(const Transaction& transaction,
                                         std::span<const Coin> spent, VerifyFlags flags) {
    const CommonHashes common(transaction);
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
        const TxOut& output = spent[i].output;
        const ScriptError error = verify_script(transaction.inputs[i], output.script, flags,
                                                Spending(transaction, common, i, output.value));
        if (error != ScriptError::ok) return error;
    }
    return std::nullopt;
}

Fault connect(const Block& block, const Context& context, const ChainParams& params,
              const MedianBefore& median_before, Coins& coins, BlockUndo& undo,
              const IsVerified& is_verified) {
    return Connection(block, context, params, median_before, coins, is_verified).run(undo);
}

}  // namespace lockstep::bitcoin
