// The parser of Boost.JSON drives Builder, which makes the value and refuses keys that occur twice:
// two readers of one document must not be able to see two different things.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "sdk/base/assert.h"
#include "sdk/codec/json.h"

namespace lockstep {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// nullptr when each key occurs once. Sorts when there are many: a body must not buy quadratic time.
const std::string* find_repeated(const Json::Object& members) {
    constexpr std::size_t few = 16;
    const auto same = [](const Json::Member* a, const Json::Member* b) { return a->key == b->key; };
    std::vector<const Json::Member*> sorted;
    sorted.reserve(members.size());
    for (const Json::Member& member : members) {
        if (members.size() <= few)
            for (const Json::Member* earlier : sorted)
                if (same(earlier, &member)) return &member.key;
        sorted.push_back(&member);
    }
    if (members.size() <= few) return nullptr;
    std::sort(sorted.begin(), sorted.end(),
              [](const Json::Member* a, const Json::Member* b) { return a->key < b->key; });
    const auto found = std::adjacent_find(sorted.begin(), sorted.end(), same);
    return found == sorted.end() ? nullptr : &(*found)->key;
}

// Receives the parser's events. A callback that returns false must set the error.
class Builder {
public:
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;

    Json take() { return std::move(root_); }
    const std::optional<std::string>& repeated_key() const { return repeated_key_; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        open_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, error_code& error) {
        Json::Object members = std::move(open_.back().members);
        open_.pop_back();
        if (const std::string* key = find_repeated(members)) {
            repeated_key_ = *key;
            error = boost::json::error::syntax;
            return false;
        }
        return add(Json(std::move(members)));
    }
    bool on_array_begin(error_code&) {
        open_.emplace_back().is_array = true;
        return true;
    }
    bool on_array_end(std::size_t, error_code&) {
        Json::Array items = std::move(open_.back().items);
        open_.pop_back();
        return add(Json(std::move(items)));
    }
    bool on_key_part(string_view part, std::size_t, error_code&) { return collect(part); }
    bool on_key(string_view part, std::size_t, error_code&) {
        collect(part);
        open_.back().key = std::exchange(text_, {});
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) { return collect(part); }
    bool on_string(string_view part, std::size_t, error_code&) {
        collect(part);
        return add(std::exchange(text_, {}));
    }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t value, string_view, error_code&) { return add(value); }
    bool on_uint64(std::uint64_t value, string_view, error_code&) { return add(value); }
    bool on_double(double value, string_view, error_code&) { return add(value); }
    bool on_bool(bool value, error_code&) { return add(value); }
    bool on_null(error_code&) { return add(nullptr); }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

private:
    struct Container {
        bool is_array = false;
        Json::Array items;
        Json::Object members;
        std::string key;  // of the member that comes next
    };

    bool collect(string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool add(Json value) {
        if (open_.empty())
            root_ = std::move(value);
        else if (open_.back().is_array)
            open_.back().items.push_back(std::move(value));
        else
            open_.back().members.push_back({std::move(open_.back().key), std::move(value)});
        return true;
    }

    Json root_;
    std::vector<Container> open_;
    std::string text_;
    std::optional<std::string> repeated_key_;
};

std::string position(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t last = before.rfind('\n');
    const std::size_t column = last == std::string_view::npos ? at + 1 : at - last;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

Result<Json, Failure> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.max_size)
        return fail("too_large", "the JSON has " + std::to_string(text.size()) +
                                     " octets, at most " + std::to_string(limits.max_size) +
                                     " are accepted");
    boost::json::parse_options options;
    options.max_depth = limits.max_depth;
    boost::json::basic_parser<Builder> parser(options);
    error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (const auto& key = parser.handler().repeated_key())
        return fail("malformed",
                    "malformed JSON: the key \"" + *key + "\" occurs twice in an object");
    if (!error && read < text.size()) error = boost::json::error::extra_data;
    if (error == boost::json::error::too_deep)
        return fail("too_large", "the JSON is nested more than " +
                                     std::to_string(limits.max_depth) + " deep at " +
                                     position(text, read));
    if (error)
        return fail("malformed",
                    "malformed JSON at " + position(text, read) + ": " + error.message());
    ASSERT(parser.done());
    return parser.handler().take();
}

}  // namespace lockstep
