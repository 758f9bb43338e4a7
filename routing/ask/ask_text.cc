#include "routing/ask/ask_text.h"

#include <algorithm>
#include <optional>

#include "routing/ask/built_lines.h"
#include "routing/ask/kept_text.h"
#include "routing/ask/quote_search.h"
#include "routing/ask/technical_lines.h"
#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kHeadBytes = 2048;
constexpr std::size_t kTailBytes = BlockSearch::kTail;
constexpr int kTailLines = 40;  // of the lines that may be looked at

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
    if (tail > at) EndParagraph();
    left_out_ += tail - at;
    at = tail;
    while (at < text_.size() && ask_.lines > 0) at = ReadLineAt(at);
    EndParagraph();
  }

  void Put() const {
    kept_.PutParagraphs(ask_);
    ask_.left_out += left_out_;
    const std::size_t room = AskText::kMost - ask_.size;
    if (kept_.bytes() <= room || (left_out_ == 0 && text_.size() < AskText::kLong)) {
      kept_.PutAll(ask_);
      return;
    }
    kept_.PutEnds(ask_);
    ask_.left_out += kept_.bytes() - std::min(kept_.bytes(), room);
    ask_.only_ends = true;
  }

 private:
  // Where the tail begins that is read after the text up to `at`.
  std::size_t BeginOfTail(std::size_t at) const {
    const std::size_t tail = std::max(at, text_.size() - std::min(text_.size(), kTailBytes));
    if (ask_.lines <= 0) return text_.size();
    int more = 1 - std::min(ask_.lines, kTailLines);  // lines than are read
    for (std::size_t i = text_.find('\n', tail); i < text_.size(); i = text_.find('\n', i + 1)) {
      ++more;
    }
    std::size_t begin = tail;
    for (; more > 0 && begin < text_.size(); --more) begin = text_.find('\n', begin) + 1;
    return begin;
  }

  // Reads one line, or the block that it opens, and returns where the next line begins.
  std::size_t ReadLineAt(std::size_t at) {
    if (const std::size_t begin = AfterBlank(at); begin != at) return begin;
    --ask_.lines;
    std::size_t next = blocks_.NextLine(at);
    if (at < asked_end_) next = std::min(next, asked_end_);
    const string_view raw = text_.substr(at, next - at);
    const string_view line = Trim(raw);
    if (line.empty()) return next;
    std::size_t end = next;
    if (IsFence(line)) {
      end = AfterFence(next);
    } else if (const Tag tag = TagOf(line); !tag.name.empty()) {
      end = AfterTag(line, tag, next);
      if (end == 0) return Keep(line, next);
    } else if (IsBracketed(line)) {
      end = blocks_.AfterBracketed(next);
    } else if (IsSeparator(line)) {
      EndParagraph();
      return next;
    } else if (!IsSaidByOthers(line) && !built_.Reads(raw, next)) {
      if (!IsTechnicalLine(line)) return ReadLabelled(line, IsBlank(raw[0]), next);
      LeaveOutBetween();
    }
    LeaveOut(end - at);
    return end;
  }

  // The beginning of the first line from `at` on that is not blank; `at`, if that is a line's.
  std::size_t AfterBlank(std::size_t at) {
    const std::size_t end = std::min(text_.size(), at + BlockSearch::kLongestLine);
    std::size_t begin = at;
    for (std::size_t i = at; i < end && (IsBlank(text_[i]) || text_[i] == '\n'); ++i) {
      if (text_[i] == '\n') begin = i + 1;
    }
    if (begin != at) {
      built_.PassBlank();
      EndParagraph();
      between_ = kFar;
    }
    return begin;
  }

  // A fence that does not end is taken to end at the next blank line.
  std::size_t AfterFence(std::size_t at) {
    const std::size_t end = blocks_.AfterFence(at);
    if (end < text_.size() || IsFence(LastLine())) return end;
    while (at < text_.size()) {
      const std::size_t next = blocks_.NextLine(at);
      if (Trim(text_.substr(at, next - at)).empty()) break;
      at = next;
    }
    return at;
  }

  string_view LastLine() const {
    const string_view end = Trim(text_.substr(text_.size() - std::min(text_.size(), kTailBytes)));
    const std::size_t before = end.rfind('\n');
    return before == string_view::npos ? end : Trim(end.substr(before + 1));
  }

  // Where the text goes on behind what the tag at the beginning of `line` opens; 0: the line is no
  // markup. A tag that nothing closes is material if the line consists of markup. Of an element
  // that holds what is asked only the tag is left out, and so is what stands before it beside other
  // material: instructions to use that.
  std::size_t AfterTag(string_view line, const Tag& tag, std::size_t next) {
    if (tag.opens && tag.size > 0) {
      const std::size_t inside = static_cast<std::size_t>(line.data() - text_.data()) + tag.size;
      std::size_t inside_end = 0;
      const std::size_t end = blocks_.AfterElement(inside, tag.name, inside_end);
      const AskName name = end == string_view::npos ? AskName::kNo : NamesAsk(tag.name);
      if (name == AskName::kYes || (name == AskName::kMaybe && left_out_ > 0)) {
        if (left_out_ > 0) Restart();
        asked_end_ = inside_end;
        return inside;
      }
      if (end != string_view::npos) return end;
    }
    return line.back() == '>' ? next : 0;
  }

  // Keeps a line unless it is one of several with a label: a mail's header, a transcript, YAML.
  std::size_t ReadLabelled(string_view line, bool indented, std::size_t next) {
    const LabelledLine labelled = LabelOf(line);
    const bool several = labels_ > 1;
    if (!labelled.label.empty() && NamesAsk(labelled.label) == AskName::kYes) {
      Restart();
      asked_ = true;
      return Keep(labelled.rest, next);
    }
    // `### Output:`, or `Answer:` behind what is asked.
    if (!labelled.label.empty() && labelled.rest.empty() && (line[0] == '#' || asked_)) {
      LeaveOut(line.size() + 1);
      return next;
    }
    const bool item = several && (indented || line.starts_with("- "));
    if (labelled.label.empty() && !item) labels_ = 0;
    // `Fix this:` begins nothing.
    const bool begins = !labelled.rest.empty();
    if (!item && (labelled.label.empty() || (labels_ == 0 && !begins))) return Keep(line, next);
    if (!item && ++labels_ == 1) return Keep(line, next);
    if (labels_ == 2 && !several) left_out_ += kept_.TakeBack(spans_of_line_);
    LeaveOut(line.size() + 1);
    return next;
  }

  // Keeps what stands outside of the quotes of a line. Returns `next`.
  std::size_t Keep(string_view line, std::size_t next) {
    std::size_t begin = 0;
    spans_of_line_ = 0;
    QuoteSearch quotes(line, ask_.quotation_marks);
    while (const std::optional<QuoteSearch::Quote> quote = quotes.Next()) {
      spans_of_line_ += kept_.Add(line.substr(begin, quote->begin - begin));
      kept_.BreakParagraph();
      begin = quote->end;
      left_out_ += quote->end - quote->begin;
    }
    spans_of_line_ += kept_.Add(line.substr(begin));
    between_ += spans_of_line_;
    return next;
  }

  void LeaveOut(std::size_t bytes) {
    EndParagraph();
    left_out_ += bytes;
  }

  // A few lines between lines of a console are of the console too.
  void LeaveOutBetween() {
    constexpr std::size_t kFew = 3;
    if (between_ > 0 && between_ <= kFew) left_out_ += kept_.TakeBack(between_);
    between_ = 0;
    ++ask_.technical_lines;
  }

  void Restart() {
    left_out_ += kept_.Clear();
    between_ = kFar;
    labels_ = 0;
  }

  void EndParagraph() { kept_.EndParagraph(); }

  static constexpr std::size_t kFar = 1000;

  const string_view text_;
  AskText& ask_;
  BlockSearch blocks_;
  BuiltLines built_;
  KeptText kept_;
  std::size_t left_out_ = 0;
  std::size_t asked_end_ = 0;      // where the element ends that holds what is asked
  std::size_t between_ = kFar;     // spans since the last technical line of this paragraph
  std::size_t spans_of_line_ = 0;  // of the line that was kept last
  bool asked_ = false;             // behind a label that names an ask
  int labels_ = 0;                 // lines with labels in a row
};

}  // namespace

void AddAsk(string_view text, const TextShape& shape, AskText& ask) {
  if (ask.size == AskText::kMost) return;
  AskReader reader(text, shape, ask);
  reader.Read();
  reader.Put();
}

}  // namespace headgate::routing
