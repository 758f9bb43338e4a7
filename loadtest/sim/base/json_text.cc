#include "loadtest/sim/base/json_text.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace headgate::loadtest::sim {

void AppendEscaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::size_t plain = 0;  // start of the run that is not yet appended
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (byte >= 0x20) {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else {
      out.append("\\u00").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  out.append(text.substr(plain));
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  AppendEscaped(out, text);
  out += '"';
}

void AppendNumber(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{}) out.append(digits.data(), end);
}

std::string Hex(std::uint64_t value) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + 16, value, 16);
  return {digits.data(), error == std::errc{} ? end : digits.data()};
}

}  // namespace headgate::loadtest::sim
