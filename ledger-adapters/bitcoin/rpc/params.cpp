#include "bitcoin/rpc/params.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

std::string_view first_name(std::string_view names) {
    return names.substr(0, names.find('|'));
}

bool has_name(std::string_view names, std::string_view name) {
    while (true) {
        const std::size_t end = names.find('|');
        if (names.substr(0, end) == name) return true;
        if (end == std::string_view::npos) return false;
        names.remove_prefix(end + 1);
    }
}

// Empty where a value is not looked at before the method does.
std::string_view expected_type(ParamType type) {
    switch (type) {
        case ParamType::text:
        case ParamType::hex:
            return "string";
        case ParamType::number:
            return "number";
        case ParamType::boolean:
            return "bool";
        case ParamType::array:
            return "array";
        case ParamType::object:
            return "object";
        case ParamType::amount:
            return {};
    }
    UNREACHABLE();
}

std::string_view help_type(ParamType type) {
    switch (type) {
        case ParamType::text:
        case ParamType::hex:
            return "string";
        case ParamType::number:
            return "numeric";
        case ParamType::boolean:
            return "boolean";
        case ParamType::array:
            return "json array";
        case ParamType::object:
            return "json object";
        case ParamType::amount:
            return "numeric or string";
    }
    UNREACHABLE();
}

std::string mismatch(const Json& value, std::string_view expected) {
    return "JSON value of type " + std::string(type_name(value)) + " is not of expected type " +
           std::string(expected);
}

std::size_t required_count(std::span<const ParamSpec> params) {
    std::size_t count = params.size();
    while (count > 0 && !params[count - 1].required)
        --count;
    return count;
}

bool is_text(ParamType type) {
    return type == ParamType::text || type == ParamType::hex;
}

}  // namespace

std::string help_of(const MethodSpec& spec) {
    std::string text(spec.name);
    bool optional = false;
    for (const ParamSpec& param : spec.params) {
        if (!param.required && !optional) {
            optional = true;
            text += " (";
        }
        const std::string name(first_name(param.names));
        text += ' ' + (is_text(param.type) ? '"' + name + '"' : name);
    }
    if (optional) text += " )";
    text += "\n\n" + std::string(spec.about) + "\n";
    if (!spec.params.empty()) text += "\nArguments:\n";
    for (std::size_t i = 0; i < spec.params.size(); ++i) {
        const ParamSpec& param = spec.params[i];
        text += std::to_string(i + 1) + ". " + std::string(first_name(param.names)) + "    (" +
                std::string(help_type(param.type)) +
                (param.required ? ", required)" : ", optional)") + "\n";
    }
    return text;
}

std::string_view type_name(const Json& value) {
    switch (value.kind()) {
        case Json::Kind::null:
            return "null";
        case Json::Kind::boolean:
            return "bool";
        case Json::Kind::integer:
        case Json::Kind::decimal:
            return "number";
        case Json::Kind::text:
            return "string";
        case Json::Kind::array:
            return "array";
        case Json::Kind::object:
            return "object";
    }
    UNREACHABLE();
}

Params::Params(const MethodSpec& spec, const Json& given) : spec_(spec) {
    if (const Json::Object* const named = given.as_object())
        name_to_place(*named);
    else if (const Json::Array* const values = given.as_array())
        values_ = *values;
    if (failed()) return;
    if (values_.size() < required_count(spec.params) || values_.size() > spec.params.size())
        refuse(RpcCode::misc_error, help_of(spec));
    else
        check_types();
}

void Params::refuse(RpcCode code, std::string message) {
    if (!failed()) error_ = RpcError{code, std::move(message)};
}

// "args" may hold those that have a position beside others that have a name.
void Params::name_to_place(const Json::Object& given) {
    for (const Json::Member& member : given) {
        if (member.key != "args") continue;
        if (const Json::Array* const placed = member.value.as_array()) values_ = *placed;
    }
    const std::size_t placed = values_.size();
    for (const Json::Member& member : given) {
        if (member.key == "args" && member.value.as_array() != nullptr) continue;
        const auto found =
            std::find_if(spec_.params.begin(), spec_.params.end(),
                         [&](const ParamSpec& param) { return has_name(param.names, member.key); });
        if (found == spec_.params.end())
            return refuse(RpcCode::invalid_parameter, "Unknown named parameter " + member.key);
        const auto place = static_cast<std::size_t>(found - spec_.params.begin());
        if (place < placed) {
            return refuse(RpcCode::invalid_parameter,
                          "Parameter " + member.key +
                              " specified twice both as positional and named argument");
        }
        if (place < values_.size() && !values_[place].is_null()) {
            return refuse(RpcCode::invalid_parameter,
                          "Parameter " + member.key + " specified multiple times");
        }
        if (place >= values_.size()) values_.resize(place + 1);
        values_[place] = member.value;
    }
}

