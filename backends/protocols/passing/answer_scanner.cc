#include "backends/protocols/passing/answer_scanner.h"

#include <algorithm>

#include "backends/protocols/json/white_space.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kLongestName = 32;
constexpr std::size_t kMostKept = 4096;

unsigned HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return (static_cast<unsigned char>(c) | 0x20U) - static_cast<unsigned>('a') + 10U;
}

// Returns the bytes in UTF-8; half a surrogate pair is half of four.
std::size_t Utf8Size(unsigned code) {
  if (code < 0x80) return 1;
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < 0x800 || surrogate ? 2 : 3;
}

}  // namespace

void AnswerScanner::Feed(std::string_view piece) {
  for (const char c : piece) {
    if (in_string_) {
      InString(c);
    } else {
      Outside(c);
    }
  }
}

void AnswerScanner::InString(char c) {
  if (keeping_) Keep(c);
  // An escape that a quote cuts off ends with the string.
  if (c == '"' && !escaped_) {
    in_string_ = counting_ = false;
    hex_ = 0;
  } else if (hex_ > 0 || escaped_) {
    Escaped(c);
  } else {
    escaped_ = c == '\\';
    if (!counting_) {
      AddToName(c);  // the backslash of an escape, too: names that are looked for have none
    } else if (!escaped_) {
      ++output_bytes_;
    }
  }
}

// What is longer than any name that is looked for need not be kept.
void AnswerScanner::AddToName(char c) {
  if (name_.size() < kLongestName) name_ += c;
}

void AnswerScanner::Escaped(char c) {
  if (hex_ > 0) {
    code_ = code_ * 16 + HexDigit(c);
    if (--hex_ == 0 && counting_) output_bytes_ += Utf8Size(code_);
    return;
  }
  escaped_ = false;
  if (c == 'u') {
    hex_ = 4;
    code_ = 0;
  } else if (counting_) {
    ++output_bytes_;
  }
}

void AnswerScanner::Outside(char c) {
  const bool closes = c == '}' || c == ']';
  if (depth_ == 1 && (c == ',' || closes)) keeping_ = false;
  if (keeping_) Keep(c);
  if (json::IsSpace(c)) return;
  if (c == '"') {
    BeginString();
  } else if (c == '{' || c == '[') {
    if (depth_ == 1 && after_colon_) in_container_ = name_ == names_.container;
    ++depth_;
    const bool written = in_container_ && after_colon_ && json_depth_ == 0;
    if (written && !names_.json.empty() && name_ == names_.json) json_depth_ = depth_;
  } else if (closes) {
    if (depth_ > 0) --depth_;
    if (depth_ <= 1) in_container_ = false;
    if (depth_ < json_depth_) json_depth_ = 0;
  } else if (c == ':' && depth_ == 1) {
    BeginMember();
  }
  after_colon_ = c == ':';
}

bool AnswerScanner::IsText(std::string_view name) const {
  return std::find(names_.texts.begin(), names_.texts.end(), name) != names_.texts.end();
}

void AnswerScanner::BeginString() {
  in_string_ = true;
  counting_ = json_depth_ > 0 || (after_colon_ && in_container_ && IsText(name_));
  if (!counting_) name_.clear();
}

void AnswerScanner::BeginMember() {
  keeping_ = name_ == "usage" || name_ == "service_tier";
  if (!keeping_) return;
  member_ = kept_.size();
  if (!kept_.empty()) kept_ += ',';
  kept_.append("\"").append(name_).append("\":");
}

void AnswerScanner::Keep(char c) {
  kept_ += c;
  if (kept_.size() <= kMostKept) return;
  kept_.resize(member_);
  keeping_ = false;
}

AnswerUsage AnswerScanner::usage() const {
  // A member that has not ended yet is left out.
  const std::string_view whole =
      std::string_view(kept_).substr(0, keeping_ ? member_ : kept_.size());
  return names_.read("{" + std::string(whole) + "}");
}

}  // namespace headgate::backends
