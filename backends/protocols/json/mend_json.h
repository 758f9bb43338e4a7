#pragma once

#include <string>
#include <string_view>

namespace headgate::backends::json {

// Repairs text that is nearly JSON. A text that was cut off is closed after its last whole value
// (or within a string that is a value). Bytes that are not UTF-8 and lone surrogates become U+FFFD,
// raw control characters in strings become spaces, and the text behind the root value is left out.
// Other mistakes stay, and so do values that are nested deeper than 64. Pure; thread-safe.
std::string MendJson(std::string_view text);

}  // namespace headgate::backends::json
