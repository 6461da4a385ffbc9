// The validators of a securities ledger in one process, behind the interface of a ledger: each with
// its own key, journal, host and thread; what passes between them is the octets that a network
// would carry. Validator 1 serves the readers.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sdk/codec/json.h"
#include "sdk/crypto/known_signatures.h"
#include "sdk/machine/host.h"
#include "sdk/net/io_loop.h"
#include "sdk/service/ledger_backend.h"
#include "sdk/store/journal_verifier.h"
#include "sdk/store/sqlite_reader.h"
#include "sdk/store/sqlite_store.h"
#include "securities/machine/validator_program.h"
#include "securities/service/block_feed.h"
#include "securities/service/directory.h"

namespace lockstep::securities {

struct ClusterSettings {
    Address ledger;
    PublicKey operator_key;
    std::uint32_t validators = 4;
    std::uint32_t quorum = 3;
    ValidatorTiming timing;
    TimingProfile profile;  // what the operator answers for
    std::vector<PublicKey> auditors;
    std::map<AssetId, std::string> asset_names;
    std::filesystem::path data;  // validator N lives in data/validator-N
    DiskLimits disk;
    HostSettings host;
};

// The keys of the validators, made where they are missing; from them, what the chain is.
struct ValidatorKeys {
    std::vector<std::shared_ptr<const Signer>> signers;
    Genesis genesis;
};
std::filesystem::path validator_directory(const ClusterSettings& settings, std::size_t index);
Result<ValidatorKeys, Failure> read_or_create_keys(const ClusterSettings& settings,
                                                   const SignatureScheme& scheme);

// {"chain", "ledger", "operator", "validators", "quorum"}: what a node is told to trust.
Json chain_json(const Genesis& genesis);

class Cluster final : public service::LedgerBackend {
public:
    // Workers, clock and scheme outlive it; the workers are stopped between its stop() and its end.
    // Opens and recovers every validator, side by side. Codes of the stores, wrong_genesis, and
    // those of key files.
    static Result<std::unique_ptr<Cluster>, Failure> open(
        ClusterSettings settings, net::IoLoop& workers, const Clock& clock,
        std::shared_ptr<const SignatureScheme> scheme);
    ~Cluster() override;

    const Genesis& genesis() const { return keys_.genesis; }
    std::uint64_t equivocations() const { return equivocations_; }

    bool is_known_key(const PublicKey& key) const override { return directory_.is_known(key); }
    bool may_read(const PublicKey& key, const Address& account) const override;
    std::vector<Address> accounts_of(const PublicKey& key) const override;
    void submit(service::Submission submission,
                service::Callback<std::vector<OpAnswer>> done) override;
    void query(const PublicKey& reader, const QueryBody& body,
               service::Callback<QueryAnswer> done) override;
    void info(service::Callback<LedgerInfo> done) override;
    void account(const Address& account, service::Callback<service::AccountInfo> done) override;
    void totals(service::Callback<std::vector<AssetTotals>> done) override;
    void digest(service::Callback<service::LedgerDigest> done) override;
    Result<std::vector<StatementRow>> statement(const Address& account, std::uint64_t from,
                                                std::size_t limit) const override;
    Result<void> subscribe(const PublicKey& reader, std::uint64_t cursor, service::FrameSink sink,
                           service::FrameEnd end) override;
    // GET /v1/chain, /v1/blocks/HEIGHT
    bool route(const net::HttpRequest& request, const net::Respond& respond) override;
    bool is_ready() const override { return ready_; }
    service::BackendStats stats() const override;
    void stop() override;

private:
    using Effect = ValidatorEffect;
    struct Node {
        std::unique_ptr<SqliteStore> store;
        std::unique_ptr<SqliteReader> records;
        std::atomic<const RecordReader*> reader{nullptr};  // once the records can be read
        std::unique_ptr<ValidatorProgram> program;
        std::unique_ptr<Host<ValidatorProgram>> host;
    };
    struct Waiting {
        std::vector<service::Callback<std::vector<OpAnswer>>> callbacks;
        std::uint32_t refusals = 0;  // validators that will not have it
    };

    Cluster(ClusterSettings settings, ValidatorKeys keys, net::IoLoop& workers, const Clock& clock,
            std::shared_ptr<const SignatureScheme> scheme);
    Result<void, Failure> start();
    std::optional<Bytes> block_octets(const Node& node, std::uint64_t height) const;

    // --- on the thread of validator `from` ---
    void release(std::size_t from, std::vector<Effect> effects);
    void on_commit(pool_effect::Committed committed);

    void send(std::size_t from, std::size_t to, Bytes octets);
    void settle(const Hash& transaction, std::vector<OpAnswer> answers);
    void count_refusal(const Hash& transaction, Reason reason);
    bool is_auditor(const PublicKey& key) const;
    template <class T, class F>
    void ask(service::Callback<T> done, F read);

    ClusterSettings settings_;
    ValidatorKeys keys_;
    net::IoLoop& workers_;
    std::shared_ptr<const KnownSignatures> scheme_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::optional<JournalVerifier> verifier_;
    Directory directory_;
    BlockFeed feed_;

    std::mutex mutex_;  // of the map below
    std::map<Hash, Waiting> waiting_;
    std::atomic<std::uint64_t> equivocations_{0};
    std::atomic<bool> feeding_{false};
    std::atomic<bool> totals_asked_{false};
    std::atomic<bool> digest_asked_{false};
    std::atomic<bool> ready_{false};
    std::atomic<bool> draining_{false};
    std::atomic<bool> stopped_{false};
};

}  // namespace lockstep::securities
