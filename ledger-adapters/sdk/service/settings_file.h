// The configuration of a ledger's program: a TOML file, read strictly. Reading goes on after a
// mistake, so that one run tells all of them, a line each with file and key; a key that nobody
// asked for is a mistake.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"
#include "sdk/codec/json.h"

namespace lockstep::service {

using Mistakes = std::vector<std::string>;  // "ledger.toml: listen.port: expected 0 to 65535"

class SettingsTable {
public:
    // `values` is an object; it and `mistakes` outlive the table.
    SettingsTable(const Json& values, std::string where, Mistakes& mistakes);
    // Reports the keys that were not asked for.
    ~SettingsTable();
    SettingsTable(const SettingsTable&) = delete;
    SettingsTable& operator=(const SettingsTable&) = delete;

    // Without a default the key must be there. After a mistake they give the default or a zero.
    std::string text(std::string_view key,
                     const std::optional<std::string>& otherwise = std::nullopt);
    std::uint64_t integer(std::string_view key, std::uint64_t most,
                          std::optional<std::uint64_t> otherwise = std::nullopt,
                          std::uint64_t least = 0);
    bool flag(std::string_view key, bool otherwise);
    Duration seconds(std::string_view key, Duration otherwise);
    Duration milliseconds(std::string_view key, Duration otherwise);
    Address address(std::string_view key);
    PublicKey public_key(std::string_view key);
    std::vector<PublicKey> public_keys(std::string_view key);
    std::vector<std::string> texts(std::string_view key);

    using Read = std::function<void(SettingsTable&)>;
    // A table that may be absent; then it is read as an empty one.
    void table(std::string_view key, const Read& read);
    // An array of tables that may be absent.
    void tables(std::string_view key, const Read& read);

    void mistake(std::string_view key, std::string_view expected);
    // Whether nothing was a mistake so far.
    bool sound() const { return mistakes_.size() == mistakes_before_; }

private:
    const Json* take(std::string_view key, bool required, std::string_view expected);

    const Json& values_;
    std::string where_;  // "file: " or "file: table."
    Mistakes& mistakes_;
    const std::size_t mistakes_before_;
    std::vector<std::string> asked_;
};

// The file as JSON values; dates and fractions are mistakes. Nothing where it cannot be read, and
// then there is one mistake.
std::optional<Json> read_settings_file(const std::filesystem::path& file, Mistakes& mistakes);

}  // namespace lockstep::service
