#include "bitcoin/adapter/node_adapter.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t release_mark = 'r';
constexpr std::uint8_t scanned_mark = 's';

Bytes key_of_release(const EscrowKey& key) {
    Bytes bytes{release_mark};
    append(bytes, key.id.view());
    append(bytes, as_bytes(key.payer.text()));
    return bytes;
}

std::vector<ecdsa::CompressedKey> counterparty_keys(const AdapterSetup& setup,
                                                    const BitcoinSettings& settings) {
    std::vector<ecdsa::CompressedKey> keys;
    for (const std::string& text : settings.counterparties)
        if (const auto account = Address::parse(text))
            if (const auto key = key_of_account(setup.ledger, *account)) keys.push_back(*key);
    return keys;
}

}  // namespace

NodeAdapter::NodeAdapter(AdapterSetup setup, BitcoinSettings settings,
                         std::shared_ptr<const BitcoinSigner> signer)
    : setup_(std::move(setup)),
      settings_(std::move(settings)),
      signer_(std::move(signer)),
      side_{{setup_.ledger, *AssetId::make("BTC", 8)},
            signer_->public_key(account_key),
            settings_.depth,
            settings_.max_fee},
      account_(account_address(setup_.ledger, side_.account)),
      home_(script_pubkey_of(side_.account)),
      chain_(settings_),
      pool_(settings_.pool_batch),
      coins_(home_),
      escrows_(side_, counterparty_keys(setup_, settings_), pool_.ids()),
      sender_({settings_, side_, home_, *signer_, coins_, escrows_, answers_, ids_}),
      is_scanned_(settings_.start_height == 0) {}

void NodeAdapter::restore(const std::vector<Put>& puts) {
    // The chain's in the order of their heights, whatever order they come in.
    std::vector<const Put*> ordered;
    for (const Put& put : puts)
        if (put.value) ordered.push_back(&put);
    std::sort(ordered.begin(), ordered.end(),
              [](const Put* a, const Put* b) { return a->key < b->key; });
    for (const Put* const put : ordered) {
        const ByteView key = put->key;
        const ByteView value = *put->value;
        if (ChainFollower::owns(key)) {
            chain_.restore(key, value);
        } else if (CoinBook::owns(key)) {
            coins_.restore(key, value);
        } else if (CommandAnswers::owns(key)) {
            answers_.restore(key, value);
        } else if (Sender::owns(key)) {
            sender_.restore(key, value);
        } else if (EscrowBook::owns(key)) {
            escrows_.restore(key, value);
        } else if (key[0] == scanned_mark) {
            is_scanned_ = true;
        } else if (key[0] == release_mark) {
            const auto id = EscrowId::from(key.subspan(1, EscrowId::size));
            const auto payer = Address::parse(as_text(key.subspan(1 + EscrowId::size)));
            const auto release = decode_fields<Release>(value);
            ASSERT(id && payer && release);
            releases_[{*payer, *id}] = *release;
        }
    }
    // Whom the fundings under way are for, before the chain shows them.
    for (const EscrowTerms& terms : sender_.fundings())
        if (const auto payee = key_of_account(setup_.ledger, terms.payee))
            escrows_.learn_payee(*payee);
}

SenderTime NodeAdapter::time(Timestamp at) const {
    return {at, chain_.height(), chain_.ledger_time(), estimate_};
}

void NodeAdapter::step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) {
    now_ = at;
    if (!std::exchange(is_described_, true)) out.reports.emplace_back(report::Info{info()});
    if (!heard_) heard_ = at;
    for (AdapterInput& input : inputs)
        take(at, input, out);
    refund_expired(at);
    sender_.work(time(at), out);
    ask(at, out);
    escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    report_state(at, out);
    remember(out);
}

void NodeAdapter::take(Timestamp at, AdapterInput& input, AdapterOutputs& out) {
    if (const auto* given = std::get_if<Command>(&input)) return command(at, *given, out);
    if (const auto* asked = std::get_if<Query>(&input)) return query(*asked, out);
    if (const auto* came = std::get_if<Reply>(&input)) return reply(at, *came, out);
    if (const auto* came = std::get_if<Released>(&input)) return released(at, *came);
    // There is no stream, and being woken is nothing beside the time.
}

// --- the node ---

void NodeAdapter::reply(Timestamp at, const Reply& reply, AdapterOutputs& out) {
    if (sender_.reply(time(at), reply, out)) return;
    for (Question* const question : {&chain_question_, &pool_question_, &scan_question_}) {
        if (question->request == 0 || question->request != reply.request) continue;
        question->request = 0;
        question->due = at + settings_.poll;
        const auto results = reply.body ? read_batch(*reply.body, question->calls) : std::nullopt;
        if (!results) {
            if (question == &chain_question_) chain_.lost();
        } else if (question == &chain_question_) {
            chain_answer(at, *results, out);
        } else if (question == &pool_question_) {
            pool_answer(*results, out);
        } else {
            scan_answer(*results);
        }
        return;
    }
    // An answer that was not waited for any more.
}

void NodeAdapter::chain_answer(Timestamp at, const std::vector<RpcResult>& results,
                               AdapterOutputs& out) {
    const ChainNews news = chain_.take(results);
    if (!news.answered) return;
    heard_ = at;
    if (news.estimate) estimate_ = news.estimate;
    if (news.again) chain_question_.due = at;
    if (news.back_to) {
        coins_.disconnect(*news.back_to);
        escrows_.disconnect(*news.back_to);
        pool_.forget();
        sender_.taken_back(at);
        escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    }
    for (const ConnectedBlock& block : news.blocks)
        connect(block, out);
    if (news.pool) {
        pool_.list_is(*news.pool);
        if (!pool_.has_more()) escrows_.pool_is_shown();
        sender_.pool_is(time(at), pool_.ids(), chain_question_.asked);
    }
}

