#include "sdk/machine/journal.h"

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep {

void JournalEnd::begin(const Recovered& recovered) {
    epoch_ = recovered.epoch;
    seq_ = recovered.last_seq;
    chain_ = recovered.last_chain;
    last_at_ = recovered.last_at;
}

std::vector<JournalRow> JournalEnd::link(std::vector<Entry> entries, std::uint16_t rules) {
    std::vector<JournalRow> rows;
    rows.reserve(entries.size());
    for (Entry& entry : entries) {
        ASSERT(entry.at >= last_at_);
        JournalRow row;
        row.seq = ++seq_;
        row.at = entry.at;
        row.kind = entry.kind;
        row.rules = entry.rules != 0 ? entry.rules : rules;
        row.epoch = epoch_;
        row.body = std::move(entry.body);
        row.chain = chain_hash(chain_, row);
        chain_ = row.chain;
        last_at_ = row.at;
        rows.push_back(std::move(row));
    }
    return rows;
}

Snapshot JournalEnd::snapshot(Bytes state) const {
    Snapshot snapshot;
    snapshot.seq = seq_;
    snapshot.chain = chain_;
    snapshot.digest = sha256(state);
    snapshot.state = std::move(state);
    return snapshot;
}

}  // namespace lockstep
