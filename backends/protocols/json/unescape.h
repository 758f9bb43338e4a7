#pragma once

#include <string_view>

namespace headgate::backends::json {

// Writes the text that the inside of a JSON string literal stands for to `out`, and returns its
// end. Returns null if an escape is malformed (RFC 8259 section 7). `out` has room for
// literal.size() bytes: escapes never grow. Half a surrogate pair, which JavaScript clients send
// when they cut a text between two units, becomes U+FFFD. REQUIRES: `literal` is UTF-8.
char* UnescapeJson(std::string_view literal, char* out);

}  // namespace headgate::backends::json
