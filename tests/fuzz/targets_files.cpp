// Files that people write or processes leave behind. A mistake in one is a value with a sentence.
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "connector/client/trades_file.h"
#include "connector/node/settings.h"
#include "sdk/codec/toml.h"
#include "sdk/machine/adapter_settings.h"
#include "sdk/machine/state_file.h"
#include "sdk/service/json_views.h"
#include "sdk/service/settings_file.h"
#include "sdk/store/journal_file.h"
#include "securities/adapter/securities_adapter.h"
#include "sim/scenario/check.h"
#include "sim/scenario/read.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {
namespace {

struct Row {
    Hash previous;
    JournalRow row;
};

Row read_row(OerReader& from) {
    Row read;
    read.previous = from.fixed<Hash>();
    read.row.seq = from.u64();
    read.row.at = from.time();
    read.row.kind = static_cast<RowKind>(from.u16());
    read.row.rules = from.u16();
    read.row.epoch = from.u64();
    const ByteView body = from.octets(4096);
    read.row.body.assign(body.begin(), body.end());
    return read;
}

bool are_same(const Row& a, const Row& b) {
    return a.previous == b.previous && a.row.seq == b.row.seq && a.row.at == b.row.at &&
           a.row.kind == b.row.kind && a.row.rules == b.row.rules && a.row.epoch == b.row.epoch &&
           a.row.body == b.row.body;
}

}  // namespace

// Two rows that differ anywhere have different hashes.
bool fuzz_journal_row(ByteView octets) {
    OerReader from(octets);
    const Row first = read_row(from);
    const Row other = read_row(from);
    if (!from.finish()) return false;
    const bool same = are_same(first, other);
    ASSERT(same ==
           (chain_hash(first.previous, first.row) == chain_hash(other.previous, other.row)));
    return true;
}

// A journal that was damaged on its disk is refused, or what is read from it is a chain.
bool fuzz_journal_file(ByteView octets) {
    const ScratchFile file(octets);
    auto database = sqlite::Database::open(file.path(), sqlite::Access::read_only, "");
    if (!database) return false;
    const auto contents = identify_journal(*database);
    if (!contents) {
        ASSERT(!contents.error().code.empty() && !contents.error().detail.empty());
        return false;
    }
    if (*contents == JournalContents::nothing) return false;
    bool accepted = false;
    for (const ReadFrom where : {ReadFrom::snapshot, ReadFrom::first_row}) {
        const auto read = read_journal(*database, where);
        if (!read) {
            ASSERT(read.error().code == "corrupt" || read.error().code == "io");
            continue;
        }
        accepted = true;
        Hash chain = read->snapshot ? read->snapshot->chain : Hash{};
        std::uint64_t seq = read->snapshot ? read->snapshot->seq : 0;
        if (read->snapshot) ASSERT(sha256(read->snapshot->state) == read->snapshot->digest);
        for (const JournalRow& row : read->rows) {
            ASSERT(row.seq == ++seq && chain_hash(chain, row) == row.chain);
            chain = row.chain;
        }
        ASSERT(read->last_seq == seq && read->last_chain == chain);
    }
    const auto verified = verify_journal(file.path(), "");
    ASSERT(verified || !verified.error().detail.empty());
    return accepted;
}

bool fuzz_state_file(ByteView octets) {
    const ScratchFile file(octets);
    const auto digest = read_state_file(file.path());
    if (!digest) {
        ASSERT(digest.error().code == "malformed");
        return false;
    }
    const ScratchFile again(as_bytes(to_json(*digest)));
    ASSERT(read_state_file(again.path()) == *digest);
    return true;
}

bool fuzz_key_file(ByteView octets) {
    const ScratchFile file(octets);
    const auto seed = read_key_file(file.path());
    if (!seed) {
        ASSERT(seed.error().code == "key_file_malformed");
        // what is secret does not get into a message
        if (octets.size() >= 32 && from_hex(as_text(octets.first(32))))
            ASSERT(seed.error().detail.find(as_text(octets.first(32))) == std::string::npos);
        return false;
    }
    ASSERT(octets.size() == 2 * KeySeed::size + 1 && octets.back() == '\n');
    const auto same = from_hex(as_text(octets.first(2 * KeySeed::size)));
    ASSERT(same && equal(*same, seed->view()));
    return true;
}

bool fuzz_trades_csv(ByteView octets) {
    const ScratchFile file(octets);
    const auto trades = client::read_trades(file.path());
    if (!trades) {
        ASSERT(trades.error().code == "malformed");
        ASSERT(trades.error().detail.starts_with(file.path()));
        return false;
    }
    const auto rows = static_cast<std::size_t>(std::count(octets.begin(), octets.end(), '\n'));
    ASSERT(trades->size() <= rows);
    std::string written = "reference,isin,quantity,price_sek,buyer,seller,time\n";
    for (const client::TradeRequest& t : *trades) {
        for (const std::string* field :
             {&t.reference, &t.instrument, &t.quantity, &t.price, &t.buyer, &t.seller})
            written += *field + ",";
        written += t.time + "\n";
    }
    const ScratchFile copy(as_bytes(written));
    const auto again = client::read_trades(copy.path());
    ASSERT(again && again->size() == trades->size());
    for (std::size_t i = 0; i < trades->size(); ++i)
        ASSERT((*again)[i].reference == (*trades)[i].reference &&
               (*again)[i].time == (*trades)[i].time);
    return true;
}

