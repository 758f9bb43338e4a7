#pragma once

#include <initializer_list>
#include <string_view>

namespace headgate::backends {

// What can be seen of the JSON object of an event without parsing it. Keys written with escapes are
// not recognised. Text of the answer cannot be mistaken for a key, since a quote inside a JSON
// string has a backslash before it. Pure; thread-safe.

// Returns the text of the member `type` if it is the first member and has no escapes. Servers write
// it first. Empty otherwise.
std::string_view TypeAtFront(std::string_view json);

// Returns whether a member with one of the names, at any level, is a text that is not empty.
bool HasTextIn(std::string_view json, std::initializer_list<std::string_view> names);

}  // namespace headgate::backends
