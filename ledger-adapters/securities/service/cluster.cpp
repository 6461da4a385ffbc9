#include "securities/service/cluster.h"

#include <algorithm>
#include <future>
#include <thread>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"
#include "sdk/service/log.h"

namespace lockstep::securities {
namespace {

using service::Callback;

// Answers that are owed when the process is told to stop are waited for so long.
constexpr auto drain_time = std::chrono::seconds(2);
constexpr std::size_t max_waiting = 100'000;
constexpr std::size_t max_statement_rows = 10'000;

// Takes note of what the interface has verified, in the form in which validators ask for it.
class Remember final : public SignatureScheme {
public:
    explicit Remember(const KnownSignatures& known) : known_(known) {}
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override {
        known_.remember(key, message, signature);
        return true;
    }
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override {
        return known_.signer(seed);
    }

private:
    const KnownSignatures& known_;
};

}  // namespace

std::filesystem::path validator_directory(const ClusterSettings& settings, std::size_t index) {
    return settings.data / ("validator-" + std::to_string(index + 1));
}

Result<ValidatorKeys, Failure> read_or_create_keys(const ClusterSettings& settings,
                                                   const SignatureScheme& scheme) {
    ValidatorKeys keys;
    keys.genesis.ledger = settings.ledger;
    keys.genesis.operator_key = settings.operator_key;
    keys.genesis.validators.quorum = settings.quorum;
    for (std::size_t i = 0; i < settings.validators; ++i) {
        const auto directory = validator_directory(settings, i);
        if (const auto made = make_data_directory(directory.string()); !made)
            return unexpected<Failure>(made.error());
        const auto seed = read_or_create_key_file(directory / "validator.key");
        if (!seed) return unexpected<Failure>(seed.error());
        keys.signers.push_back(scheme.signer(*seed));
        keys.genesis.validators.keys.push_back(keys.signers.back()->public_key());
    }
    return keys;
}

Cluster::Cluster(ClusterSettings settings, ValidatorKeys keys, net::IoLoop& workers,
                 const Clock& clock, std::shared_ptr<const SignatureScheme> scheme)
    : settings_(std::move(settings)),
      keys_(std::move(keys)),
      workers_(workers),
      scheme_(std::make_shared<KnownSignatures>(std::move(scheme))),
      feed_([this](std::uint64_t height) { return block_octets(*nodes_.front(), height); },
            [this](const PublicKey& key) { return accounts_of(key); }) {
    for (std::size_t i = 0; i < settings_.validators; ++i) {
        auto node = std::make_unique<Node>();
        const auto directory = validator_directory(settings_, i);
        node->store =
            std::make_unique<SqliteStore>(SqliteOptions{directory.string(), "", settings_.disk});
        node->program = std::make_unique<ValidatorProgram>(
            keys_.genesis, settings_.timing, Validator::Setup{keys_.signers[i], scheme_, i == 0},
            [this, own = node.get()](std::uint64_t height) { return block_octets(*own, height); });
        HostSettings host = settings_.host;
        host.state_file = (directory / "state.json").string();
        node->host = std::make_unique<Host<ValidatorProgram>>(
            *node->program, *node->store, clock,
            [this, i](std::vector<Effect> effects) { release(i, std::move(effects)); }, host);
        nodes_.push_back(std::move(node));
    }
}

Cluster::~Cluster() {
    stop();
}

Result<std::unique_ptr<Cluster>, Failure> Cluster::open(
    ClusterSettings settings, net::IoLoop& workers, const Clock& clock,
    std::shared_ptr<const SignatureScheme> scheme) {
    auto keys = read_or_create_keys(settings, *scheme);
    if (!keys) return unexpected<Failure>(keys.error());
    std::unique_ptr<Cluster> cluster(
        new Cluster(std::move(settings), std::move(*keys), workers, clock, std::move(scheme)));
    if (const auto started = cluster->start(); !started)
        return unexpected<Failure>(started.error());
    return cluster;
}

Result<void, Failure> Cluster::start() {
    std::vector<std::future<Result<void, Failure>>> starting;
    for (const auto& node : nodes_)
        starting.push_back(
            std::async(std::launch::async, [host = node->host.get()] { return host->start(); }));
    std::optional<Failure> failure;
    for (auto& start : starting)
        if (auto done = start.get(); !done && !failure) failure = done.error();
    if (failure) return unexpected<Failure>(*failure);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        auto records = SqliteReader::open(
            {validator_directory(settings_, i).string(), "", 4, settings_.host.fatal});
        if (!records) return unexpected<Failure>(records.error());
        nodes_[i]->records = std::move(*records);
        nodes_[i]->reader = nodes_[i]->records.get();
    }
    // From the moment of this view on, validator 1's commits go to the readers.
    auto loaded = std::make_shared<std::promise<void>>();
    auto future = loaded->get_future();
    const auto asked = nodes_.front()->host->view([this, loaded](const ValidatorProgram& program) {
        const Ledger& ledger = program.validator().ledger();
        directory_.load(ledger);
        feed_.begin(program.validator().tip().height, ledger);
        feeding_ = true;
        loaded->set_value();
    });
    if (!asked) return fail("stopped", "validator 1 stopped while it started");
    future.get();
    std::vector<const SqliteStore*> stores;
    for (const auto& node : nodes_)
        stores.push_back(node->store.get());
    verifier_.emplace(std::move(stores), settings_.host.fatal);
    ready_ = true;
    return {};
}