void Params::check_types() {
    Json wrong = Json::object();
    for (std::size_t i = 0; i < spec_.params.size(); ++i) {
        const ParamSpec& param = spec_.params[i];
        const std::string_view expected = expected_type(param.type);
        if (param.any_type || expected.empty()) continue;
        if (!param.required && !has(i)) continue;
        if (type_name(at(i)) == expected) continue;
        wrong.set("Position " + std::to_string(i + 1) + " (" + std::string(param.names) + ")",
                  mismatch(at(i), expected));
    }
    if (wrong.size() == 0) return;
    // Bitcoin Core indents by four here.
    std::string list = "{\n";
    for (const Json::Member& member : *wrong.as_object()) {
        if (list.size() > 2) list += ",\n";
        list += "    " + write_json(Json(member.key)) + ": " + write_json(member.value);
    }
    refuse(RpcCode::type_error, "Wrong type passed:\n" + list + "\n}");
}

const Json& Params::at(std::size_t i) const {
    static const Json null;
    return i < values_.size() ? values_[i] : null;
}

std::string Params::text(std::size_t i) {
    if (const std::string* const text = at(i).as_text()) return *text;
    refuse(RpcCode::type_error, mismatch(at(i), "string"));
    return {};
}

std::int64_t Params::integer(std::size_t i, std::int64_t least, std::int64_t most) {
    const Json& value = at(i);
    if (type_name(value) != "number") {
        refuse(RpcCode::type_error, mismatch(value, "number"));
        return 0;
    }
    const auto number = value.as_int64();
    if (number && *number >= least && *number <= most) return *number;
    refuse(RpcCode::misc_error, "JSON integer out of range");
    return 0;
}

bool Params::boolean(std::size_t i, bool otherwise) {
    if (!has(i)) return otherwise;
    if (const auto value = at(i).as_bool()) return *value;
    refuse(RpcCode::type_error, mismatch(at(i), "bool"));
    return otherwise;
}

int Params::verbosity(std::size_t i, int otherwise, bool allows_boolean) {
    if (!has(i)) return otherwise;
    if (const auto value = at(i).as_bool()) {
        if (!allows_boolean) {
            refuse(RpcCode::type_error, "Verbosity was boolean but only integer allowed");
            return otherwise;
        }
        return *value ? 1 : 0;
    }
    return static_cast<int>(integer(i, INT32_MIN, INT32_MAX));
}

Txid Params::hash(std::size_t i, std::string_view name) {
    return hash_in(at(i), name);
}

Txid Params::hash_in(const Json& value, std::string_view name) {
    const std::string* const text = value.as_text();
    if (text == nullptr) {
        refuse(RpcCode::type_error, mismatch(value, "string"));
        return {};
    }
    if (const auto id = txid_from_text(*text)) return *id;
    constexpr std::size_t digits = 2 * Txid::size;
    if (text->size() != digits) {
        refuse(RpcCode::invalid_parameter,
               std::string(name) + " must be of length " + std::to_string(digits) + " (not " +
                   std::to_string(text->size()) + ", for '" + *text + "')");
    } else {
        refuse(RpcCode::invalid_parameter,
               std::string(name) + " must be hexadecimal string (not '" + *text + "')");
    }
    return {};
}

Bytes Params::hex(std::size_t i, std::string_view name) {
    const std::string digits = text(i);
    if (auto bytes = from_hex(digits); bytes && !digits.empty()) return std::move(*bytes);
    refuse(RpcCode::invalid_parameter,
           std::string(name) + " must be hexadecimal string (not '" + digits + "')");
    return {};
}

Satoshi Params::amount(std::size_t i) {
    const auto value = read_amount(at(i));
    if (value) return *value;
    refuse(value.error().code, value.error().message);
    return 0;
}

Transaction Params::transaction(std::size_t i) {
    const auto bytes = from_hex(text(i));
    if (bytes) {
        if (auto transaction = parse_transaction(*bytes)) return std::move(*transaction);
    }
    refuse(RpcCode::deserialization_error,
           "TX decode failed. Make sure the tx has at least one input.");
    return {};
}

Block Params::block(std::size_t i) {
    const auto bytes = from_hex(text(i));
    if (bytes) {
        if (auto block = parse_block(*bytes)) return std::move(*block);
    }
    refuse(RpcCode::deserialization_error, "Block decode failed");
    return {};
}

}  // namespace lockstep::bitcoin