bool NodeAdapter::is_ours(const Transaction& transaction) const {
    return !transaction.inputs.empty() && coins_.find(transaction.inputs[0].prevout) != nullptr;
}

void NodeAdapter::connect(const ConnectedBlock& block, AdapterOutputs& out) {
    for (const Transaction& transaction : block.block.transactions) {
        const auto funded = escrows_.show(transaction, {block.height, is_ours(transaction)});
        std::optional<CoinBook::Funding> funding;
        if (funded && funded->payer == account_)
            funding = CoinBook::Funding{*funded, settings_.reserve};
        coins_.connect(transaction, block.height, funding);
    }
    coins_.forget(block.height - static_cast<int>(settings_.depth + settings_.reorg_window));
    escrows_.tell(block.height, block.median, out.reports);
}

void NodeAdapter::pool_answer(const std::vector<RpcResult>& results, AdapterOutputs& out) {
    for (const Transaction& transaction : pool_.take(results))
        escrows_.show(transaction, {std::nullopt, is_ours(transaction)});
    // At once: a preimage that was shown counts, whatever the pool or a block says next.
    escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    if (!pool_.has_more()) escrows_.pool_is_shown();
    pool_question_.due = now_;
}

// The account's coins of before the height at which the blocks begin to be read.
void NodeAdapter::scan_answer(const std::vector<RpcResult>& results) {
    const Json::Array* const unspents = results[0] ? (*results[0])["unspents"].as_array() : nullptr;
    if (unspents == nullptr) return;
    for (const Json& one : *unspents) {
        const auto txid = txid_from_text(one["txid"].text_or(""));
        const auto index = one["vout"].as_uint64();
        const auto value = satoshi_of(one["amount"]);
        const auto height = one["height"].as_int64();
        if (!txid || !index || *index > UINT32_MAX || !value || !height || *height < 0) continue;
        if (*height >= settings_.start_height) continue;
        // Whether it is a coinbase older nodes do not say; reckoned with as one it waits longer.
        const bool is_coinbase = one["coinbase"].as_bool().value_or(true);
        coins_.add({*txid, static_cast<std::uint32_t>(*index)},
                   {*value, static_cast<int>(*height), is_coinbase, std::nullopt, std::nullopt});
    }
    is_scanned_ = true;
    is_scan_news_ = true;
}

void NodeAdapter::send(Timestamp at, Question& question, const RpcBatch& batch,
                       AdapterOutputs& out) {
    question.request = ids_.next();
    question.calls = batch.size();
    question.asked = at;
    question.due = at + settings_.reply_timeout;
    out.requests.push_back({question.request, "/", batch.body()});
}

void NodeAdapter::ask(Timestamp at, AdapterOutputs& out) {
    for (Question* const question : {&chain_question_, &pool_question_, &scan_question_}) {
        if (question->request == 0 || question->due > at) continue;
        // No answer: asked again at once, and the old answer does not count any more.
        question->request = 0;
        if (question == &chain_question_) chain_.lost();
    }
    // The coins of before are known before any block is read that may spend them.
    if (!is_scanned_) {
        if (scan_question_.request != 0 || scan_question_.due > at) return;
        RpcBatch batch;
        batch.add("scantxoutset", Json::array().push("start").push(
                                      Json::array().push("raw(" + to_hex(home_) + ")")));
        return send(at, scan_question_, batch, out);
    }
    if (chain_question_.request == 0 && chain_question_.due <= at)
        send(at, chain_question_, chain_.ask(), out);
    if (pool_question_.request == 0 && pool_.has_more() && pool_question_.due <= at)
        send(at, pool_question_, pool_.ask(), out);
}

// Nobody else does it for us (RefundRule::by_payer).
void NodeAdapter::refund_expired(Timestamp at) {
    const SenderTime now = time(at);
    for (const EscrowKey& key : escrows_.open_as_payer())
        if (is_expired(now.ledger_time, escrows_.find(key)->terms.expiry))
            (void)sender_.refund(now, std::nullopt, key);
}

std::optional<Timestamp> NodeAdapter::next_wake() const {
    std::optional<Timestamp> wake = sender_.next_wake();
    const auto include = [&](Timestamp due) {
        if (!wake || due < *wake) wake = due;
    };
    if (!is_scanned_) {
        include(scan_question_.due);
        return wake;
    }
    include(chain_question_.due);
    if (pool_question_.request != 0 || pool_.has_more()) include(pool_question_.due);
    return wake;
}

void NodeAdapter::remember(AdapterOutputs& out) {
    chain_.remember(out.puts);
    coins_.remember(out.puts);
    escrows_.remember(out.puts);
    answers_.remember(out.puts);
    sender_.remember(out.puts);
    for (auto release = releases_.begin(); release != releases_.end();) {
        const BookedEscrow* const escrow = escrows_.find(release->first);
        if (escrow == nullptr || escrow->told_end_as != Certainty::final_) {
            ++release;
            continue;
        }
        changed_releases_.insert(release->first);
        release = releases_.erase(release);
    }
    for (const EscrowKey& key : changed_releases_) {
        const auto release = releases_.find(key);
        std::optional<Bytes> value;
        if (release != releases_.end()) value = encode_fields(release->second);
        out.puts.push_back({0, key_of_release(key), std::move(value)});
    }
    changed_releases_.clear();
    if (std::exchange(is_scan_news_, false)) out.puts.push_back({0, Bytes{scanned_mark}, Bytes{}});
}

}  // namespace lockstep::bitcoin
