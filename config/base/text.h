#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// The few operations on ASCII text that reading a configuration needs. Not Abseil's: Debian builds
// Abseil as C++14, where its string_view is not std::string_view. Independent of the
// locale, pure and thread-safe.

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsAlphanumeric(char c) { return IsDigit(c) || IsLetter(c); }
constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }

constexpr char Lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Appends the two lower-case hexadecimal digits of `byte`.
void AppendHex(unsigned char byte, std::string& out);

// Whether each character is a letter, a digit or one of `punctuation`.
bool ConsistsOf(std::string_view text, std::string_view punctuation);

std::string Lower(std::string_view text);

// Without the spaces, tabs and line breaks at both ends.
std::string_view Trim(std::string_view text);

// Returns whether `text` begins with `prefix`, whose letters are small ones; the letters of the
// text may be large. ASCII alone.
bool StartsWithAnyCase(std::string_view text, std::string_view prefix);

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

std::string Join(const std::vector<std::string>& parts, std::string_view separator);

inline void AppendPiece(std::string& out, std::string_view piece) { out += piece; }
inline void AppendPiece(std::string& out, std::integral auto number) {
  out += std::to_string(number);
}

// Concatenates texts and integers: Concat("line ", 12).
template <typename... Pieces>
std::string Concat(const Pieces&... pieces) {
  std::string out;
  (AppendPiece(out, pieces), ...);
  return out;
}

// A time as a policy has it: "2s", "50ms".
std::string DurationText(std::chrono::milliseconds time);

}  // namespace headgate::config