std::optional<Bytes> Cluster::block_octets(const Node& node, std::uint64_t height) const {
    const RecordReader* reader = node.reader;
    if (!reader) return std::nullopt;
    return reader->get(static_cast<std::uint16_t>(RecordKind::block), block_key(height));
}

// --- what leaves the validators ---

void Cluster::send(std::size_t from, std::size_t to, Bytes octets) {
    // A full queue drops it, as a network may; validators say again what matters.
    static_cast<void>(nodes_[to]->host->submit(
        pool_input::FromPeer{static_cast<std::uint32_t>(from), std::move(octets)}));
}

void Cluster::release(std::size_t from, std::vector<Effect> effects) {
    for (Effect& effect : effects) {
        if (auto* all = std::get_if<pool_effect::ToAll>(&effect)) {
            for (std::size_t to = 0; to < nodes_.size(); ++to)
                if (to != from) send(from, to, all->octets);
        } else if (auto* one = std::get_if<pool_effect::To>(&effect)) {
            if (one->validator < nodes_.size()) send(from, one->validator, std::move(one->octets));
        } else if (const auto* refused = std::get_if<pool_effect::Refused>(&effect)) {
            count_refusal(refused->transaction, refused->reason);
        } else if (auto* remembered = std::get_if<pool_effect::Remembered>(&effect)) {
            if (from == 0) settle(remembered->transaction, std::move(remembered->answers));
        } else if (auto* committed = std::get_if<pool_effect::Committed>(&effect)) {
            // Its precommits were durable with a quorum before they were sent, and so was the block
            // that they are for. Validator 1's word is waited for so that what was answered can
            // also be read.
            if (from == 0) on_commit(std::move(*committed));
        } else {
            const Vote& vote = std::get<pool_effect::Equivocation>(effect).second;
            ++equivocations_;
            service::log(service::LogLevel::warning, "equivocation",
                         Json::object({{"seen_by", from + 1},
                                       {"validator", vote.validator + 1},
                                       {"height", vote.ballot.height},
                                       {"round", vote.ballot.round}}));
        }
    }
}

void Cluster::on_commit(pool_effect::Committed committed) {
    directory_.learn(committed.effects);
    if (feeding_) feed_.publish(std::move(committed.block), committed.effects);
    for (std::size_t i = 0; i < committed.transactions.size(); ++i)
        settle(committed.transactions[i], std::move(committed.answers[i]));
}

void Cluster::settle(const Hash& transaction, std::vector<OpAnswer> answers) {
    std::vector<Callback<std::vector<OpAnswer>>> callbacks;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(transaction);
        if (found == waiting_.end()) return;
        callbacks = std::move(found->second.callbacks);
        waiting_.erase(found);
    }
    for (const auto& done : callbacks)
        done(answers);
}

