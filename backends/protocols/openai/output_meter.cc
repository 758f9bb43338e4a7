#include "backends/protocols/openai/output_meter.h"

#include <algorithm>
#include <array>

namespace headgate::backends::openai {
namespace {

constexpr std::size_t kLongestName = 32;

// Of chat completions, legacy completions, and the engines' own reasoning fields.
bool IsGenerated(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "content", "text", "arguments", "reasoning_content", "reasoning", "refusal", "name"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

unsigned HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return (static_cast<unsigned char>(c) | 0x20U) - static_cast<unsigned>('a') + 10U;
}

// Bytes in UTF-8; half a surrogate pair is half of four.
std::size_t Utf8Size(unsigned code) {
  if (code < 0x80) return 1;
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < 0x800 || surrogate ? 2 : 3;
}

}  // namespace

void OutputMeter::Feed(std::string_view piece) {
  for (const char c : piece) {
    if (in_string_) {
      InString(c);
    } else {
      Outside(c);
    }
  }
}

void OutputMeter::InString(char c) {
  if (hex_ > 0 || escaped_) return Escaped(c);
  if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    in_string_ = counting_ = false;
  } else if (counting_) {
    ++bytes_;
  } else if (name_.size() < kLongestName) {
    name_ += c;
  }
}

void OutputMeter::Escaped(char c) {
  if (hex_ > 0) {
    code_ = code_ * 16 + HexDigit(c);
    if (--hex_ == 0 && counting_) bytes_ += Utf8Size(code_);
    return;
  }
  escaped_ = false;
  if (c == 'u') {
    hex_ = 4;
    code_ = 0;
  } else if (counting_) {
    ++bytes_;
  }
}

void OutputMeter::Outside(char c) {
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return;
  if (c == '"') {
    in_string_ = true;
    counting_ = after_colon_ && in_choices_ && IsGenerated(name_);
    if (!counting_) name_.clear();
  } else if (c == '{' || c == '[') {
    if (depth_ == 1 && after_colon_) in_choices_ = name_ == "choices";
    ++depth_;
  } else if (c == '}' || c == ']') {
    if (depth_ > 0) --depth_;
    if (depth_ <= 1) in_choices_ = false;
  }
  after_colon_ = c == ':';
}

}  // namespace headgate::backends::openai
