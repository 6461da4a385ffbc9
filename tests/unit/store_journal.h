// Fills stores with rows of a known content, for tests that damage them.
#pragma once

#include <doctest/doctest.h>

#include "sdk/machine/journal.h"
#include "tests/unit/store_directory.h"

namespace lockstep::testing {

class Writer {
public:
    // Opens the store, which must succeed.
    explicit Writer(Store& store) : store_(store) {
        auto recovered = store.open();
        REQUIRE_MESSAGE(recovered, recovered.error().detail);
        recovered_ = std::move(*recovered);
        end_.begin(recovered_);
    }

    // One transaction of so many rows.
    Durability write(std::size_t rows, std::size_t body_octets = 20) {
        Turn<int> turn;
        for (std::size_t i = 0; i < rows; ++i) {
            const Timestamp at = end_.stamp(Timestamp{1});
            turn.entries.push_back(
                {RowKind::input, at, Bytes(body_octets, static_cast<std::uint8_t>(i))});
        }
        Batch batch = end_.seal(turn, 1);
        Bytes key(8, static_cast<std::uint8_t>(end_.seq()));
        batch.records.push_back({1, key, key});
        batch.puts.push_back({1, key, key});
        return append(std::move(batch));
    }
    Durability append(Batch batch) {
        std::optional<Durability> outcome;
        store_.append(std::move(batch), [&](Durability value) { outcome = value; });
        store_.maintain();
        REQUIRE(outcome);
        return *outcome;
    }
    Result<void, Failure> snapshot(Bytes state) {
        return store_.save_snapshot(end_.snapshot(std::move(state)));
    }

    const Recovered& recovered() const { return recovered_; }
    const JournalEnd& end() const { return end_; }

private:
    Store& store_;
    Recovered recovered_;
    JournalEnd end_;
};

}  // namespace lockstep::testing