bool fuzz_toml(ByteView octets) {
    const auto document = parse_toml(as_text(octets));
    const ScratchFile file(octets);
    const auto from_file = read_toml_file(file.path());
    ASSERT(document.has_value() == from_file.has_value());
    if (!document) {
        const TomlMistake& mistake = document.error();
        ASSERT(mistake.trouble == TomlTrouble::malformed && !mistake.what.empty());
        ASSERT(mistake.line >= 1 && mistake.line == from_file.error().line);
        return false;
    }
    ASSERT(document->values == from_file->values && document->refused == from_file->refused);
    ASSERT(document->values.as_object() != nullptr);
    // Without fractions more is refused, and what is left is the same.
    const auto whole = parse_toml(as_text(octets), {SIZE_MAX, false});
    ASSERT(whole && whole->refused.size() >= document->refused.size());
    if (whole->refused.empty()) ASSERT(whole->values == document->values);
    return true;
}

bool fuzz_node_settings(ByteView octets) {
    const auto document = parse_toml(as_text(octets));
    if (!document) return false;
    const auto read = node::read_settings(document->values, "node.toml", named<PublicKey>("self"));
    if (!read.mistakes.empty()) {
        for (const std::string& mistake : read.mistakes)
            ASSERT(mistake.starts_with("node.toml: "));
        return false;
    }
    // What no mistake was found in is sound, and survives the journal.
    ASSERT(core::check_config(read.settings.node).empty());
    ASSERT(read.settings.ledgers.size() == read.settings.node.ledgers.size());
    ASSERT(read.settings.peers.size() == read.settings.node.peers.size());
    ASSERT(is_canonical_archive<core::NodeConfig>(encode_fields(read.settings.node)));
    return true;
}

// The settings of a ledger's program, read as lockstep-cash and lockstep-securities read theirs.
bool fuzz_ledger_settings(ByteView octets) {
    const ScratchFile file(octets);
    service::Mistakes mistakes;
    const auto document = service::read_settings_file(file.path(), mistakes);
    if (!document) {
        ASSERT(mistakes.size() == 1 && !mistakes.front().empty());
        return false;
    }
    const std::size_t before = mistakes.size();
    cash::Settings settings;
    std::vector<PublicKey> keys;
    std::vector<std::string> assets;
    {
        service::SettingsTable root(*document, "ledger.toml: ", mistakes);
        root.table("ledger", [&](service::SettingsTable& table) {
            settings.ledger = table.address("address");
            settings.ledger_operator = table.public_key("operator");
            settings.max_hold = table.seconds("max_hold_s", settings.max_hold);
            settings.max_amount =
                Amount{table.integer("max_amount", INT64_MAX, settings.max_amount.units())};
        });
        root.table("profile", [&](service::SettingsTable& table) {
            settings.profile.inclusion =
                table.milliseconds("inclusion_ms", settings.profile.inclusion);
        });
        root.table("readers",
                   [&](service::SettingsTable& table) { keys = table.public_keys("auditors"); });
        root.table("log", [&](service::SettingsTable& table) {
            table.text("file", "");
            table.flag("loud", false);
        });
        root.tables("assets",
                    [&](service::SettingsTable& table) { assets.push_back(table.text("code")); });
    }
    for (std::size_t i = before; i < mistakes.size(); ++i)
        ASSERT(mistakes[i].starts_with("ledger.toml: "));
    if (!mistakes.empty()) return false;
    ASSERT(!settings.ledger.empty() && settings.max_hold >= Duration{});
    ASSERT(settings.profile.inclusion >= Duration{});
    return true;
}

// What was read means something, and is written as a file that reads the same.
bool fuzz_scenario(ByteView octets) {
    const auto scenario = sim::parse_scenario(as_text(octets), "s.toml");
    if (!scenario) {
        ASSERT(!scenario.error().empty());
        for (const sim::Mistake& mistake : scenario.error())
            ASSERT(mistake.file == "s.toml" && mistake.text().starts_with("s.toml:"));
        return false;
    }
    ASSERT(sim::check_scenario(*scenario).empty());
    const std::string written = sim::write_scenario(*scenario);
    const auto again = sim::parse_scenario(written, "s.toml");
    ASSERT(again && sim::write_scenario(*again) == written);
    return true;
}

// Lines of key=value: the settings of an adapter.
bool fuzz_adapter_settings(ByteView octets) {
    AdapterSetup setup;
    setup.ledger = ledger_address();
    setup.signer = std::make_shared<LenientSigner>(named<PublicKey>("self"));
    setup.scheme = std::make_shared<LenientScheme>();
    setup.profile = cash_settings().profile;
    for (std::string_view rest = as_text(octets); !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(line.find('='), line.size());
        setup.settings.emplace_back(line.substr(0, equals),
                                    line.substr(std::min(equals + 1, line.size())));
        service::parse_asset(line);
    }
    const auto settings = read_adapter_settings(setup, {"chain", "validators", "quorum"});
    if (settings) {
        ASSERT(settings->in_flight >= 1 && settings->in_flight <= 64);
        ASSERT(settings->ops_per_instruction >= 1 && settings->ops_per_instruction <= max_ops);
        ASSERT(settings->retry_most >= settings->retry_first);
        for (const unsigned attempt : {0U, 1U, 16U, 4'000'000'000U}) {
            const Duration pause = retry_pause(*settings, attempt, attempt);
            ASSERT(pause > Duration{} && pause <= settings->retry_most);
        }
    } else {
        ASSERT(!settings.error().empty() && !settings.error().front().what.empty());
    }
    const auto trust = securities::read_trust(setup);
    if (trust) {
        const auto& validators = trust->validators;
        ASSERT(validators.quorum <= validators.keys.size());
        ASSERT(validators.quorum >=
               securities::ValidatorSet::default_quorum(validators.keys.size()));
    } else {
        ASSERT(!trust.error().empty() && !trust.error().front().what.empty());
    }
    return settings.has_value();
}

}  // namespace lockstep::fuzz
