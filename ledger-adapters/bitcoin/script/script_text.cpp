#include "bitcoin/script/script_text.h"

#include <charconv>

#include "bitcoin/script/script.h"
#include "bitcoin/script/script_number.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";
constexpr std::int64_t largest_number = 0xffffffff;

std::optional<std::int64_t> number_in(std::string_view word) {
    std::int64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

bool add_word(ScriptWriter& script, Bytes& raw, std::string_view word) {
    const auto value = number_in(word);
    if (value) {
        if (*value < -largest_number || *value > largest_number) return false;
        script.number(*value);
    } else if (word.starts_with("0x") && word.size() > 2) {
        const auto bytes = from_hex(word.substr(2));
        if (!bytes) return false;
        append(raw, *bytes);
    } else if (word.size() >= 2 && word.front() == '\'' && word.back() == '\'') {
        script.push(as_bytes(word.substr(1, word.size() - 2)));
    } else if (const auto op = op_from_text(word)) {
        script.op(*op);
    } else {
        return false;
    }
    append(raw, script.take());
    return true;
}

}  // namespace

std::optional<Bytes> parse_script(std::string_view text) {
    Bytes script;
    while (true) {
        const std::size_t from = text.find_first_not_of(blanks);
        if (from == std::string_view::npos) return script;
        text.remove_prefix(from);
        const std::string_view word = text.substr(0, text.find_first_of(blanks));
        text.remove_prefix(word.size());
        ScriptWriter writer;
        if (!add_word(writer, script, word)) return std::nullopt;
    }
}

std::string disassemble(ByteView script) {
    std::string text;
    ScriptReader reader(script);
    while (!reader.at_end()) {
        if (!text.empty()) text += ' ';
        const auto instruction = reader.next();
        if (!instruction) return text + "[error]";
        if (instruction->is_push()) {
            const auto number = decode_number(instruction->data, false, number_size);
            text += number ? std::to_string(*number) : to_hex(instruction->data);
        } else if (instruction->op == Opcode::op_1negate) {
            text += "-1";
        } else if (instruction->op >= Opcode::op_1 && instruction->op <= Opcode::op_16) {
            text += std::to_string(static_cast<int>(instruction->op) - 0x50);
        } else {
            const std::string_view name = to_string(instruction->op);
            text += name.empty() ? "OP_UNKNOWN" : name;
        }
    }
    return text;
}

}  // namespace lockstep::bitcoin
