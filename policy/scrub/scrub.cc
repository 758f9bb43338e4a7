#include "policy/scrub/scrub.h"

#include <algorithm>
#include <utility>

#include "policy/scrub/ordinary_words.h"

namespace headgate::policy {
namespace {

constexpr std::size_t kRun = 8;
constexpr std::string_view kMask = "***";

std::uint64_t Byte(char c) { return static_cast<unsigned char>(c); }

// A text of kRun characters as a number, so that numbers sort as the texts do.
std::uint64_t Number(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) number = number << 8 | Byte(c);
  return number;
}

std::size_t Pair(char first, char second) { return Byte(first) << 8 | Byte(second); }

void SortUnique(std::vector<std::uint64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool IsIn(const std::vector<std::uint64_t>& numbers, std::uint64_t number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

}  // namespace

Scrubber::Scrubber(std::vector<std::string> secrets) {
  for (std::string& secret : secrets) {
    if (secret.empty()) continue;
    if (secret.size() < kRun) {
      wholes_.push_back(std::move(secret));
      continue;
    }
    AddRuns(secret);
    for (std::size_t i = 0; i + 1 < secret.size(); ++i) pairs_.set(Pair(secret[i], secret[i + 1]));
  }
  SortUnique(runs_);
  SortUnique(words_);
  // A word of one secret may be a part of a random key.
  words_.erase(std::remove_if(words_.begin(), words_.end(),
                              [this](std::uint64_t word) { return IsIn(runs_, word); }),
               words_.end());
  std::sort(wholes_.begin(), wholes_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void Scrubber::AddRuns(std::string_view secret) {
  std::vector<WordSpan> words = OrdinaryWords(secret, kRun);
  for (const WordSpan& word : words) {
    if (word.wide_end == secret.size()) continue;
    wholes_.emplace_back(secret.substr(word.begin, word.wide_end + 1 - word.begin));
  }
  auto word = words.begin();
  for (std::size_t i = 0; i + kRun <= secret.size(); ++i) {
    while (word != words.end() && word->wide_end < i + kRun) ++word;
    const bool within = word != words.end() && word->wide_begin <= i;
    (within ? words_ : runs_).push_back(Number(secret.substr(i, kRun)));
  }
}

std::string Scrubber::Scrub(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;   // the text before it is in `out`, or masked
  std::size_t covered = 0;  // the end of the runs that were found so far
  bool masked = false;      // the byte before `at` is masked, so the mask is already in `out`
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    // A run that begins at one of the next seven positions would contain this pair.
    if (rest.size() >= kRun && at >= covered && wholes_.empty() &&
        !pairs_[Pair(rest[kRun - 2], rest[kRun - 1])]) {
      at += kRun - 2;
      masked = false;
      continue;
    }
    covered = std::max(covered, at + RunAt(rest, at < covered));
    if (at < covered) {
      out.append(text, copied, at - copied);
      if (!masked) out.append(kMask);
      copied = at + 1;
    }
    masked = at < covered;
  }
  return out.append(text, copied);
}

std::size_t Scrubber::RunAt(std::string_view text, bool inside) const {
  std::size_t masked = 0;
  if (text.size() >= kRun && pairs_[Pair(text[0], text[1])]) {
    const std::uint64_t run = Number(text.substr(0, kRun));
    if (IsIn(runs_, run) || (inside && IsIn(words_, run))) masked = kRun;
  }
  for (const std::string& whole : wholes_) {
    if (text.substr(0, whole.size()) == whole) return std::max(masked, whole.size());
  }
  return masked;
}

}  // namespace headgate::policy
