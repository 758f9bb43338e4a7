#pragma once

#include <string_view>

namespace headgate::backends::json {

// Writes what the inside of a JSON string literal stands for to `out`, which has room for
// literal.size() bytes (escapes never grow), and returns its end; null if an escape is malformed
// (RFC 8259 section 7). Half a surrogate pair, which JavaScript clients send when they cut a text
// between two units, becomes U+FFFD. REQUIRES: `literal` is UTF-8.
char* UnescapeJson(std::string_view literal, char* out);

}  // namespace headgate::backends::json
