#include "routing/ask/block_search.h"

#include <algorithm>
#include <cstring>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kLongestTagName = 40;

bool IsHigh(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool IsOfName(char c) { return IsAlphanumeric(c) || IsHigh(c) || c == '_' || c == '-'; }

// The elements of HTML without content.
bool IsVoid(string_view name) {
  constexpr std::array<string_view, 14> kVoid = {"area",  "base",   "br",    "col",  "embed",
                                                 "hr",    "img",    "input", "link", "meta",
                                                 "param", "source", "track", "wbr"};
  return std::any_of(kVoid.begin(), kVoid.end(),
                     [&](string_view one) { return EqualsIgnoringCase(one, name); });
}

}  // namespace

bool IsFence(string_view line) { return line.starts_with("```") || line.starts_with("~~~"); }

bool IsBracketed(string_view line) {
  if (line.size() < 3) return false;
  return (line.front() == '[' && line.back() == ']') ||
         (line.starts_with("【") && line.ends_with("】"));
}

Tag TagOf(string_view line) {
  if (line.size() < 3 || line[0] != '<') return {};
  const bool closes = line[1] == '/';
  const std::size_t begin = closes ? 2 : 1;
  if (!IsLetter(line[begin]) && !IsHigh(line[begin])) return {};
  std::size_t end = begin;
  while (end < line.size() && end <= kLongestTagName && IsOfName(line[end])) ++end;
  if (end == line.size() || end > kLongestTagName) return {};
  const string_view name = line.substr(begin, end - begin);
  const std::size_t last = line.find('>', end);
  if (last == string_view::npos) return {name, !closes && !IsVoid(name), 0};
  // `<input>` without attributes is not one of HTML.
  const bool plain = last == end && EqualsIgnoringCase(name, "input");
  const bool opens = !closes && line[last - 1] != '/' && (plain || !IsVoid(name));
  return {name, opens, last + 1};
}

std::size_t BlockSearch::NextLine(std::size_t at) const {
  const string_view rest = text_.substr(at, kLongestLine);
  const std::size_t found = rest.find('\n');
  return at + (found == string_view::npos ? rest.size() : found + 1);
}

std::size_t BlockSearch::AfterFence(std::size_t at) {
  while (at < text_.size()) {
    const std::size_t next = NextLine(at);
    if (IsFence(Trim(text_.substr(at, std::min<std::size_t>(next - at, kLongestTagName))))) {
      return next;
    }
    if (at < tail()) budget_.Spend(next - at + SearchBudget::kPlace);
    at = budget_.left() > 0 ? next : std::max(next, tail());
  }
  return at;
}

std::size_t BlockSearch::AfterElement(std::size_t at, string_view name, std::size_t& inside_end) {
  const auto known = unclosed_.begin() + static_cast<std::ptrdiff_t>(unclosed_size_);
  if (unclosed_size_ == kUnclosed || std::find(unclosed_.begin(), known, name) != known) {
    return string_view::npos;
  }
  inside_end = EndTag(at, name, budget_);
  if (inside_end == string_view::npos && budget_.left() == 0) {
    SearchBudget of_tail(kTail);
    inside_end = EndTag(std::max(at, tail()), name, of_tail);
  }
  if (inside_end == string_view::npos) {
    unclosed_[unclosed_size_++] = name;
    return inside_end;
  }
  const std::size_t limit = std::min(text_.size(), inside_end + kLongestTagName + 3);
  const std::size_t end = text_.substr(0, limit).find('>', inside_end);
  return end == string_view::npos ? limit : end + 1;
}

std::size_t BlockSearch::EndTag(std::size_t at, string_view name, SearchBudget& bytes) const {
  while (bytes.left() > 0) {
    const string_view searched = text_.substr(at, bytes.left());
    const std::size_t found = searched.find('<');
    bytes.Spend(SearchBudget::kPlace + std::min(found, searched.size()));
    if (found == string_view::npos) break;
    at += found + 1;
    const string_view rest = text_.substr(at);
    if (rest.starts_with('/') && rest.substr(1).starts_with(name)) return at - 1;
  }
  return string_view::npos;
}

std::size_t BlockSearch::AfterBracketed(std::size_t at) {
  const std::size_t first = at;
  const std::size_t last = std::min({text_.size(), at + kTail, at + budget_.left()});
  while (at < last) {
    const std::size_t next = NextLine(at);
    if (IsBracketed(Trim(text_.substr(at, next - at)))) return next;
    budget_.Spend(next - at + SearchBudget::kPlace);
    at = next;
  }
  return first;
}

}  // namespace headgate::routing
