// Messages between two nodes arrive once and in order, whatever the network and crashes do; what
// was acknowledged is durable.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "connector/assembly/peer_link.h"

using namespace lockstep;
using namespace lockstep::assembly;

namespace {

PublicKey key_of(std::uint8_t n) {
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = n;
    return PublicKey{bytes};
}
const PublicKey sender_key = key_of(1);
const PublicKey receiver_key = key_of(2);

// What a store does with puts.
class Disk {
public:
    void commit(std::vector<Put>& puts) {
        for (Put& put : puts) {
            const auto place = std::pair{put.space, put.key};
            if (put.value)
                puts_[place] = *put.value;
            else
                puts_.erase(place);
        }
        puts.clear();
    }
    template <class T>
    void restore(T& link, std::uint16_t space) const {
        for (const auto& [place, value] : puts_)
            if (place.first == space) link.restore(Put{space, place.second, value});
    }
    std::size_t size() const { return puts_.size(); }

private:
    std::map<std::pair<std::uint16_t, Bytes>, Bytes> puts_;
};

struct Sender {
    Disk disk;
    std::vector<Put> puts;
    std::uint64_t epoch = 0;
    std::uint64_t lives = 0;
    PeerLink link{sender_key, receiver_key, 0};

    Sender() { restart(); }
    void restart() {
        puts.clear();
        link = PeerLink(sender_key, receiver_key, ++epoch);
        disk.restore(link, outbox_space);
        link.begin(++lives);
    }
    // Its data is what it was, its journal's epoch included, as with a file that was put back.
    void restore(const Disk& copy, std::uint64_t epoch_then) {
        disk = copy;
        epoch = epoch_then;
        restart();
    }
    void say(std::uint8_t word) { REQUIRE(link.send(Bytes{word}, puts)); }
    std::optional<PeerSend> turn(Timestamp at) {
        auto batch = link.poll(at, puts);
        disk.commit(puts);
        return batch;
    }
};

struct Receiver {
    Disk disk;
    std::vector<Put> puts;
    PeerInbox inbox;
    Bytes heard;         // durable, with the inbox
    bool crash = false;  // before the next commit

    void restart() {
        inbox = PeerInbox{};
        disk.restore(inbox, inbox_space);
    }
    std::optional<PeerAck> take(const Bytes& body) {
        const auto batch = decode_batch(body);
        REQUIRE(batch);
        const auto taken = inbox.take(*batch, puts);
        if (crash) {
            crash = false;
            puts.clear();
            restart();
            return std::nullopt;
        }
        for (std::size_t i = taken.skip; i < batch->messages.size(); ++i)
            heard.push_back(batch->messages[i][0]);
        disk.commit(puts);
        return taken.ack;
    }
};

Bytes words(std::uint8_t last) {
    Bytes all;
    for (std::uint8_t word = 1; word <= last; ++word)
        all.push_back(word);
    return all;
}

}  // namespace

TEST_CASE("a message leaves only with what makes it durable, and goes when it is acknowledged") {
    Sender sender;
    Receiver receiver;
    CHECK_FALSE(sender.turn(Timestamp{0}));
    CHECK_FALSE(sender.link.next_wake());
    sender.say(1);
    sender.say(2);
    const auto batch = sender.turn(Timestamp{1});
    REQUIRE(batch);
    CHECK(sender.disk.size() == 3);          // both messages and the last sequence
    CHECK_FALSE(sender.turn(Timestamp{2}));  // one batch at a time
    const auto ack = receiver.take(batch->body);
    REQUIRE(ack);
    CHECK(ack->acknowledged == 2);
    CHECK(sender.link.replied(Timestamp{3}, batch->batch, *ack, sender.puts));
    CHECK_FALSE(sender.turn(Timestamp{3}));
    CHECK(sender.disk.size() == 1);
    CHECK(sender.link.waiting() == 0);
    CHECK(receiver.heard == words(2));
}

TEST_CASE("a peer that does not answer is asked again: soon at first, every five seconds at last") {
    Sender sender;
    sender.say(1);
    Timestamp now{0};
    std::vector<Duration> pauses;
    while (now < Timestamp{0} + Duration::seconds(100)) {
        CAPTURE(now.us());
        const auto batch = sender.turn(now);
        REQUIRE(batch);
        sender.link.replied(now, batch->batch, refuse(Reason::unavailable), sender.puts);
        CHECK_FALSE(sender.link.reachable());
        CHECK_FALSE(sender.turn(now));
        const auto wake = sender.link.next_wake();
        REQUIRE(wake);
        pauses.push_back(*wake - now);
        // never longer than an eighth of what the outage has lasted already
        CHECK(pauses.back() <= std::max(first_retry, Duration{(now - Timestamp{0}).us() / 8}));
        now = *wake;
    }
    CHECK(std::is_sorted(pauses.begin(), pauses.end()));
    CHECK(pauses.front() == Duration::milliseconds(100));
    CHECK(pauses.back() == Duration::seconds(5));
    CHECK(pauses.size() < 60);
    SUBCASE("and when no reply comes at all") {
        REQUIRE(sender.turn(now));
        CHECK(sender.link.next_wake() == now + reply_patience);
        CHECK_FALSE(sender.turn(now + reply_patience));
        CHECK(sender.turn(now + reply_patience + longest_retry));
    }
}

