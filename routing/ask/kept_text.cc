#include "routing/ask/kept_text.h"

#include <algorithm>
#include <cstring>

#include "routing/ask/ask_text.h"
#include "routing/ask/quote_search.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kShortestQuote = QuoteSearch::kShortest;

void Append(string_view span, AskText& ask) {
  const std::size_t size = std::min(span.size(), AskText::kMost - ask.size);
  std::memcpy(ask.bytes.data() + ask.size, span.data(), size);
  ask.size += size;
  if (ask.size < AskText::kMost) ask.bytes[ask.size++] = '\n';
}

std::size_t WordEnd(string_view span, std::size_t room) {
  std::size_t end = room;
  while (end > 0 && static_cast<unsigned char>(span[end]) >> 6 == 2) --end;
  const std::size_t blank = span.substr(0, end).rfind(' ');
  return blank == string_view::npos || blank < room / 2 ? end : blank;
}

std::size_t SentenceBegin(string_view end) {
  for (const string_view mark : {". ", "? ", "! ", "。", "？", "؟ ", "। "}) {
    const std::size_t found = end.find(mark);
    if (found != string_view::npos && found + mark.size() + kShortestQuote < end.size()) {
      return found + mark.size();
    }
  }
  std::size_t begin = 0;
  while (begin < end.size() && static_cast<unsigned char>(end[begin]) >> 6 == 2) ++begin;
  return begin;
}

}  // namespace

std::size_t KeptText::Add(string_view span) {
  if (span.empty()) return 0;
  bytes_ += span.size() + 1;
  if (spans_ == kMostSpans) {  // the last spans are kept, the middle ones are not
    std::move(span_.begin() + kMostSpans / 2 + 1, span_.end(), span_.begin() + kMostSpans / 2);
    --spans_;
  }
  span_[spans_++] = span;
  if (paragraph_.empty()) paragraph_ = span.substr(0, 0);
  const char* const begin = paragraph_.data();
  paragraph_ = {begin, static_cast<std::size_t>(span.data() + span.size() - begin)};
  return 1;
}

void KeptText::EndParagraph() {
  if (!paragraph_.empty() && !broken_) {
    if (paragraphs_++ == 0) first_ = paragraph_;
    last_ = paragraph_;
  } else if (!paragraph_.empty()) {
    ++paragraphs_;
  }
  paragraph_ = {};
  broken_ = false;
}

std::size_t KeptText::TakeBack(std::size_t count) {
  const std::size_t before = bytes_;
  for (count = std::min(count, spans_); count > 0; --count) bytes_ -= span_[--spans_].size() + 1;
  const string_view last = spans_ > 0 ? span_[spans_ - 1] : string_view{};
  const bool within = !paragraph_.empty() && !last.empty() && last.data() >= paragraph_.data();
  paragraph_ = within
                   ? paragraph_.substr(
                         0, static_cast<std::size_t>(last.data() + last.size() - paragraph_.data()))
                   : string_view{};
  return before - bytes_;
}

std::size_t KeptText::Clear() {
  const std::size_t bytes = bytes_;
  bytes_ = spans_ = 0;
  paragraphs_ = 0;
  paragraph_ = first_ = last_ = {};
  return bytes;
}

void KeptText::PutAll(AskText& ask) const {
  for (std::size_t i = 0; i < spans_; ++i) Append(span_[i], ask);
}

void KeptText::PutEnds(AskText& ask) const {
  const std::size_t half = (AskText::kMost - ask.size) / 2;
  PutFirst(half, ask);
  PutLast(half, ask);
}

void KeptText::PutParagraphs(AskText& ask) const {
  if (paragraphs_ == 0) return;
  if (ask.paragraphs == 0) ask.last = last_;
  ask.first = first_;
  ask.paragraphs += paragraphs_;
}

// The first `room` bytes, up to the end of a word.
void KeptText::PutFirst(std::size_t room, AskText& ask) const {
  for (std::size_t i = 0; i < spans_ && room > 0; ++i) {
    string_view span = span_[i];
    if (span.size() > room) span = span.substr(0, WordEnd(span, room));
    Append(span, ask);
    room -= std::min(room, span_[i].size() + 1);
  }
}

// The last `room` bytes, from the beginning of a sentence on if there is one.
void KeptText::PutLast(std::size_t room, AskText& ask) const {
  std::size_t i = spans_;
  std::size_t taken = 0;
  while (i > 0 && taken + span_[i - 1].size() < room) taken += span_[--i].size() + 1;
  if (i > 0 && room - taken > kShortestQuote) {
    const string_view span = span_[i - 1];
    const string_view end = span.substr(span.size() - std::min(span.size(), room - taken));
    Append(end.substr(SentenceBegin(end)), ask);
  }
  for (; i < spans_; ++i) Append(span_[i], ask);
}

}  // namespace headgate::routing
