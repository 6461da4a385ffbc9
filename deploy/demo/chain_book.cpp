#include "deploy/demo/chain_book.h"

#include <algorithm>

#include "sdk/base/bytes.h"

namespace lockstep::demo {

using bitcoin::EscrowPath;
using bitcoin::Satoshi;
using bitcoin::Transaction;
using bitcoin::Txid;

namespace {

constexpr std::size_t most_mistakes = 20;
constexpr int median_span = 11;

std::string text_of(Satoshi amount) {
    return std::to_string(amount) + " satoshi";
}

bool is_claimed(const ChainEscrow& escrow) {
    return escrow.spend && escrow.spend->path == EscrowPath::claim;
}

}  // namespace

ChainBook::ChainBook(bitcoin::LedgerName ledger, std::vector<ChainParty> parties,
                     const bitcoin::ChainParams& params)
    : ledger_(std::move(ledger)), parties_(std::move(parties)), params_(params) {
    for (const ChainParty& party : parties_)
        by_script_[bitcoin::script_pubkey_of(party.key)] = party.name;
}

void ChainBook::mistake(std::string text) {
    if (mistakes_.size() < most_mistakes) mistakes_.push_back(std::move(text));
}

std::optional<std::string> ChainBook::owner_of(const Bytes& script) const {
    const auto found = by_script_.find(script);
    if (found == by_script_.end()) return std::nullopt;
    return found->second;
}

void ChainBook::add(const bitcoin::Block& block) {
    const std::uint32_t height = next_++;
    if (height > 0 && block.header.parent != tip_)
        mistake("block " + std::to_string(height) + " does not stand on the one before");
    tip_ = bitcoin::id_of(block.header);
    check(block);
    stamps_.push_back(block.header.time);
    if (height == 0) return;
    for (const Transaction& transaction : block.transactions)
        add(transaction, transaction.is_coinbase());
}

// By the rules of every full node, so that what the block says is the chain's word and not the word
// of the node that gave it.
void ChainBook::check(const bitcoin::Block& block) {
    bitcoin::Fault fault = bitcoin::check_block(block, params_);
    const int height = static_cast<int>(next_) - 1;
    if (height > 0) {
        const bitcoin::Context context{height, median_at(height - 1)};
        // Whether it is too far ahead only a clock could say.
        if (!fault)
            fault = bitcoin::check_header(block.header, context, block.header.time, params_);
        if (!fault) fault = bitcoin::check_in_context(block, context);
        bitcoin::BlockUndo undo;
        const auto before = [this](int at) { return median_at(std::max(at - 1, 0)); };
        if (!fault) fault = bitcoin::connect(block, context, params_, before, coins_, undo);
    }
    if (fault) mistake("block " + std::to_string(height) + ": " + *fault);
}

std::int64_t ChainBook::median_at(int height) const {
    const auto end = stamps_.begin() + height + 1;
    std::vector<std::int64_t> last(end - std::min(height + 1, median_span), end);
    std::sort(last.begin(), last.end());
    return last[last.size() / 2];
}

void ChainBook::add(const Transaction& transaction, bool coinbase) {
    const Txid txid = bitcoin::txid_of(transaction);
    Satoshi in = 0;
    Satoshi out = 0;
    for (const bitcoin::TxOut& output : transaction.outputs)
        out += output.value;
    std::optional<std::string> sender;
    std::vector<EscrowInput> spent;
    for (const bitcoin::TxIn& input : transaction.inputs) {
        if (coinbase) break;
        const auto found = unspent_.find(input.prevout);
        if (found == unspent_.end()) {
            mistake(to_text(txid) + " spends what is not there");
            continue;
        }
        in += found->second.out.value;
        if (found->second.escrow)
            spent.push_back({*found->second.escrow, &input, found->second.out.script});
        if (!sender) sender = owner_of(found->second.out.script);
        unspent_.erase(found);
    }
    const Satoshi fee = coinbase ? 0 : in - out;
    if (coinbase) mined_ += out;
    fees_ += fee;
    for (std::uint32_t i = 0; i < transaction.outputs.size(); ++i) {
        const bitcoin::TxOut& output = transaction.outputs[i];
        if (output.value == 0) continue;
        unspent_[{txid, i}] = {output, std::nullopt};
        if (const auto owner = owner_of(output.script); owner && coinbase)
            mined_by_[*owner] += output.value;
    }
    for (const EscrowInput& one : spent)
        spend(one, txid, fee);
    if (!spent.empty()) {
        const ChainEscrow& escrow = escrows_[spent.front().escrow];
        sender = is_claimed(escrow) ? escrow.payee : escrow.payer;
    }
    if (fee != 0) fees_by_[sender.value_or("")] += fee;
    announce(transaction, txid, fee);
}

void ChainBook::announce(const Transaction& transaction, const Txid& txid, Satoshi fee) {
    const auto funding = bitcoin::announced_in(transaction);
    if (!funding) return;
    for (const ChainParty& payee : parties_) {
        const auto terms = bitcoin::terms_for(ledger_, *funding, payee.key);
        if (!terms) continue;
        ChainEscrow escrow;
        escrow.funding = txid;
        escrow.height = height();
        escrow.condition = terms->condition;
        escrow.amount = funding->escrow.value;
        escrow.payer = owner_of(bitcoin::script_pubkey_of(funding->payer)).value_or("nobody");
        escrow.payee = payee.name;
        unspent_.at({txid, 0}).escrow = escrows_.size();
        escrows_.push_back(std::move(escrow));
        return;
    }
    mistake(to_text(txid) + " announces an escrow for nobody here, with a fee of " + text_of(fee));
}

void ChainBook::spend(const EscrowInput& spent, const Txid& txid, Satoshi fee) {
    ChainEscrow& escrow = escrows_[spent.escrow];
    const bitcoin::TxIn& input = *spent.input;
    const Bytes script = input.witness.empty() ? Bytes{} : input.witness.back();
    const auto path = bitcoin::path_of(input.witness, script);
    const auto lock = bitcoin::parse_escrow_script(script);
    if (!path || !lock || lock->condition != escrow.condition)
        return mistake(to_text(txid) + " spends an escrow by no path of it");
    if (bitcoin::script_pubkey_of(script) != spent.script)
        return mistake(to_text(txid) + " shows a script that the escrow does not pay to");
    // The block before the one that spends it says what time it is.
    const Timestamp now{median_at(static_cast<int>(height()) - 1) * 1'000'000};
    if (*path == EscrowPath::refund && now < bitcoin::refundable_from(lock->locktime))
        return mistake(to_text(txid) + " refunds an escrow before it has expired");
    if (*path == EscrowPath::claim && !bitcoin::preimage_of(input.witness, script))
        return mistake(to_text(txid) + " claims without the preimage");
    escrow.spend = ChainEscrow::Spend{txid, height(), fee, *path};
}

Satoshi ChainBook::balance(const std::string& name) const {
    Satoshi sum = 0;
    for (const auto& [place, output] : unspent_) {
        if (owner_of(output.out.script) == name) sum += output.out.value;
    }
    return sum;
}

Satoshi ChainBook::earned(const std::string& name) const {
    Satoshi sum = 0;
    for (const ChainEscrow& escrow : escrows_) {
        if (is_claimed(escrow) && escrow.payee == name) sum += escrow.amount;
    }
    return sum;
}

Satoshi ChainBook::spent(const std::string& name) const {
    Satoshi sum = 0;
    for (const ChainEscrow& escrow : escrows_) {
        if (is_claimed(escrow) && escrow.payer == name) sum += escrow.amount;
    }
    return sum;
}

Satoshi ChainBook::mined_by(const std::string& name) const {
    const auto found = mined_by_.find(name);
    return found == mined_by_.end() ? 0 : found->second;
}

Satoshi ChainBook::fees_of(const std::string& name) const {
    const auto found = fees_by_.find(name);
    return found == fees_by_.end() ? 0 : found->second;
}

std::vector<std::string> ChainBook::mistakes() const {
    std::vector<std::string> all = mistakes_;
    Satoshi held = 0;
    for (const ChainParty& party : parties_)
        held += balance(party.name);
    Satoshi fees = 0;
    for (const auto& [name, fee] : fees_by_) {
        fees += fee;
        if (name.empty()) all.push_back(text_of(fee) + " of fees were paid by nobody here");
    }
    if (held + fees != mined_)
        all.push_back("balances of " + text_of(held) + " and fees of " + text_of(fees) +
                      " do not come to the " + text_of(mined_) + " that were mined");
    for (const ChainParty& party : parties_) {
        const Satoshi due =
            mined_by(party.name) + earned(party.name) - spent(party.name) - fees_of(party.name);
        if (balance(party.name) != due)
            all.push_back(party.name + " has " + text_of(balance(party.name)) + ", its blocks, " +
                          "claims and fees say " + text_of(due));
    }
    return all;
}

Result<void, Failure> read_chain(bitcoin::RpcClient& node, ChainBook& book) {
    const auto tip = node.call("getblockcount");
    if (!tip) return unexpected<Failure>(tip.error());
    for (std::int64_t height = 0; height <= tip->as_int64().value_or(-1); ++height) {
        const auto id = node.call("getblockhash", Json::array().push(height));
        if (!id) return unexpected<Failure>(id.error());
        const auto hex = node.call("getblock", Json::array().push(*id).push(0));
        if (!hex) return unexpected<Failure>(hex.error());
        const auto octets = from_hex(hex->text_or(""));
        const auto block = octets ? bitcoin::parse_block(*octets) : std::nullopt;
        if (!block) return fail("malformed", "block " + std::to_string(height) + " is none");
        book.add(*block);
    }
    return {};
}

}  // namespace lockstep::demo
