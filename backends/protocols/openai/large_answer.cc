#include "backends/protocols/openai/large_answer.h"

#include "backends/protocols/openai/answer_fields.h"

namespace headgate::backends::openai {
namespace {

constexpr std::size_t kLongestKey = 32;
constexpr std::size_t kMostKept = 4096;

}  // namespace

void LargeAnswer::Feed(std::string_view piece) {
  for (const char c : piece) {
    if (in_string_) {
      InString(c);
    } else {
      Outside(c);
    }
  }
}

void LargeAnswer::InString(char c) {
  if (keeping_) Keep(c);
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    in_string_ = reading_key_ = false;
    return;
  }
  if (reading_key_ && key_.size() < kLongestKey) key_ += c;
}

void LargeAnswer::Outside(char c) {
  const bool closes = c == '}' || c == ']';
  if (depth_ == 1 && (c == ',' || closes)) keeping_ = false;
  if (keeping_) Keep(c);
  if (c == '"') {
    in_string_ = true;
    reading_key_ = depth_ == 1 && key_comes_;
    if (reading_key_) key_.clear();
  } else if (c == '{' || c == '[') {
    key_comes_ = ++depth_ == 1;
  } else if (closes) {
    if (depth_ > 0) --depth_;
  } else if (c == ':' && depth_ == 1) {
    BeginValue();
  } else if (c == ',' && depth_ == 1) {
    key_comes_ = true;
  }
}

void LargeAnswer::BeginValue() {
  key_comes_ = false;
  keeping_ = key_ == "usage" || key_ == "service_tier";
  if (!keeping_) return;
  member_ = kept_.size();
  if (!kept_.empty()) kept_ += ',';
  kept_.append("\"").append(key_).append("\":");
}

void LargeAnswer::Keep(char c) {
  kept_ += c;
  if (kept_.size() <= kMostKept) return;
  kept_.resize(member_);
  keeping_ = false;
}

AnswerUsage LargeAnswer::Read() const {
  // A member that has not ended yet is left out.
  const std::string_view whole =
      std::string_view(kept_).substr(0, keeping_ ? member_ : kept_.size());
  std::optional<AnswerFields> top = ReadAnswerFieldsCopied("{" + std::string(whole) + "}");
  return top ? std::move(top->usage) : AnswerUsage{};
}

}  // namespace headgate::backends::openai
