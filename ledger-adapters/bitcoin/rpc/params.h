// A method's parameters: how many, of which types, by position or by name, and as values. What is
// wrong with them is said with Bitcoin Core's codes and texts.
// Source: Bitcoin Core 29, rpc/server.cpp, rpc/util.cpp, core_io.h.
#pragma once

#include <span>
#include <vector>

#include "bitcoin/chain/block.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

enum class ParamType : std::uint8_t { text, hex, number, boolean, array, object, amount };

struct ParamSpec {
    std::string_view names;  // "verbosity|verbose": the first is shown, each may name it
    ParamType type = ParamType::text;
    bool required = false;
    bool any_type = false;  // the method looks at it itself
};
struct MethodSpec {
    std::string_view category;  // "blockchain"
    std::string_view name;
    std::span<const ParamSpec> params;
    std::string_view about;
};
// What `help METHOD` answers, and every call with too few or too many parameters.
std::string help_of(const MethodSpec& spec);

// "bool", "number", "string" …
std::string_view type_name(const Json& value);

// The first mistake sticks; what is read after it is a zero value.
class Params {
public:
    // Names become positions, and types are checked: failed() may be true at once.
    Params(const MethodSpec& spec, const Json& given);

    bool failed() const { return error_.has_value(); }
    tl::unexpected<RpcError> failure() const { return tl::unexpected<RpcError>(*error_); }
    void refuse(RpcCode code, std::string message);

    std::size_t count() const { return values_.size(); }
    // Null where it was not given.
    const Json& at(std::size_t i) const;
    bool has(std::size_t i) const { return !at(i).is_null(); }

    std::string text(std::size_t i);
    std::int64_t integer(std::size_t i, std::int64_t least, std::int64_t most);
    bool boolean(std::size_t i, bool otherwise);
    // A number, or a boolean where these are allowed: true is 1.
    int verbosity(std::size_t i, int otherwise, bool allows_boolean);
    // `name`: as it is called in the mistake.
    Txid hash(std::size_t i, std::string_view name);
    Txid hash_in(const Json& value, std::string_view name);
    BlockId block_id(std::size_t i, std::string_view name) {
        return BlockId{hash(i, name).array()};
    }
    // One octet at least.
    Bytes hex(std::size_t i, std::string_view name);
    Satoshi amount(std::size_t i);
    Transaction transaction(std::size_t i);
    Block block(std::size_t i);

private:
    void name_to_place(const Json::Object& given);
    void check_types();

    const MethodSpec& spec_;
    std::vector<Json> values_;
    std::optional<RpcError> error_;
};

// A number or a text with at most eight decimals, from 0 to 21 million coins.
Result<Satoshi, RpcError> read_amount(const Json& value);
// With exactly eight decimals.
inline Json amount_json(Satoshi value) {
    return Json::fixed(value, 8);
}

}  // namespace lockstep::bitcoin
