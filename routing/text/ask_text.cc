#include "routing/text/ask_text.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "routing/text/ascii.h"
#include "routing/text/built_lines.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kHeadBytes = 2048;
constexpr std::size_t kTailBytes = 1536;
constexpr std::size_t kLongestFence = 32u << 10;  // a longer one ends in the tail or not at all
constexpr std::size_t kShortestQuote = 16;        // bytes; a shorter quote is a word of the ask
constexpr std::size_t kLongestTag = 40;

constexpr std::array<std::pair<string_view, string_view>, 5> kQuotes = {
    {{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"「", "」"}}};

bool IsHigh(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// Finds the quotes of a line, from its beginning to its end.
class QuoteSearch {
 public:
  struct Quote {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  explicit QuoteSearch(string_view line) : line_(line) { PassTo(0); }

  // Returns the next quote that is longer than a word and begins behind the one before; nullopt:
  // there is none.
  std::optional<Quote> Next() {
    while (true) {
      const auto first = std::min_element(opening_.begin(), opening_.end());
      const std::size_t begin = *first;
      if (begin == string_view::npos) return std::nullopt;
      const auto& [open, close] = kQuotes[static_cast<std::size_t>(first - opening_.begin())];
      const std::size_t last = line_.find(close, begin + open.size());
      if (last != string_view::npos && last - begin >= kShortestQuote) {
        PassTo(last + close.size());
        return Quote{begin, last + close.size()};
      }
      // A mark that nothing closes here is closed nowhere behind.
      *first = last == string_view::npos ? last : line_.find(open, begin + open.size());
    }
  }

 private:
  // A mark that is not found is never looked for again: each mark passes over the line once.
  void PassTo(std::size_t at) {
    for (std::size_t i = 0; i < kQuotes.size(); ++i) {
      if (opening_[i] != string_view::npos && opening_[i] <= at) {
        opening_[i] = line_.find(kQuotes[i].first, at);
      }
    }
  }

  const string_view line_;
  std::array<std::size_t, kQuotes.size()> opening_{};  // where each mark comes next
};

// The name of the tag that a line opens, such as `document` of `<document id="1">`.
string_view TagOf(string_view line) {
  if (line.size() < 3 || line[0] != '<' || (!IsLetter(line[1]) && !IsHigh(line[1]))) return {};
  std::size_t end = 1;
  while (end < line.size() &&
         (IsAlphanumeric(line[end]) || IsHigh(line[end]) || line[end] == '_' || line[end] == '-')) {
    ++end;
  }
  return end < line.size() && end <= kLongestTag ? line.substr(1, end - 1) : string_view{};
}

// A line such as `[Memory]` or `【记忆】`.
bool IsBracketed(string_view line) {
  if (line.size() < 3) return false;
  return (line.front() == '[' && line.back() == ']') ||
         (line.starts_with("【") && line.ends_with("】"));
}

// A line of a log: it begins with a time of at least eight digits.
bool IsLogLine(string_view line) {
  constexpr std::size_t kStamp = 28;
  constexpr int kDigits = 8;
  if (!IsDigit(line[0]) && line[0] != '[') return false;
  const string_view stamp = line.substr(0, kStamp);
  return std::count_if(stamp.begin(), stamp.end(), IsDigit) >= kDigits;
}

// A line of a quoted mail or of a transcript, such as `> yes` or `USER: yes`.
bool IsSaidByOthers(string_view line) {
  constexpr std::array<string_view, 6> kSpeakers = {
      "USER:", "ASSISTANT:", "User:", "Assistant:", "Human:", "AI:"};
  return line[0] == '>' || std::any_of(kSpeakers.begin(), kSpeakers.end(),
                                       [&](string_view one) { return line.starts_with(one); });
}

bool IsFence(string_view line) { return line.starts_with("```") || line.starts_with("~~~"); }

// Collects what stands outside of material in one text.
class AskReader {
 public:
  AskReader(string_view text, const TextShape& shape) : text_(text), built_(text, shape) {}

  void Read() {
    const std::size_t head = text_.size() <= kHeadBytes + kTailBytes ? text_.size() : kHeadBytes;
    std::size_t at = 0;
    while (at < head) at = ReadLineAt(at);
    at = std::max(at, text_.size() - std::min(text_.size(), kTailBytes));
    if (head < text_.size()) left_out_ += at - head;
    while (at < text_.size()) at = ReadLineAt(at);
  }

  void Put(AskText& ask) const {
    ask.left_out += left_out_;
    if (kept_ <= AskText::kMost - ask.size || (left_out_ == 0 && text_.size() < AskText::kLong)) {
      for (std::size_t i = 0; i < spans_; ++i) Append(span_[i], ask);
      return;
    }
    const std::size_t half = (AskText::kMost - ask.size) / 2;
    PutFirst(half, ask);
    PutLast(half, ask);
    ask.left_out += kept_ - std::min(kept_, 2 * half);
    ask.only_ends = true;
  }

 private:
  static constexpr std::size_t kMostSpans = 64;

  // Reads one line, or the block that it opens, and returns where the next line begins.
  std::size_t ReadLineAt(std::size_t at) {
    const std::size_t next = NextLine(at);
    const string_view raw = text_.substr(at, next - at);
    const string_view line = Trim(raw);
    if (line.empty()) {
      built_.PassBlank();
      return next;
    }
    std::size_t end = next;
    if (IsFence(line)) {
      end = AfterFence(next);
    } else if (const string_view tag = TagOf(line); !tag.empty()) {
      end = AfterTag(at, tag, next);
      if (end == 0) return Keep(line, next);
    } else if (IsBracketed(line)) {
      end = AfterBracketed(next);
    } else if (!IsSaidByOthers(line) && !IsLogLine(line) && !built_.Reads(raw, next)) {
      return Keep(line, next);
    }
    left_out_ += end - at;
    return end;
  }

  std::size_t NextLine(std::size_t at) const {
    const std::size_t found = text_.find('\n', at);
    return found == string_view::npos ? text_.size() : found + 1;
  }

  std::size_t AfterFence(std::size_t at) const {
    const std::size_t tail = text_.size() - std::min(text_.size(), kTailBytes);
    const std::size_t limit = at + kLongestFence;
    while (at < text_.size()) {
      const std::size_t next = NextLine(at);
      if (IsFence(Trim(text_.substr(at, next - at)))) return next;
      at = next > limit && next < tail ? tail : next;
    }
    return at;
  }

  // 0: the tag is not closed.
  std::size_t AfterTag(std::size_t at, string_view tag, std::size_t next) const {
    for (std::size_t close = text_.find("</", at); close != string_view::npos;
         close = text_.find("</", close + 2)) {
      if (text_.substr(close + 2).starts_with(tag)) {
        const std::size_t end = text_.find('>', close);
        return end == string_view::npos ? text_.size() : end + 1;
      }
    }
    const string_view line = Trim(text_.substr(at, next - at));
    return line.back() == '>' ? next : 0;
  }

  // The lines up to the next bracketed line, if there is one; else the line alone.
  std::size_t AfterBracketed(std::size_t at) const {
    const std::size_t first = at;
    const std::size_t last = std::min(text_.size(), at + kTailBytes);
    while (at < last) {
      const std::size_t next = NextLine(at);
      if (IsBracketed(Trim(text_.substr(at, next - at)))) return next;
      at = next;
    }
    return first;
  }

  // Keeps what stands outside of the quotes of a line, or of the ends of a long one. Returns
  // `next`.
  std::size_t Keep(string_view line, std::size_t next) {
    if (line.size() <= kHeadBytes + kTailBytes) {
      KeepUnquoted(line);
      return next;
    }
    KeepUnquoted(line.substr(0, kHeadBytes));
    KeepUnquoted(line.substr(line.size() - kTailBytes));
    left_out_ += line.size() - kHeadBytes - kTailBytes;
    return next;
  }

  void KeepUnquoted(string_view line) {
    std::size_t begin = 0;
    QuoteSearch quotes(line);
    while (const std::optional<QuoteSearch::Quote> quote = quotes.Next()) {
      AddSpan(line.substr(begin, quote->begin - begin));
      begin = quote->end;
      left_out_ += quote->end - quote->begin;
    }
    AddSpan(line.substr(begin));
  }

  void AddSpan(string_view span) {
    if (span.empty()) return;
    kept_ += span.size() + 1;
    if (spans_ == kMostSpans) {  // the last spans are kept, the middle ones are not
      std::move(span_.begin() + kMostSpans / 2 + 1, span_.end(), span_.begin() + kMostSpans / 2);
      --spans_;
    }
    span_[spans_++] = span;
  }

  static void Append(string_view span, AskText& ask) {
    const std::size_t size = std::min(span.size(), AskText::kMost - ask.size);
    std::memcpy(ask.bytes.data() + ask.size, span.data(), size);
    ask.size += size;
    if (ask.size < AskText::kMost) ask.bytes[ask.size++] = '\n';
  }

  // The first `room` bytes, up to the end of a word.
  void PutFirst(std::size_t room, AskText& ask) const {
    for (std::size_t i = 0; i < spans_ && room > 0; ++i) {
      string_view span = span_[i];
      if (span.size() > room) span = span.substr(0, WordEnd(span, room));
      Append(span, ask);
      room -= std::min(room, span_[i].size() + 1);
    }
  }

  // The last `room` bytes, from the beginning of a sentence on if there is one.
  void PutLast(std::size_t room, AskText& ask) const {
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

  static std::size_t WordEnd(string_view span, std::size_t room) {
    std::size_t end = room;
    while (end > 0 && static_cast<unsigned char>(span[end]) >> 6 == 2) --end;
    const std::size_t blank = span.substr(0, end).rfind(' ');
    return blank == string_view::npos || blank < room / 2 ? end : blank;
  }

  static std::size_t SentenceBegin(string_view end) {
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

  const string_view text_;
  BuiltLines built_;
  std::size_t left_out_ = 0;
  std::size_t kept_ = 0;
  std::size_t spans_ = 0;
  std::array<string_view, kMostSpans> span_;
};

}  // namespace

void AddAsk(string_view text, const TextShape& shape, AskText& ask) {
  if (ask.size == AskText::kMost) return;
  AskReader reader(text, shape);
  reader.Read();
  reader.Put(ask);
}

}  // namespace headgate::routing
