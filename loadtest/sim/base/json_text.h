// Numbers and texts inside JSON. Functions with `out` append to it. *stateless*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

// Appends `text` and escapes the characters that a JSON string must not contain unescaped.
// REQUIRES: `text` is valid UTF-8.
void AppendEscaped(std::string& out, std::string_view text);

// Appends `text` as a JSON string, with its quotes. REQUIRES: `text` is valid UTF-8.
void AppendQuoted(std::string& out, std::string_view text);

void AppendNumber(std::string& out, std::int64_t value);

// Returns `value` in hexadecimal digits, for ids.
std::string Hex(std::uint64_t value);

}  // namespace headgate::loadtest::sim
