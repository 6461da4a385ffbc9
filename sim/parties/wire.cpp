#include "sim/parties/wire.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

constexpr std::size_t most_in_a_batch = assembly::max_batch_messages / 2;

}  // namespace

void Wire::say(const PublicKey& peer, const core::Message& message) {
    std::vector<Bytes>& waiting = lines_[peer].waiting;
    if (waiting.size() < most_in_a_batch) waiting.push_back(core::encode_message(message));
}

std::uint64_t Wire::added_before(const Line& line, std::uint64_t sequence) {
    std::uint64_t count = 0;
    for (const auto& [behind, messages] : line.added) {
        if (behind >= sequence) break;
        count += messages.size();
    }
    return count;
}

bool Wire::add_to(const PublicKey& peer, assembly::PeerBatch& batch) {
    Line& line = lines_[peer];
    const std::uint64_t last = batch.first + batch.messages.size() - 1;
    // Only behind what nothing was sent after yet.
    if (!line.waiting.empty() && last >= line.last &&
        batch.messages.size() + line.waiting.size() <= most_in_a_batch) {
        std::vector<Bytes>& added = line.added[last];
        added.insert(added.end(), line.waiting.begin(), line.waiting.end());
        line.waiting.clear();
    }
    line.last = std::max(line.last, last);
    const std::uint64_t first = batch.first;
    const std::uint64_t before = added_before(line, first);
    std::vector<Bytes> messages;
    for (std::size_t i = 0; i < batch.messages.size(); ++i) {
        messages.push_back(std::move(batch.messages[i]));
        const auto added = line.added.find(first + i);
        if (added == line.added.end()) continue;
        messages.insert(messages.end(), added->second.begin(), added->second.end());
    }
    const bool changed = before > 0 || messages.size() != batch.messages.size();
    batch.oldest += added_before(line, batch.oldest);
    batch.life_from += added_before(line, batch.life_from);
    batch.first += before;
    batch.messages = std::move(messages);
    if (batch.messages.size() > assembly::max_batch_messages)
        batch.messages.resize(assembly::max_batch_messages);
    return changed;
}

// The last of the node's own that came, together with everything that was added behind it.
void Wire::translate(assembly::event::PeerReplied& reply) const {
    const auto line = lines_.find(reply.peer);
    if (line == lines_.end() || !reply.reply) return;
    std::uint64_t before = 0;
    for (const auto& [behind, messages] : line->second.added) {
        // `behind` is number behind + before on the wire, what was added follows it.
        const std::uint64_t end = behind + before + messages.size();
        if (reply.reply->acknowledged < end) {
            reply.reply->acknowledged = std::min(reply.reply->acknowledged - before, behind - 1);
            return;
        }
        before += messages.size();
    }
    reply.reply->acknowledged -= before;
}

}  // namespace lockstep::sim
