#pragma once

#include <string>
#include <string_view>

namespace headgate::backends::json {

// Makes JSON of what is nearly JSON: a text that was cut off is closed after its last whole value
// (or within a string that is a value), bytes that are no UTF-8 and lone surrogates become U+FFFD,
// raw control characters in strings become spaces, and what follows the root value is left out.
// Other mistakes stay, and so does what is nested deeper than 64. Pure; thread-safe.
std::string MendJson(std::string_view text);

}  // namespace headgate::backends::json
