#include "backends/protocols/json/clean_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "config/base/text.h"

namespace headgate::backends::json {
namespace {

constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";  // U+FFFD

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// C1 control characters, which terminals obey: U+0080 to U+009F.
bool IsControlSequence(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' &&
         static_cast<unsigned char>(sequence[1]) < 0xA0;
}

// Returns where `tag`, in lower case, begins in `text`, if its name ends there.
std::size_t FindTag(std::string_view text, std::string_view tag, std::size_t from = 0) {
  for (auto at = text.begin() + static_cast<std::ptrdiff_t>(from);; ++at) {
    at = std::search(at, text.end(), tag.begin(), tag.end(),
                     [](char a, char b) { return config::Lowered(a) == b; });
    if (at == text.end()) return std::string_view::npos;
    const auto end = at + static_cast<std::ptrdiff_t>(tag.size());
    if (end == text.end() || std::isalnum(static_cast<unsigned char>(*end)) == 0) {
      return static_cast<std::size_t>(at - text.begin());
    }
  }
}

}  // namespace

std::size_t Utf8Length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = at + 1; i < at + length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

std::string_view WithoutLead(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

BodyStart StartOf(std::string_view body) {
  const std::string_view text = WithoutLead(body);
  if (text.empty()) return BodyStart::kBlank;
  return text[0] == '{' || text[0] == '[' ? BodyStart::kJson : BodyStart::kOther;
}

bool LooksLikeMarkup(std::string_view text) {
  text = WithoutLead(text);
  if (text.size() > 1 && text[0] == '<') {
    return text[1] == '!' || text[1] == '?' || text[1] == '/' ||
           std::isalpha(static_cast<unsigned char>(text[1])) != 0;
  }
  constexpr std::array<std::string_view, 3> kTags = {"<html", "<!doctype", "<body"};
  return std::any_of(kTags.begin(), kTags.end(), [&](std::string_view tag) {
    return std::search(text.begin(), text.end(), tag.begin(), tag.end(),
                       [](char a, char b) { return config::Lowered(a) == b; }) != text.end();
  });
}

bool LooksLikePage(std::string_view text) {
  text = WithoutLead(text);
  constexpr std::array<std::string_view, 6> kBeginnings = {"<!doctype", "<html", "<?xml",
                                                           "<head",     "<body", "<center"};
  const std::string_view start = text.substr(0, 16);
  if (std::any_of(kBeginnings.begin(), kBeginnings.end(),
                  [&](std::string_view tag) { return FindTag(start, tag) == 0; })) {
    return true;
  }
  const std::size_t page = FindTag(text, "<html");
  return page != std::string_view::npos && FindTag(text, "</html", page) != std::string_view::npos;
}

bool LooksLikeText(std::string_view text) {
  constexpr std::size_t kLooked = 512;
  std::size_t odd = 0;
  text = text.substr(0, kLooked);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool line = c == '\n' || c == '\r' || c == '\t';
    odd += static_cast<unsigned char>(c) < 0x20 && !line ? 1u : 0u;
    if (static_cast<unsigned char>(c) >= 0x80) {
      const std::size_t length = Utf8Length(text, at);
      const bool cut = length == 0 && at + 4 > text.size();
      odd += length == 0 && !cut ? 1u : 0u;
      at += length == 0 ? 0 : length - 1;
    }
  }
  return odd * 4 <= text.size();
}

std::string CleanText(std::string_view text, std::size_t limit) {
  text = config::Trim(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    std::string_view piece = length == 0 ? kReplacementText : text.substr(at, length);
    at += length == 0 ? 1 : length;
    const bool line = piece == "\n" || piece == "\t";
    if ((IsControl(piece[0]) && !line) || IsControlSequence(piece)) continue;
    if (out.size() + piece.size() > limit) break;
    out += piece;
  }
  return out;
}

}  // namespace headgate::backends::json
