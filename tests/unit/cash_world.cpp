#include "tests/unit/cash_world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::cash::testing {
namespace {

template <class F>
F derived(std::string_view use, std::string_view name) {
    return F{sha256(as_bytes(std::string(use) + std::string(name))).array()};
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

Amount units(std::string_view text) {
    const auto amount = parse_amount(text, 0);
    ASSERT(amount);
    return *amount;
}

std::string word(const Words& words, std::size_t index) {
    ASSERT(index < words.plain.size());
    return words.plain[index];
}

}  // namespace

PublicKey key_of(std::string_view name) {
    return derived<PublicKey>("key ", name);
}
CommandId command_id(std::string_view name) {
    return derived<CommandId>("command ", name);
}
EscrowId escrow_id(std::string_view name) {
    return derived<EscrowId>("escrow ", name);
}

Address account_of(std::string_view name) {
    const bool whole = name.find('.') != std::string_view::npos;
    const auto address =
        Address::parse(whole ? std::string(name) : "test.sek." + std::string(name));
    ASSERT(address);
    return *address;
}

AssetId asset_of(std::string_view text) {
    const auto slash = text.find('/');
    const auto asset =
        AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(text[slash + 1] - '0'));
    ASSERT(asset);
    return *asset;
}

Bytes preimage_of(std::string_view name) {
    const auto colon = name.find(':');
    std::size_t size = 32;
    if (colon != std::string_view::npos) size = std::stoul(std::string(name.substr(colon + 1)));
    const Hash seed = sha256(as_bytes(name.substr(1, colon - 1)));
    Bytes bytes;
    while (bytes.size() < size)
        append(bytes, seed.view());
    bytes.resize(size);
    return bytes;
}

Condition condition_named(std::string_view name) {
    return Condition{sha256(preimage_of(name)).array()};
}

