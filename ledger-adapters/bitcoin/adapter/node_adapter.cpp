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
            settings_.max_fee,
            max_instruction_life + setup_.profile.late + setup_.profile.early},
      account_(account_address(setup_.ledger, side_.account)),
      home_(script_pubkey_of(side_.account)),
      chain_(settings_),
      pool_(settings_.pool_batch, settings_.block),
      coins_(home_),
      escrows_(side_, counterparty_keys(setup_, settings_), pool_),
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
    // What the node's pool asks for now it may not have seen in a block yet.
    return {at, chain_.height(), chain_.ledger_time(), std::max(estimate_, going_rate_),
            chain_.standing() == ChainFollower::Standing::at_tip ? tip_at_ : std::nullopt};
}

void NodeAdapter::step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) {
    now_ = at;
    if (!std::exchange(is_described_, true)) out.reports.emplace_back(report::Info{info()});
    if (!heard_) heard_ = at;
    for (AdapterInput& input : inputs)
        take(at, input, out);
    keep_fulfilled(out);
    refund_expired(at);
    sender_.work(time(at), out);
    forget();
    ask(at, out);
    escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    keep_fulfilled(out);
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

bool NodeAdapter::is_ours(const Transaction& transaction) const {
    return !transaction.inputs.empty() && coins_.find(transaction.inputs[0].prevout) != nullptr;
}

void NodeAdapter::connect(const ConnectedBlock& block, AdapterOutputs& out) {
    for (const Transaction& transaction : block.block.transactions) {
        pool_.left(txid_of(transaction));
        const auto funded = escrows_.show(transaction, {block.height, is_ours(transaction)});
        std::optional<CoinBook::Funding> funding;
        if (funded && funded->payer == account_)
            funding = CoinBook::Funding{*funded, settings_.reserve};
        coins_.connect(transaction, block.height, funding);
    }
    for (const Txid& id : escrows_.take_displaced())
        pool_.left(id);
    escrows_.tell(block.height, block.median, out.reports);
}

// What no reorganisation brings back; after the sender has seen what became of it.
void NodeAdapter::forget() {
    const int height = chain_.height() - static_cast<int>(settings_.depth + settings_.reorg_window);
    if (std::exchange(forgotten_to_, height) == height) return;
    coins_.forget(height);
    escrows_.forget(height, chain_.ledger_time(),
                    [&](const EscrowKey& key) { return sender_.works_on(key); });
}

// Whoever was told a preimage is paid with it: its escrow is not taken back after that, also where
// a reorganisation makes a late payment of it once more.
void NodeAdapter::keep_fulfilled(const AdapterOutputs& out) {
    for (const Report& report : out.reports) {
        const auto* const told = std::get_if<report::Escrow>(&report);
        if (told != nullptr && told->preimage && told->terms.payer == account_)
            sender_.fulfilled({told->terms.payer, told->terms.id});
    }
}

// Nobody else does it for us (RefundRule::by_payer).
void NodeAdapter::refund_expired(Timestamp at) {
    const SenderTime now = time(at);
    for (const EscrowKey& key : escrows_.refundable(now.ledger_time))
        (void)sender_.refund(now, std::nullopt, key);
}

void NodeAdapter::remember(AdapterOutputs& out) {
    chain_.remember(out.puts);
    coins_.remember(out.puts);
    escrows_.remember(out.puts);
    answers_.remember(out.puts);
    sender_.remember(out.puts);
    for (auto release = releases_.begin(); release != releases_.end();) {
        const BookedEscrow* const escrow = escrows_.find(release->first);
        if (escrow != nullptr && escrow->told_end_as != Certainty::final_) {
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