// Refused is what no validator will put into a block.
void Cluster::count_refusal(const Hash& transaction, Reason reason) {
    std::vector<Callback<std::vector<OpAnswer>>> callbacks;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(transaction);
        if (found == waiting_.end()) return;
        if (++found->second.refusals < nodes_.size()) return;
        callbacks = std::move(found->second.callbacks);
        waiting_.erase(found);
    }
    for (const auto& done : callbacks)
        done(refuse(reason));
}

// --- the interface of a ledger ---

bool Cluster::is_auditor(const PublicKey& key) const {
    return std::find(settings_.auditors.begin(), settings_.auditors.end(), key) !=
           settings_.auditors.end();
}

bool Cluster::may_read(const PublicKey& key, const Address& account) const {
    return directory_.owns(key, account) || (is_auditor(key) && directory_.exists(account));
}

std::vector<Address> Cluster::accounts_of(const PublicKey& key) const {
    return is_auditor(key) ? directory_.accounts() : directory_.accounts_of(key);
}

void Cluster::submit(service::Submission submission, Callback<std::vector<OpAnswer>> done) {
    if (draining_) return done(refuse(Reason::draining));
    Transaction transaction{std::move(submission.octets), {}, std::move(submission.instruction)};
    transaction.id = sha256(transaction.octets);
    verify_instruction(transaction.octets, transaction.instruction.signer, Remember(*scheme_));
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= max_waiting) return done(refuse(Reason::overloaded));
        Waiting& waiting = waiting_[transaction.id];
        waiting.callbacks.push_back(std::move(done));
        // who sends the same while the first is under way gets the first one's answer
        if (waiting.callbacks.size() > 1) return;
    }
    for (const auto& node : nodes_) {
        const auto taken = node->host->submit(pool_input::Submit{transaction});
        if (!taken) count_refusal(transaction.id, taken.error());
    }
}

template <class T, class F>
void Cluster::ask(Callback<T> done, F read) {
    auto shared = std::make_shared<Callback<T>>(std::move(done));
    const auto asked = nodes_.front()->host->view(
        [shared, read = std::move(read)](const ValidatorProgram& program) {
            (*shared)(read(program.validator().ledger()));
        });
    if (!asked) (*shared)(refuse(asked.error()));
}

void Cluster::query(const PublicKey& reader, const QueryBody& body, Callback<QueryAnswer> done) {
    // an auditor reads as the operator does
    const bool auditor = is_auditor(reader);
    const LedgerQuery query{settings_.ledger, auditor ? settings_.operator_key : reader,
                            Timestamp{}, body};
    const auto look_further = [this, reader, auditor, body,
                               done = std::move(done)](Result<QueryAnswer> answer) {
        const auto* asked = std::get_if<ask::Escrow>(&body);
        if (!answer || !asked || !answer->escrows.empty()) return done(std::move(answer));
        // forgotten by the state, or never there
        workers_.post([this, reader, auditor, ref = ref_of(asked->escrow), done,
                       found = std::move(*answer)]() mutable {
            const RecordReader* records = nodes_.front()->reader;
            const auto octets =
                records->get(static_cast<std::uint16_t>(RecordKind::escrow), escrow_key(ref));
            const auto escrow = octets ? decode_fields<Escrow>(*octets) : refuse(Reason::not_found);
            if (escrow && escrow->state != EscrowState::prepared) {
                const EscrowTerms& terms = escrow->terms;
                if (!auditor && !directory_.owns(reader, terms.payer) &&
                    !directory_.owns(reader, terms.payee))
                    return done(refuse(Reason::not_permitted));
                found.escrows.push_back(standing_of(*escrow));
            }
            done(std::move(found));
        });
    };
    ask<QueryAnswer>(look_further, [query](const Ledger& ledger) { return ledger.answer(query); });
}