Timestamp time_of(std::string_view text) {
    constexpr Timestamp start{1'700'000'000'000'000};
    const auto sign = text.find_first_of("+-", 1);
    const std::int64_t s = std::stoll(std::string(text.substr(0, sign)));
    std::int64_t us = 0;
    if (sign != std::string_view::npos) us = std::stoll(std::string(text.substr(sign)));
    return start + Duration{s * 1'000'000 + us};
}

Settings test_settings() {
    Settings settings;
    settings.ledger = account_of("test.sek");
    settings.ledger_operator = key_of("operator");
    settings.max_hold = Duration::seconds(3600);
    settings.max_amount = Amount{1'000'000};
    settings.retention = Duration::seconds(600);
    return settings;
}

std::string Words::option(const std::string& key, const std::string& otherwise) const {
    const auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
}

Words words_of(std::string_view text) {
    std::istringstream stream{std::string(text)};
    Words words;
    for (std::string one; stream >> one;) {
        const auto equals = one.find('=');
        if (equals == std::string::npos)
            words.plain.push_back(one);
        else
            words.options[one.substr(0, equals)] = one.substr(equals + 1);
    }
    return words;
}

OpBody op_of(const Words& words, Timestamp now) {
    const std::string verb = word(words, 0);
    const AssetId asset = asset_of(words.option("asset", "SEK/2"));
    const std::string until = words.option("not_after", "");
    const Timestamp not_after = until.empty() ? now + Duration::seconds(30) : time_of(until);
    if (verb == "open") return op::OpenAccount{account_of(word(words, 1)), key_of(word(words, 2))};
    if (verb == "asset") {
        return op::RegisterAsset{asset_of(word(words, 1)), key_of(word(words, 2)),
                                 units(word(words, 3))};
    }
    if (verb == "issue") return op::Issue{account_of(word(words, 1)), asset, units(word(words, 2))};
    if (verb == "redeem")
        return op::Redeem{account_of(word(words, 1)), asset, units(word(words, 2))};
    if (verb == "transfer") {
        return op::Transfer{account_of(word(words, 1)), account_of(word(words, 2)), asset,
                            units(word(words, 3)), not_after};
    }
    if (verb == "prepare") {
        return op::Prepare{{escrow_id(word(words, 1)), account_of(word(words, 2)),
                            account_of(word(words, 3)), asset, units(word(words, 4)),
                            condition_named(word(words, 5)), time_of(word(words, 6))},
                           not_after};
    }
    const EscrowKey key{account_of(word(words, 2)), escrow_id(word(words, 1))};
    if (verb == "fulfil") return op::Fulfil{key, preimage_of(word(words, 3))};
    if (verb == "reject") return op::Reject{key, account_of(word(words, 3))};
    if (verb == "refund") return op::Refund{key};
    UNREACHABLE();
}

input::Submit submit_of(const Instruction& instruction, bool new_business) {
    Bytes octets = encode_instruction(instruction);
    append(octets, Signature{}.view());
    return {instruction, std::move(octets), new_business};
}

World World::with_accounts() {
    World world;
    REQUIRE(world.apply(time_of("0"), input::Configure{test_settings()}));
    const std::vector<std::pair<const char*, const char*>> steps = {
        {"operator", "open alice alice"},    {"operator", "open bob bob"},
        {"operator", "open carol carol"},    {"operator", "asset SEK/2 bank 1"},
        {"operator", "asset ABC/0 bank 10"}, {"bank", "issue alice 100000"},
    };
    for (const auto& [signer, operation] : steps)
        REQUIRE(world.run(time_of("0"), signer, operation));
    return world;
}

Result<void> World::apply(Timestamp at, const Input& input) {
    if (const auto allowed = machine.check(at, input); !allowed) return allowed;
    Outputs<CashMachine> out;
    machine.apply(at, input, out);
    answers_.clear();
    for (Output& output : out.outputs) {
        if (auto* answers = std::get_if<output::Answers>(&output)) answers_ = answers->answers;
        auto* changed = std::get_if<output::Changed>(&output);
        if (changed == nullptr) continue;
        for (const output::Event& event : changed->events)
            events_.push_back(event.event);
        changes_.push_back(std::move(*changed));
    }
    for (Record& record : out.records)
        records_.push_back(std::move(record));
    ++inputs_;
    check_invariants();
    return {};
}

void World::check_invariants() {
    REQUIRE(machine.is_conserved());
    for (std::size_t i = events_.size(); i-- > 0;) {
        const LedgerEvent& event = events_[i];
        if (event.at < machine.time()) break;
        const EscrowKey key{event.terms.payer, event.terms.id};
        const auto [before, is_new] = states_.emplace(key, event.state);
        if (is_new || before->second == event.state) continue;
        // the only way forward is from prepared to one of the ends
        const bool forward =
            before->second == EscrowState::prepared || event.state == EscrowState::prepared;
        REQUIRE(forward);
        if (event.state != EscrowState::prepared) before->second = event.state;
    }
}

Result<std::uint64_t> World::run(Timestamp at, std::string_view signer,
                                 std::string_view operation) {
    const Words words = words_of(operation);
    const std::string valid = words.option("valid_until", "");
    Instruction instruction{account_of(words.option("ledger", "test.sek")),
                            key_of(signer),
                            valid.empty() ? at + Duration::seconds(60) : time_of(valid),
                            {}};
    const std::string name = words.option("id", "op" + std::to_string(++next_id_));
    const std::size_t copies = std::stoul(words.option("copies", "1"));
    for (std::size_t i = 0; i < copies; ++i)
        instruction.ops.push_back({command_id(name), op_of(words, at)});
    const bool business = words.option("disk", "ample") == "ample";
    if (const auto done = apply(at, submit_of(instruction, business)); !done)
        return refuse(done.error());
    REQUIRE(answers_.size() == copies);
    const OpAnswer& answer = answers_.front();
    REQUIRE(answer.id == instruction.ops.front().id);
    if (!answer.done) return refuse(answer.reason);
    return answer.sequence;
}

namespace {

std::string show_balance(const World& world, const Words& words) {
    const auto account = world.machine.book().find(account_of(word(words, 1)));
    const auto asset = world.machine.book().find(asset_of(words.option("asset", "SEK/2")));
    REQUIRE(account);
    REQUIRE(asset);
    const Holding holding = world.machine.book().holding(*account, *asset);
    return std::to_string(holding.free.units()) + "+" + std::to_string(holding.escrowed.units());
}

std::string show_escrow(const World& world, const Words& words) {
    const auto payer = world.machine.book().find(account_of(word(words, 2)));
    REQUIRE(payer);
    const Escrow* escrow =
        world.machine.escrows().find(EscrowPlace{*payer, escrow_id(word(words, 1))});
    return escrow == nullptr ? "none" : std::string(to_string(escrow->state));
}

std::string show_answer(const Result<std::uint64_t>& answer, const std::string& expected) {
    if (!answer) return std::string(to_string(answer.error()));
    return expected == "ok" ? "ok" : "ok " + std::to_string(*answer);
}

std::string show_ask(const World& world, Timestamp at, const std::string& who, const Words& words) {
    QueryBody body;
    if (word(words, 1) == "escrow")
        body = ask::Escrow{{account_of(word(words, 3)), escrow_id(word(words, 2))}};
    else if (word(words, 1) == "open")
        body = ask::OpenEscrows{account_of(word(words, 2))};
    else
        body = ask::Balances{account_of(word(words, 2))};
    const auto reader =
        who == "auditor" ? CashMachine::Reader::auditor : CashMachine::Reader::owner;
    const auto answer = world.machine.ask(at, key_of(who), reader, body);
    if (!answer) return std::string(to_string(answer.error()));
    return std::to_string(answer->escrows.size()) + "/" + std::to_string(answer->balances.size());
}

std::string run_row(World& world, Timestamp at, const std::string& who, const std::string& text,
                    const std::string& expected) {
    const Words words = words_of(text);
    const std::string verb = word(words, 0);
    if (verb == "balance") return show_balance(world, words);
    if (verb == "escrow") return show_escrow(world, words);
    if (verb == "ask") return show_ask(world, at, who, words);
    if (verb == "wake" || verb == "upgrade" || verb == "configure") {
        Input input = input::Wake{};
        if (verb == "upgrade") {
            const auto rules = static_cast<std::uint16_t>(std::stoul(word(words, 1)));
            input = input::Upgrade{rules};
        } else if (verb == "configure") {
            Settings settings = test_settings();
            settings.ledger = account_of(words.option("ledger", "test.sek"));
            settings.max_hold = Duration::seconds(std::stoll(words.option("max_hold", "3600")));
            Limits& limits = settings.limits;
            const auto limit = [&](const char* name, std::uint32_t& value) {
                const std::string given = words.option(name, std::to_string(value));
                value = static_cast<std::uint32_t>(std::stoul(given));
            };
            limit("max_accounts", limits.max_accounts);
            limit("max_assets", limits.max_assets);
            limit("max_open_escrows", limits.max_open_escrows);
            limit("max_open_escrows_of_payer", limits.max_open_escrows_of_payer);
            limit("max_tombstones_of_payee", limits.max_tombstones_of_payee);
            limit("max_answers", limits.max_answers);
            limit("max_answers_of_signer", limits.max_answers_of_signer);
            input = input::Configure{settings};
        }
        const auto done = world.apply(at, input);
        return done ? "ok" : std::string(to_string(done.error()));
    }
    return show_answer(world.run(at, who, text), expected);
}

}  // namespace

void run_table(World& world, std::string_view table, std::set<std::string>& seen) {
    std::istringstream lines{std::string(table)};
    for (std::string row; std::getline(lines, row);) {
        const std::string text = trimmed(row.substr(0, row.find('#')));
        if (text.empty()) continue;
        const auto first = text.find('|');
        const auto second = text.find('|', first + 1);
        REQUIRE_MESSAGE(second != std::string::npos, text);
        const Words head = words_of(text.substr(0, first));
        const std::string who = head.plain.size() > 1 ? head.plain[1] : "";
        const std::string expected = trimmed(std::string_view(text).substr(second + 1));
        const std::string result = run_row(
            world, time_of(word(head, 0)), who,
            trimmed(std::string_view(text).substr(first + 1, second - first - 1)), expected);
        CHECK_MESSAGE(result == expected, text);
        seen.insert(result);
    }
}

}  // namespace lockstep::cash::testing
