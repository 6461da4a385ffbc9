// How a node comes back: the machine from its snapshot and journal, adapters and links from their
// puts. A replay recomputes every recorded output and stops where one differs.
#include <algorithm>

#include "connector/assembly/node.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::assembly {

namespace {

Failure diverged(const JournalRow& row, const std::string& what) {
    return {"diverged", "journal row " + std::to_string(row.seq) + ": " + what};
}

}  // namespace

Result<void, Failure> Node::recover(const Recovered& recovered) {
    epoch_ = recovered.epoch;
    if (recovered.snapshot) {
        const auto state = state_in(core::NodeMachine::snapshot_form, *recovered.snapshot);
        if (!state) return unexpected<Failure>(state.error());
        if (const auto read = machine_.read_snapshot(*state); !read) {
            return fail("corrupt", "the snapshot after journal row " +
                                       std::to_string(recovered.snapshot->seq) +
                                       " cannot be read (" + std::string(to_string(read.error())) +
                                       ")");
        }
    }
    if (auto replayed = replay(recovered.rows); !replayed) return replayed;
    restore(recovered.puts);
    return {};
}

Result<void, Failure> Node::replay(const std::vector<JournalRow>& rows) {
    std::deque<Bytes> expected;  // recorded outputs of the last input, not seen yet
    for (const JournalRow& row : rows) {
        if (row.kind == RowKind::upgrade || row.rules != machine_.rules()) {
            return unexpected(diverged(row, "it was written under rules " +
                                                std::to_string(row.rules) +
                                                ", which this program does not know"));
        }
        if (row.kind == RowKind::output) {
            if (expected.empty())
                return unexpected(diverged(row, "an output was recorded that is not recomputed"));
            if (expected.front() != row.body)
                return unexpected(
                    diverged(row, "the recorded output differs from the recomputed one"));
            expected.pop_front();
            continue;
        }
        if (!expected.empty())
            return unexpected(diverged(row, "a recomputed output is not recorded before it"));
        const auto input = core::NodeMachine::decode_input(row.body);
        if (!input) {
            return unexpected(diverged(
                row, "it cannot be decoded (" + std::string(to_string(input.error())) + ")"));
        }
        Outputs<core::NodeMachine> out;
        machine_.apply(row.at, *input, out);
        for (const core::NodeOutput& output : out.outputs) {
            if (auto recorded = core::encode_recorded(output)) {
                expected.push_back(std::move(*recorded));
            }
        }
    }
    if (!expected.empty())
        return unexpected(diverged(rows.back(), "its outputs are not recorded after it"));
    return {};
}

// node_space: ledger address -> space of its adapter.
void Node::restore(const std::vector<Put>& puts) {
    for (const Put& put : puts) {
        if (put.space != node_space || !put.value) continue;
        const auto ledger = Address::parse(as_text(put.key));
        OerReader reader(*put.value);
        if (ledger) spaces_[*ledger] = reader.u16();
    }
    for (Ledger& ledger : ledgers_) {
        const auto found = spaces_.find(ledger.address);
        if (found != spaces_.end()) ledger.space = found->second;
    }
    for (const Put& put : puts) {
        if (put.space == outbox_space || put.space == inbox_space) {
            const auto peer = PublicKey::from(
                ByteView(put.key).first(std::min<std::size_t>(put.key.size(), PublicKey::size)));
            if (!peer) continue;
            if (put.space == outbox_space)
                link(*peer).restore(put);
            else
                inboxes_[*peer].restore(put);
        } else if (put.space >= first_adapter_space) {
            for (Ledger& ledger : ledgers_) {
                if (ledger.space == put.space) ledger.restored.push_back(put);
            }
        }
    }
}

// A ledger keeps its space for ever, whatever its place in the configuration.
void Node::assign_spaces(std::vector<Put>& puts) {
    for (Ledger& ledger : ledgers_) {
        if (ledger.space != 0) continue;
        std::uint16_t next = first_adapter_space;
        for (const auto& [address, space] : spaces_)
            next = std::max(next, static_cast<std::uint16_t>(space + 1));
        ledger.space = next;
        spaces_[ledger.address] = next;
        OerWriter writer;
        writer.u16(next);
        const ByteView key = as_bytes(ledger.address.text());
        puts.push_back({node_space, Bytes(key.begin(), key.end()), writer.take()});
    }
}

}  // namespace lockstep::assembly
