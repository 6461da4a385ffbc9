// Reads the members of a JSON object strictly: each by its type, none left over. The first mistake
// sticks and names the field and what was expected there; every read after it gives a zero value.
// So a body is read in one go and checked once:
//
//     JsonFields fields(body);
//     request.reference = fields.text("reference", {.max = 64});
//     request.price = fields.amount("price", 2);
//     request.expiry = fields.time_if("expiry");
//     fields.object("buyer", [&](JsonFields& buyer) { request.buyer = buyer.address("account"); });
//     if (const auto read = fields.finish(); !read) return answer(read.error());
//
// Reasons: missing_field, wrong_type (the JSON type), malformed (the type is right, the value is
// not), amount_overflow (a decimal of more than 64 bits), unknown_field. A name that ends in _if
// reads a field that may be absent; null is not absent.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/bytes.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/codec/json.h"

namespace lockstep {

struct FieldMistake {
    Reason reason = Reason::malformed;
    std::string path;      // "parts[2].amount"; empty for the body itself
    std::string expected;  // "a decimal string with at most 2 decimals"

    // "parts[2].amount: expected a decimal string with at most 2 decimals"
    std::string sentence() const;
    // The reason's word and the sentence.
    Failure failure() const;
};

// Lengths of a text in octets, both ends included.
struct TextRange {
    std::size_t min = 1;
    std::size_t max = 256;
};
// Both ends included.
struct IntegerRange {
    std::uint64_t min = 0;
    std::uint64_t max = UINT64_MAX;
};

class JsonFields {
public:
    // `value` must outlive the reader.
    explicit JsonFields(const Json& value);
    JsonFields(const JsonFields&) = delete;
    JsonFields& operator=(const JsonFields&) = delete;

    bool boolean(std::string_view key);
    std::optional<bool> boolean_if(std::string_view key);
    std::string text(std::string_view key, TextRange range = {});
    std::optional<std::string> text_if(std::string_view key, TextRange range = {});
    std::uint64_t integer(std::string_view key, IntegerRange range = {});
    std::optional<std::uint64_t> integer_if(std::string_view key, IntegerRange range = {});
    // A decimal string in the asset's unit with at most `scale` decimals.
    Amount amount(std::string_view key, std::uint8_t scale);
    std::optional<Amount> amount_if(std::string_view key, std::uint8_t scale);
    Address address(std::string_view key);
    std::optional<Address> address_if(std::string_view key);
    // RFC 3339 in UTC.
    Timestamp time(std::string_view key);
    std::optional<Timestamp> time_if(std::string_view key);
    // Hexadecimal, at most `max` octets.
    Bytes bytes(std::string_view key, std::size_t max);
    std::optional<Bytes> bytes_if(std::string_view key, std::size_t max);
    // Hexadecimal of a FixedBytes: fixed<Condition>("condition").
    template <class F>
    F fixed(std::string_view key) {
        const auto octets = fixed_octets(key, F::size, true);
        return octets ? *F::from(*octets) : F{};
    }
    template <class F>
    std::optional<F> fixed_if(std::string_view key) {
        const auto octets = fixed_octets(key, F::size, false);
        return octets ? F::from(*octets) : std::nullopt;
    }
    // The index of the word that the field holds.
    std::size_t choice(std::string_view key, std::span<const std::string_view> words);
    std::optional<std::size_t> choice_if(std::string_view key,
                                         std::span<const std::string_view> words);

    // `read` reads the members of the object in the field; what it leaves over is unknown. It is
    // not called when the field is wrong or absent; object_if tells whether the field was there.
    using Read = std::function<void(JsonFields&)>;
    void object(std::string_view key, const Read& read);
    bool object_if(std::string_view key, const Read& read);
    // The same for each object in an array of at most `max`.
    void objects(std::string_view key, std::size_t max, const Read& read);
    bool objects_if(std::string_view key, std::size_t max, const Read& read);
    std::vector<std::string> texts(std::string_view key, std::size_t max, TextRange range = {});
    // The member as it is, for what has a reader of its own; nullptr when it is absent.
    const Json* any(std::string_view key);
    const Json* any_if(std::string_view key);

    // Says that the field's value is wrong for a reason that the reader cannot know.
    void refuse(std::string_view key, Reason reason, std::string expected);
    bool failed() const { return mistake_->has_value(); }
    // Success only if nothing was wrong and every member was read.
    Result<void, FieldMistake> finish();

private:
    JsonFields(const Json& value, std::string path, std::optional<FieldMistake>& mistake);

    std::string path_of(std::string_view key) const;
    void note(Reason reason, std::string path, std::string expected);
    // The member, or nullptr with a mistake noted if it is required. Remembers that it was read.
    const Json* take(std::string_view key, bool required, std::string_view expected);
    const std::string* take_text(std::string_view key, bool required, std::string_view expected);
    std::optional<Bytes> take_bytes(std::string_view key, bool required, std::size_t max);
    std::optional<Bytes> fixed_octets(std::string_view key, std::size_t size, bool required);
    std::optional<bool> read_boolean(std::string_view key, bool required);
    std::optional<std::string> read_text(std::string_view key, bool required, TextRange range);
    std::optional<std::uint64_t> read_integer(std::string_view key, bool required,
                                              IntegerRange range);
    std::optional<Amount> read_amount(std::string_view key, bool required, std::uint8_t scale);
    std::optional<Address> read_address(std::string_view key, bool required);
    std::optional<Timestamp> read_time(std::string_view key, bool required);
    std::optional<std::size_t> read_choice(std::string_view key, bool required,
                                           std::span<const std::string_view> words);
    bool read_object(std::string_view key, bool required, const Read& read);
    bool read_objects(std::string_view key, bool required, std::size_t max, const Read& read);
    void check_nothing_left();

    const Json& value_;
    std::string path_;
    std::vector<std::string> known_;
    std::optional<FieldMistake> own_mistake_;
    std::optional<FieldMistake>* mistake_;  // the root's, shared by the readers below it
};

}  // namespace lockstep
