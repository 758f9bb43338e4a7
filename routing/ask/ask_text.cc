#include "routing/ask/ask_text.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "routing/ask/built_lines.h"
#include "routing/ask/quote_search.h"
#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kHeadBytes = 2048;
constexpr std::size_t kTailBytes = BlockSearch::kTail;
constexpr int kTailLines = 40;  // of the lines that may be looked at
constexpr std::size_t kShortestQuote = QuoteSearch::kShortest;

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

// Collects what stands outside of material in one text.
class AskReader {
 public:
  AskReader(string_view text, const TextShape& shape, AskText& ask)
      : text_(text), ask_(ask), blocks_(text, ask.search), built_(text, shape) {}

  void Read() {
    const std::size_t head = text_.size() <= kHeadBytes + kTailBytes ? text_.size() : kHeadBytes;
    std::size_t at = 0;
    while (at < head && ask_.lines > kTailLines) at = ReadLineAt(at);
    const std::size_t tail = BeginOfTail(at);
    left_out_ += tail - at;
    at = tail;
    while (at < text_.size() && ask_.lines > 0) at = ReadLineAt(at);
  }

  void Put() const {
    AskText& ask = ask_;
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

  // Where the tail begins that is read after the text up to `at`.
  std::size_t BeginOfTail(std::size_t at) const {
    const std::size_t tail = std::max(at, text_.size() - std::min(text_.size(), kTailBytes));
    int lines = std::min(ask_.lines, kTailLines);
    std::size_t begin = text_.size();
    for (std::size_t i = begin; i > tail; --i) {
      if (i < text_.size() && text_[i - 1] == '\n' && --lines == 0) break;
      begin = i - 1;
    }
    return begin;
  }

  // Reads one line, or the block that it opens, and returns where the next line begins.
  std::size_t ReadLineAt(std::size_t at) {
    if (const std::size_t begin = AfterBlank(at); begin != at) return begin;
    --ask_.lines;
    const std::size_t next = blocks_.NextLine(at);
    const string_view raw = text_.substr(at, next - at);
    const string_view line = Trim(raw);
    if (line.empty()) return next;
    std::size_t end = next;
    if (IsFence(line)) {
      end = blocks_.AfterFence(next);
    } else if (const Tag tag = TagOf(line); !tag.name.empty()) {
      end = AfterTag(line, tag, next);
      if (end == 0) return Keep(line, next);
    } else if (IsBracketed(line)) {
      end = blocks_.AfterBracketed(next);
    } else if (!IsSaidByOthers(line) && !IsLogLine(line) && !built_.Reads(raw, next)) {
      return Keep(line, next);
    }
    left_out_ += end - at;
    return end;
  }

  // The beginning of the first line from `at` on that is not blank; `at`, if that is a line's.
  std::size_t AfterBlank(std::size_t at) {
    const std::size_t end = std::min(text_.size(), at + BlockSearch::kLongestLine);
    std::size_t begin = at;
    for (std::size_t i = at; i < end && (IsBlank(text_[i]) || text_[i] == '\n'); ++i) {
      if (text_[i] == '\n') begin = i + 1;
    }
    if (begin != at) built_.PassBlank();
    return begin;
  }

  // Where the text goes on behind what the tag at the beginning of `line` opens; 0: the line is no
  // markup. A tag that nothing closes is material if the line consists of markup.
  std::size_t AfterTag(string_view line, const Tag& tag, std::size_t next) {
    if (tag.opens) {
      const auto begin = static_cast<std::size_t>(line.data() - text_.data());
      std::size_t inside_end = 0;
      const std::size_t end = blocks_.AfterElement(begin + tag.size, tag.name, inside_end);
      if (end != string_view::npos) return end;
    }
    return line.back() == '>' ? next : 0;
  }

  // Keeps what stands outside of the quotes of a line. Returns `next`.
  std::size_t Keep(string_view line, std::size_t next) {
    std::size_t begin = 0;
    QuoteSearch quotes(line, ask_.quotation_marks);
    while (const std::optional<QuoteSearch::Quote> quote = quotes.Next()) {
      AddSpan(line.substr(begin, quote->begin - begin));
      begin = quote->end;
      left_out_ += quote->end - quote->begin;
    }
    AddSpan(line.substr(begin));
    return next;
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
  AskText& ask_;
  BlockSearch blocks_;
  BuiltLines built_;
  std::size_t left_out_ = 0;
  std::size_t kept_ = 0;
  std::size_t spans_ = 0;
  std::array<string_view, kMostSpans> span_;
};

}  // namespace

void AddAsk(string_view text, const TextShape& shape, AskText& ask) {
  if (ask.size == AskText::kMost) return;
  AskReader reader(text, shape, ask);
  reader.Read();
  reader.Put();
}

}  // namespace headgate::routing
