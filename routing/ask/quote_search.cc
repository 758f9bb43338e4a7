#include "routing/ask/quote_search.h"

#include <algorithm>
#include <utility>

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::array<std::pair<string_view, string_view>, 5> kQuotes = {
    {{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"「", "」"}}};

}  // namespace

QuoteSearch::QuoteSearch(string_view line, int& marks) : line_(line), marks_(marks) {
  static_assert(kQuotes.size() == kKinds);
  if (line.size() > kShortest && marks > 0) {
    PassTo(0);
  } else {
    opening_.fill(string_view::npos);
  }
}

std::optional<QuoteSearch::Quote> QuoteSearch::Next() {
  while (marks_ > 0) {
    const auto first = std::min_element(opening_.begin(), opening_.end());
    const std::size_t begin = *first;
    if (begin == string_view::npos) return std::nullopt;
    --marks_;
    const auto& [open, close] = kQuotes[static_cast<std::size_t>(first - opening_.begin())];
    const std::size_t last = line_.find(close, begin + open.size());
    if (last != string_view::npos && last - begin >= kShortest) {
      PassTo(last + close.size());
      return Quote{begin, last + close.size()};
    }
    // A mark that nothing closes here is closed nowhere behind.
    *first = last == string_view::npos ? last : line_.find(open, begin + open.size());
  }
  return std::nullopt;
}

// Moves on to the marks from `at` on. A mark that is not found is never looked for again: each mark
// passes over the line once.
void QuoteSearch::PassTo(std::size_t at) {
  for (std::size_t i = 0; i < kQuotes.size(); ++i) {
    if (opening_[i] != string_view::npos && opening_[i] <= at) {
      opening_[i] = line_.find(kQuotes[i].first, at);
    }
  }
}

}  // namespace headgate::routing