void Cluster::info(Callback<LedgerInfo> done) {
    LedgerInfo info;
    info.ledger = settings_.ledger;
    info.assets = directory_.assets();
    for (AssetInfo& asset : info.assets)
        if (const auto name = settings_.asset_names.find(asset.asset);
            name != settings_.asset_names.end())
            asset.name = name->second;
    info.profile = settings_.profile;
    info.expiry_rule = ExpiryRule::strict;
    info.refund = RefundRule::automatic;
    info.reject = RejectRule::yes;
    info.max_hold = max_hold;
    info.max_amount = Amount{UINT64_MAX};
    info.proofs = true;
    done(std::move(info));
}

void Cluster::account(const Address& account, Callback<service::AccountInfo> done) {
    ask<service::AccountInfo>(
        std::move(done), [account](const Ledger& ledger) -> Result<service::AccountInfo> {
            const Account* found = ledger.state().accounts.find(account);
            if (!found) return refuse(Reason::unknown_account);
            return service::AccountInfo{account, found->owner, ledger.balances(account)};
        });
}

// Anyone may ask for totals and digests, and they go through the whole state on validator 1's
// thread: one at a time.
void Cluster::totals(Callback<std::vector<AssetTotals>> done) {
    if (totals_asked_.exchange(true)) return done(refuse(Reason::overloaded));
    const auto answered = [this, done = std::move(done)](Result<std::vector<AssetTotals>> totals) {
        totals_asked_ = false;
        done(std::move(totals));
    };
    ask<std::vector<AssetTotals>>(answered, [](const Ledger& ledger) {
        return Result<std::vector<AssetTotals>>(ledger.totals());
    });
}

void Cluster::digest(Callback<service::LedgerDigest> done) {
    if (digest_asked_.exchange(true)) return done(refuse(Reason::overloaded));
    workers_.post([this, done = std::move(done)] {
        const auto digest = nodes_.front()->host->digest();
        digest_asked_ = false;
        if (!digest) return done(refuse(digest.error()));
        done(service::LedgerDigest{digest->seq, digest->digest});
    });
}

Result<std::vector<StatementRow>> Cluster::statement(const Address& account, std::uint64_t from,
                                                     std::size_t limit) const {
    if (!directory_.exists(account)) return refuse(Reason::unknown_account);
    const RecordReader* records = nodes_.front()->reader;
    const auto found = records->scan(
        static_cast<std::uint16_t>(RecordKind::statement), statement_key(account, from),
        statement_key(account, UINT64_MAX), std::min(limit, max_statement_rows));
    std::vector<StatementRow> rows;
    for (const Record& record : found) {
        auto row = decode_fields<StatementRow>(record.value);
        if (!row) return refuse(Reason::internal_error);
        rows.push_back(std::move(*row));
    }
    return rows;
}

Result<void> Cluster::subscribe(const PublicKey& reader, std::uint64_t cursor,
                                service::FrameSink sink, service::FrameEnd end) {
    if (draining_) return refuse(Reason::draining);
    return feed_.subscribe(reader, cursor, std::move(sink), std::move(end));
}

service::BackendStats Cluster::stats() const {
    service::BackendStats sum;
    for (const auto& node : nodes_) {
        const HostStats host = node->host->stats();
        sum.commits += host.commits;
        sum.rows += host.rows;
        sum.inputs += host.inputs;
        sum.refusals += host.refusals;
        sum.snapshots += host.snapshots;
        sum.queue += host.queue;
        sum.disk_low = sum.disk_low || host.disk_low;
    }
    sum.readers = feed_.readers();
    return sum;
}

void Cluster::stop() {
    if (stopped_.exchange(true)) return;
    draining_ = true;
    ready_ = false;
    const auto until = std::chrono::steady_clock::now() + drain_time;
    while (std::chrono::steady_clock::now() < until) {
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (const auto& node : nodes_)
        node->host->stop();
    verifier_.reset();
    feed_.stop();
    std::map<Hash, Waiting> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(waiting_);
    }
    // Not draining, which would say that it was not taken: validators may have voted for a block
    // with it, and then the next start decides that block.
    for (const auto& [transaction, waiting] : left)
        for (const auto& done : waiting.callbacks)
            done(refuse(Reason::outcome_unknown));
}

}  // namespace lockstep::securities
