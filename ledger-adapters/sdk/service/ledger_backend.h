// What a ledger's program is behind its HTTP interface: the part that differs between the cash
// ledger (one machine) and the securities ledger (validators). The interface itself, with its
// limits, signatures, problem documents and figures, is LedgerService.
//
// Calls come from any thread. A callback comes once, from any thread, possibly from within the
// call; it must not block. Everything that is answered is durable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sdk/machine/adapter.h"
#include "sdk/machine/statement.h"
#include "sdk/net/http_server.h"

namespace lockstep::service {

template <class T>
using Callback = std::function<void(Result<T>)>;

// An instruction whose signature was verified.
struct Submission {
    Instruction instruction;
    Bytes octets;  // as received, signature included
};

struct AccountInfo {
    Address account;
    PublicKey owner;
    std::vector<Balance> balances;
};

struct BackendStats {
    std::uint64_t commits = 0;
    std::uint64_t rows = 0;
    std::uint64_t inputs = 0;
    std::uint64_t refusals = 0;
    std::uint64_t snapshots = 0;
    std::size_t queue = 0;
    std::size_t readers = 0;
    bool disk_low = false;
};

struct LedgerDigest {
    std::uint64_t sequence = 0;  // of the journal's last row
    Hash digest;                 // of the state after it
};

// Where a subscription's frames go; from any thread.
struct FrameSink {
    // Takes one frame; false when the reader is gone or too slow, and then the subscription is
    // over.
    std::function<bool(std::shared_ptr<const Bytes>)> send;
    // Whether the reader has taken most of what it was sent. Who sends a long past asks first, so
    // that it does not look like a slow reader; what happens now is sent anyway.
    std::function<bool()> has_room;

    bool operator()(std::shared_ptr<const Bytes> frame) const { return send(std::move(frame)); }
};
// Told at most once, when the backend ends a subscription.
using FrameEnd = std::function<void(Reason)>;

class LedgerBackend {
public:
    virtual ~LedgerBackend() = default;

    // Owner, issuer, operator. Asked before a signature is verified, so that strangers cost little.
    virtual bool is_known_key(const PublicKey& key) const = 0;
    // Whether the key may read this account: its owner, or an auditor. False for no such account.
    virtual bool may_read(const PublicKey& key, const Address& account) const = 0;
    virtual std::vector<Address> accounts_of(const PublicKey& key) const = 0;

    // An answer for each operation, in order; or why the instruction as a whole was refused. Such a
    // refusal says nothing about earlier copies of it: who gets disk_low, overloaded or draining
    // and sent it before still does not know.
    virtual void submit(Submission submission, Callback<std::vector<OpAnswer>> done) = 0;

    // The reader may read what is asked for. The service checked neither.
    virtual void query(const PublicKey& reader, const QueryBody& body,
                       Callback<QueryAnswer> done) = 0;
    // The octets of POST /v1/query. Ledgers that prove their answers override it.
    virtual void query_octets(const PublicKey& reader, const QueryBody& body, Callback<Bytes> done);

    virtual void info(Callback<LedgerInfo> done) = 0;
    virtual void account(const Address& account, Callback<AccountInfo> done) = 0;
    virtual void totals(Callback<std::vector<AssetTotals>> done) = 0;
    virtual void digest(Callback<LedgerDigest> done) = 0;
    // Lines with a sequence of at least `from`, oldest first. May read from disk.
    virtual Result<std::vector<StatementRow>> statement(const Address& account, std::uint64_t from,
                                                        std::size_t limit) const = 0;

    // Frames with everything after the cursor that concerns the reader's accounts, then live,
    // without a gap, and at least one every heartbeat_interval. Frames of one subscription come one
    // at a time. cursor is the path's ?cursor=, 0 where there is none.
    virtual Result<void> subscribe(const PublicKey& reader, std::uint64_t cursor, FrameSink sink,
                                   FrameEnd end) = 0;

    // Routes of this ledger alone (blocks, headers, proofs): true when it takes the request, and
    // then it answers. Public ones only.
    virtual bool route(const net::HttpRequest& request, const net::Respond& respond);

    // Takes business at all: recovered, and not halted.
    virtual bool is_ready() const = 0;
    virtual BackendStats stats() const = 0;
    // Finishes what was submitted, snapshots, closes. Later calls are refused with draining.
    virtual void stop() = 0;
};

constexpr Duration heartbeat_interval = Duration::milliseconds(250);
// A node needs one; a connection that broke and was not noticed yet counts for a while. Without the
// limit one key could take the streams of all.
constexpr std::size_t max_streams_of_key = 16;

}  // namespace lockstep::service
