#include "backends/protocols/json/mend_json.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "backends/protocols/json/clean_text.h"

namespace headgate::backends::json {
namespace {

constexpr std::string_view kUnknownCharacter = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEscapedReplacement = "\\ufffd";

// One mending pass over a text; see MendJson.
class Mender {
 public:
  explicit Mender(std::string_view text) : text_(text) {}

  std::string Mend() {
    while (at_ < text_.size() && !ended_) Step();
    if (!ended_) {
      out_.resize(safe_);
      out_.append(closers_.rbegin(), closers_.rend());
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kDeepest = 64;

  void Step() {
    const char c = text_[at_];
    if (c == '"') return String();
    ++at_;
    if (c == '{' || c == '[') {
      if (closers_.size() == kDeepest) return End();
      out_ += c;
      closers_ += c == '{' ? '}' : ']';
      key_next_ = c == '{';
      safe_ = out_.size();
    } else if (c == '}' || c == ']') {
      if (closers_.empty() || closers_.back() != c) return End();
      out_ += c;
      closers_.pop_back();
      ValueEnded();
    } else {
      if (c == ',') safe_ = out_.size();
      if (c == ',') key_next_ = !closers_.empty() && closers_.back() == '}';
      if (c == ':') key_next_ = false;
      out_ += c;
    }
  }

  // Gives up: the result is what was kept so far.
  void End() { at_ = text_.size(); }

  void ValueEnded() {
    safe_ = out_.size();
    ended_ = closers_.empty();
  }

  void String() {
    out_ += '"';
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\') {
        Escape();
      } else {
        Character();
      }
    }
    out_ += '"';  // also if the text ends within the string
    if (at_ < text_.size()) {
      ++at_;
    } else if (key_next_) {
      return;
    }
    if (!key_next_) ValueEnded();
  }

  void Character() {
    const std::size_t length = Utf8Length(text_, at_);
    if (length == 0) {
      out_ += kUnknownCharacter;
    } else if (static_cast<unsigned char>(text_[at_]) < 0x20) {
      out_ += ' ';
    } else {
      out_ += text_.substr(at_, length);
    }
    at_ += length == 0 ? 1 : length;
  }

  // The four digits of "\uXXXX" at `at`.
  std::optional<std::uint32_t> Unit(std::size_t at) const {
    if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u') return std::nullopt;
    std::uint32_t unit = 0;
    for (const char c : text_.substr(at + 2, 4)) {
      const bool digit = c >= '0' && c <= '9';
      const char letter = static_cast<char>(c | 0x20);
      if (!digit && (letter < 'a' || letter > 'f')) return std::nullopt;
      unit = unit * 16 + static_cast<std::uint32_t>(digit ? c - '0' : letter - 'a' + 10);
    }
    return unit;
  }

  void Escape() {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    const std::optional<std::uint32_t> unit = Unit(at_);
    if (unit) {
      const bool high = *unit >= 0xD800 && *unit < 0xDC00;
      const bool low = *unit >= 0xDC00 && *unit < 0xE000;
      const std::optional<std::uint32_t> next = high ? Unit(at_ + 6) : std::nullopt;
      const bool pair = next && *next >= 0xDC00 && *next < 0xE000;
      out_ += (high || low) && !pair ? kEscapedReplacement : text_.substr(at_, pair ? 12 : 6);
      at_ += pair ? 12 : 6;
    } else if (at_ + 1 < text_.size() && kSimple.find(text_[at_ + 1]) != std::string_view::npos) {
      out_ += text_.substr(at_, 2);
      at_ += 2;
    } else {
      ++at_;  // a backslash that escapes nothing
    }
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::string closers_;   // of the containers that are open
  std::size_t safe_ = 0;  // out_ up to here is whole, but for closers_
  bool key_next_ = false;
  bool ended_ = false;
};

}  // namespace

std::string MendJson(std::string_view text) { return Mender(text).Mend(); }

}  // namespace headgate::backends::json
