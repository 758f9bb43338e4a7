#pragma once

namespace headgate::backends::json {

// Returns whether a byte is white space between the tokens of a JSON text (RFC 8259). Pure.
constexpr bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace headgate::backends::json