TEST_CASE("the reply to an earlier batch means nothing") {
    Sender sender;
    sender.say(1);
    const auto first = sender.turn(Timestamp{0});
    REQUIRE(first);
    sender.link.replied(Timestamp{1}, first->batch, refuse(Reason::unavailable), sender.puts);
    const auto second = sender.turn(Timestamp{0} + first_retry + Duration{1});
    REQUIRE(second);
    CHECK_FALSE(
        sender.link.replied(Timestamp{200'000}, first->batch, PeerAck{1, {}, 1}, sender.puts));
    CHECK(sender.link.waiting() == 1);
    CHECK_FALSE(
        sender.link.replied(Timestamp{200'000}, second->batch, PeerAck{9, {}, 1}, sender.puts));
    CHECK(sender.link.waiting() == 1);  // nine were never sent
}

TEST_CASE("what a receiver takes of a batch") {
    struct Row {
        const char* what;
        std::uint64_t epoch, oldest, first;
        std::size_t count;
        std::size_t skip;
        std::uint64_t acknowledged;
        std::optional<Reason> refused;
        bool lost;
        std::uint64_t life = 1;
        std::uint64_t life_from = 1;
    };
    // Before each: epoch 5, its first life, messages up to 10.
    const Row rows[] = {
        {"the next", 5, 11, 11, 2, 0, 12, {}, false},
        {"all of it came before", 5, 9, 9, 2, 2, 10, {}, false},
        {"half of it came before", 5, 9, 9, 4, 2, 12, {}, false},
        {"a gap", 5, 11, 12, 2, 2, 10, Reason::not_found, false},
        {"of a process that was replaced", 4, 11, 11, 2, 2, 10, Reason::not_permitted, false},
        {"of its successor", 6, 11, 11, 2, 0, 12, {}, false, 2, 11},
        {"of its successor, and half of it came before", 6, 9, 9, 4, 2, 12, {}, false, 2, 11},
        {"of its successor, whose data went back", 6, 9, 9, 4, 0, 12, {}, false, 2, 9},
        {"of its successor, whose data went back a little", 6, 9, 9, 4, 1, 12, {}, false, 2, 10},
        {"of another life in the same epoch", 5, 11, 11, 2, 2, 10, Reason::not_permitted, false, 2,
         11},
        {"what lies between is gone", 5, 13, 13, 2, 0, 14, {}, true},
        {"nothing", 5, 11, 11, 0, 0, 10, {}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        std::vector<Put> puts;
        PeerInbox inbox;
        inbox.take({sender_key, 5, 1, 1, std::vector<Bytes>(10, Bytes{1}), 1, 1}, puts);
        const auto taken =
            inbox.take({sender_key, row.epoch, row.oldest, row.first,
                        std::vector<Bytes>(row.count, Bytes{1}), row.life, row.life_from},
                       puts);
        CHECK(taken.skip == row.skip);
        CHECK(taken.ack.acknowledged == row.acknowledged);
        CHECK(taken.ack.refused == row.refused);
        CHECK(taken.lost == row.lost);
    }
}

TEST_CASE(
    "messages arrive once and in order over a network that loses, repeats and reorders, "
    "between processes that die") {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        std::uint32_t state = seed * 2654435761U;
        const auto chance = [&](std::uint32_t in) {
            state = state * 1664525U + 1013904223U;
            return (state >> 16) % in == 0;
        };
        Sender sender;
        Receiver receiver;
        std::vector<Bytes> old_batches;
        Timestamp now{0};
        std::uint8_t said = 0;
        for (int step = 0; step < 400 || sender.link.waiting() > 0; ++step) {
            const bool calm = step >= 400;
            REQUIRE(step < 2'000);
            now = now + Duration::milliseconds(150);
            if (!calm && said < 100 && chance(2)) sender.say(++said);
            const auto batch = sender.turn(now);
            if (!calm && chance(15)) sender.restart();
            if (!old_batches.empty() && !calm && chance(4))
                receiver.take(old_batches[static_cast<std::size_t>(step) % old_batches.size()]);
            if (!batch) continue;
            old_batches.push_back(batch->body);
            if (!calm && chance(5)) continue;  // lost; the transport says nothing
            receiver.crash = !calm && chance(10);
            const auto ack = receiver.take(batch->body);
            if (!ack || (!calm && chance(5)))
                sender.link.replied(now, batch->batch, refuse(Reason::outcome_unknown),
                                    sender.puts);
            else
                sender.link.replied(now, batch->batch, *ack, sender.puts);
        }
        CHECK(receiver.heard == words(said));
    }
}

namespace {

// Says what waits until it is acknowledged; how many batches that took.
int deliver(Sender& sender, Receiver& receiver, Timestamp& now) {
    int batches = 0;
    while (sender.link.waiting() > 0) {
        REQUIRE(batches < 10);
        now = now + longest_retry;
        const auto batch = sender.turn(now);
        REQUIRE(batch);
        ++batches;
        const auto ack = receiver.take(batch->body);
        REQUIRE(ack);
        sender.link.replied(now, batch->batch, *ack, sender.puts);
    }
    sender.turn(now);
    return batches;
}

}  // namespace

TEST_CASE("a sender whose data is an older copy is heard, whatever its peer had heard before") {
    struct Row {
        const char* what;
        int restarts;         // after the copy was made
        std::uint8_t said;    // since then, before the copy was put back
        std::uint8_t say;     // afterwards
        bool epochs_go_back;  // or is the journal's epoch kept elsewhere
        int batches;          // until all is acknowledged
    };
    const Row rows[] = {
        {"less is said than was before", 0, 5, 2, true, 1},
        {"as much", 0, 5, 5, true, 1},
        {"more", 0, 5, 9, true, 1},
        {"in the epoch in which the other life spoke", 1, 5, 2, true, 2},
        {"in an earlier one", 4, 5, 9, true, 2},
        {"in a later one", 4, 5, 2, false, 1},
        {"nothing was said since the copy", 4, 0, 2, true, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        Sender sender;
        Receiver receiver;
        Timestamp now{0};
        for (std::uint8_t word = 1; word <= 3; ++word)
            sender.say(word);
        deliver(sender, receiver, now);
        const Disk copy = sender.disk;
        const std::uint64_t epoch_then = sender.epoch;
        for (int i = 0; i < row.restarts; ++i)
            sender.restart();
        for (std::uint8_t i = 0; i < row.said; ++i)
            sender.say(100);
        deliver(sender, receiver, now);
        if (row.said == 0) {  // all the same its peer heard of the later epoch
            sender.say(100);
            deliver(sender, receiver, now);
        }
        receiver.heard.clear();
        sender.restore(copy, row.epochs_go_back ? epoch_then : sender.epoch);
        Bytes expected;
        for (std::uint8_t word = 1; word <= row.say; ++word) {
            sender.say(word);
            expected.push_back(word);
        }
        CHECK(deliver(sender, receiver, now) == row.batches);
        CHECK(receiver.heard == expected);
        // and it goes on so, after a restart too, at the first attempt
        for (int i = 0; i < 2; ++i) {
            receiver.heard.clear();
            sender.say(50);
            CHECK(deliver(sender, receiver, now) == 1);
            CHECK(receiver.heard == Bytes{50});
            sender.restart();
        }
    }
}

TEST_CASE("batches and acknowledgements are canonical and limited") {
    const PeerBatch batch{sender_key, 3, 7, 8, {Bytes{1, 2}, Bytes{}}, 9, 4};
    const Bytes octets = encode_batch(batch);
    const auto decoded = decode_batch(octets);
    REQUIRE(decoded);
    CHECK(decoded->sender == batch.sender);
    CHECK(decoded->epoch == 3);
    CHECK(decoded->oldest == 7);
    CHECK(decoded->first == 8);
    CHECK(decoded->life == 9);
    CHECK(decoded->life_from == 4);
    CHECK(decoded->messages == batch.messages);

    Bytes longer = octets;
    longer.push_back(0);
    CHECK(decode_batch(longer).error() == Reason::not_canonical);
    Bytes other = octets;
    other[0] = 2;
    CHECK(decode_batch(other).error() == Reason::unknown_version);
    CHECK(decode_batch(ByteView(octets).first(20)).error() == Reason::malformed);
    CHECK(decode_batch(Bytes(max_batch_octets + 1, 0)).error() == Reason::too_large);
    CHECK(decode_batch(encode_batch({sender_key, 1, 0, 0, {}})).error() == Reason::malformed);
    CHECK(decode_batch(encode_batch({sender_key, 1, 5, 4, {}})).error() == Reason::malformed);

    CHECK(decode_batch(encode_batch({sender_key, 1, 1, 1, {}, 1, 0})).error() == Reason::malformed);

    for (const PeerAck& ack : {PeerAck{5, {}, 3}, PeerAck{0, Reason::not_found, 0}}) {
        const auto read = decode_ack(encode_ack(ack));
        REQUIRE(read);
        CHECK(read->acknowledged == ack.acknowledged);
        CHECK(read->refused == ack.refused);
        CHECK(read->epoch == ack.epoch);
    }
}
