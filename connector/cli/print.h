// Tables for people.
#pragma once

#include <string>
#include <vector>

#include "sdk/codec/json.h"

namespace lockstep::cli {

struct Column {
    std::string heading;
    std::string path;         // "in.amount": members of members
    bool right = false;       // numbers
    const char* absent = "";  // what stands where there is nothing
};

// References, names and reasons are what others wrote: all of it goes through printable().

// A row for each item, columns as wide as what is in them; what is absent is left empty, or
// as the column says. Of texts longer than `most` octets the first ones are shown.
void print_table(const Json& items, const std::vector<Column>& columns, std::size_t most = 40);
// A line for each member of an object; nested ones as "in.amount".
void print_members(const Json& object);
void print_json(const Json& json);

}  // namespace lockstep::cli
