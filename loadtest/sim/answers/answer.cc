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

std::string_view Answer::Next() {
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
