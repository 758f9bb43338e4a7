// Text inside JSON strings. The function is pure.
#pragma once

#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

// Appends `text` and escapes the characters that a JSON string must not contain unescaped.
// REQUIRES: `text` is valid UTF-8.
void AppendEscaped(std::string& out, std::string_view text);

}  // namespace headgate::loadtest::sim
