#include "backends/protocols/json/unescape.h"

#include <cstdint>
#include <cstring>

namespace headgate::backends::json {
namespace {

constexpr std::uint32_t kReplacementCode = 0xFFFD;

// Returns the value of four hexadecimal digits at `at`, or -1.
int FourDigits(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    const char lower = static_cast<char>(c | 0x20);
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (lower >= 'a' && lower <= 'f') {
      digit = lower - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

char* AppendUtf8(std::uint32_t code, char* out) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

// `at` is behind "\u" and moves behind the escape, and behind a low surrogate that completes it.
bool TakeUnicode(const char*& at, const char* end, std::uint32_t& code) {
  const int first = FourDigits(at, end);
  if (first < 0) return false;
  at += 4;
  code = static_cast<std::uint32_t>(first);
  if (code < 0xD800 || code > 0xDFFF) return true;
  const bool high = code < 0xDC00;
  if (high && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const int second = FourDigits(at + 2, end);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + static_cast<std::uint32_t>(second - 0xDC00);
      at += 6;
      return true;
    }
  }
  code = kReplacementCode;
  return true;
}

// Returns what a one-letter escape stands for, or 0 if there is no such escape.
char SimpleEscape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case '"':
    case '\\':
    case '/':
      return c;
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    default:
      return 0;
  }
}

}  // namespace

char* UnescapeJson(std::string_view literal, char* out) {
  const char* at = literal.data();
  const char* const end = at + literal.size();
  while (at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const auto* const escape = static_cast<const char*>(std::memchr(at, '\\', left));
    const std::size_t plain = escape != nullptr ? static_cast<std::size_t>(escape - at) : left;
    std::memcpy(out, at, plain);
    out += plain;
    at += plain;
    if (at == end) break;
    if (end - at < 2) return nullptr;
    const char letter = at[1];
    at += 2;
    if (letter == 'u') {
      std::uint32_t code = 0;
      if (!TakeUnicode(at, end, code)) return nullptr;
      out = AppendUtf8(code, out);
    } else if (const char c = SimpleEscape(letter); c != 0) {
      *out++ = c;
    } else {
      return nullptr;
    }
  }
  return out;
}

}  // namespace headgate::backends::json
