// Tables for people.
#pragma once

#include <string>
#include <vector>

#include "sdk/codec/json.h"

namespace lockstep::cli {

struct Column {
    std::string heading;
    std::string path;    // "in.amount": members of members
    bool right = false;  // numbers
};

// References, names and reasons are what others wrote: control characters, which could rewrite the
// screen, become question marks.
std::string printable(std::string_view text);

// A row for each item, columns as wide as what is in them; what is absent is left empty. Of texts
// longer than `most` characters the first ones are shown.
void print_table(const Json& items, const std::vector<Column>& columns, std::size_t most = 40);
// A line for each member of an object; nested ones as "in.amount".
void print_members(const Json& object);
void print_json(const Json& json);

}  // namespace lockstep::cli
