#include "loadtest/sim/answers/answer.h"

#include <algorithm>
#include <array>

namespace headgate::loadtest::sim {
namespace {

constexpr std::array<std::string_view, 24> kWords{
    "The",   " ferry", " leaves", " at",  " seven",  ",",     " past",  " the",
    " café", " and",   " the",    " old", " 灯台",   ";",     " gulls", " follow",
    " it",   " out",   " to",     " sea", " — over", " calm", " water", " 🌊."};

constexpr std::size_t kBlockBytes = 1024;

const std::string& Block() {
  static const std::string block = [] {
    std::string text;
    while (text.size() < kBlockBytes) text += "sixteen letters ";
    return text;
  }();
  return block;
}

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::size_t PieceLength(std::string_view text) {
  std::size_t length = std::min<std::size_t>(4, text.size());
  while (length < text.size() && Continues(text[length])) ++length;
  return length;
}

Answer Answer::Canned(std::int64_t tokens) {
  Answer answer;
  answer.tokens_ = tokens;
  return answer;
}

Answer Answer::Of(std::string text, std::int64_t limit) {
  Answer answer;
  answer.kind_ = Kind::kText;
  std::string_view rest = text;
  while (!rest.empty() && answer.tokens_ < limit) {
    rest.remove_prefix(PieceLength(rest));
    ++answer.tokens_;
  }
  answer.truncated_ = !rest.empty();
  text.resize(text.size() - rest.size());
  answer.text_ = std::move(text);
  return answer;
}

Answer Answer::Huge(std::int64_t bytes) {
  Answer answer;
  answer.kind_ = Kind::kHuge;
  answer.bytes_ = bytes;
  const auto block = static_cast<std::int64_t>(kBlockBytes);
  answer.tokens_ = (bytes + block - 1) / block;
  return answer;
}

bool Answer::ContinueBehind(std::string_view prefix) {
  Answer walk = *this;
  std::string rest;
  while (!prefix.empty()) {
    if (walk.tokens_ == 0) return false;
    const std::string_view piece = walk.Next();
    --walk.tokens_;
    if (prefix.starts_with(piece)) {
      prefix.remove_prefix(piece.size());
    } else if (piece.starts_with(prefix)) {
      rest = piece.substr(prefix.size());
      prefix = {};
    } else {
      return false;
    }
  }
  if (!rest.empty()) ++walk.tokens_;
  *this = std::move(walk);
  first_ = std::move(rest);
  return true;
}

void Answer::Limit(std::int64_t limit) {
  if (tokens_ <= limit) return;
  tokens_ = limit;
  truncated_ = true;
}

std::string_view Answer::Next() {
  if (!first_.empty()) {
    shown_ = std::move(first_);
    first_.clear();
    return shown_;
  }
  const auto position = static_cast<std::size_t>(position_);
  if (kind_ == Kind::kCanned) {
    ++position_;
    return kWords[position % kWords.size()];
  }
  std::string_view piece;
  if (kind_ == Kind::kHuge) {
    piece = std::string_view(Block()).substr(0, static_cast<std::size_t>(bytes_ - position_));
  } else {
    piece = std::string_view(text_).substr(position);
    piece = piece.substr(0, PieceLength(piece));
  }
  position_ += static_cast<std::int64_t>(piece.size());
  return piece;
}

}  // namespace headgate::loadtest::sim
