// Reads a table of the configuration strictly and goes on after a mistake, so that one run tells
// all of them: a line each, with the key and what is expected there. A key that nobody read is a
// mistake.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"
#include "sdk/codec/json.h"

namespace lockstep::node {

using Mistakes = std::vector<std::string>;

class Section {
public:
    // `table` and `mistakes` must outlive the section.
    Section(const Json& table, std::string path, Mistakes& mistakes);
    // Tells what was not read.
    ~Section();
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

    bool has(std::string_view key) const { return table_.find(key) != nullptr; }

    // Without `otherwise` the key must be there. What is wrong reads as the default or empty.
    std::string text(std::string_view key,
                     const std::optional<std::string>& otherwise = std::nullopt);
    bool flag(std::string_view key, bool otherwise);
    std::uint64_t integer(std::string_view key, std::uint64_t most,
                          std::optional<std::uint64_t> otherwise = std::nullopt,
                          std::uint64_t least = 0);
    // Whole milliseconds; the key ends in _ms.
    Duration milliseconds(std::string_view key, std::optional<Duration> otherwise = std::nullopt);
    Address address(std::string_view key);
    std::vector<Address> addresses(std::string_view key);
    std::vector<std::string> texts(std::string_view key);
    // 64 hexadecimal digits.
    PublicKey public_key(std::string_view key);
    // "SEK/2": code and scale.
    AssetId asset(std::string_view key);
    // A decimal text in the asset's unit.
    Amount amount(std::string_view key, const AssetId& asset,
                  std::optional<Amount> otherwise = std::nullopt, Amount least = Amount{});
    // A decimal text above 0, in units of its last decimal; zero after a mistake.
    Amount decimal(std::string_view key, std::uint8_t decimals, std::string_view expected);
    std::size_t choice(std::string_view key, const std::vector<std::string>& words,
                       std::optional<std::size_t> otherwise = std::nullopt);

    using Read = std::function<void(Section&)>;
    // A table; without it, `read` is not called, and that is a mistake where it is required.
    bool table(std::string_view key, bool required, const Read& read);
    // An array of tables, may be absent.
    void tables(std::string_view key, const Read& read);
    // A table of texts, numbers and flags, as texts.
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view key);

    void mistake(std::string_view key, const std::string& what);
    std::string path_of(std::string_view key) const;
    // Of the whole file so far.
    std::size_t mistakes() const { return mistakes_.size(); }

private:
    const Json* take(std::string_view key, bool required, std::string_view expected);

    const Json& table_;
    std::string path_;
    Mistakes& mistakes_;
    std::vector<std::string> read_;
};

}  // namespace lockstep::node
