#include "policy/scrub/scrub.h"

#include <algorithm>
#include <utility>

#include "policy/scrub/ordinary_words.h"

namespace headgate::policy {
namespace {

constexpr std::size_t kRun = 8;
constexpr std::string_view kMask = "***";

std::uint64_t Byte(char c) { return static_cast<unsigned char>(c); }

// The characters of a text of at most kRun as a number, left-aligned, so that numbers sort as the
// texts do and a shorter text is a range of the longer ones.
std::uint64_t Number(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) number = number << 8 | Byte(c);
  return number << 8 * (kRun - text.size());
}

std::size_t Pair(char first, char second) { return Byte(first) << 8 | Byte(second); }

void SortUnique(std::vector<std::uint64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool IsIn(const std::vector<std::uint64_t>& numbers, std::uint64_t number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

// Whether one of the numbers begins with the bytes of `text`, which is shorter than a run.
bool BeginsOne(const std::vector<std::uint64_t>& numbers, std::string_view text) {
  const std::uint64_t lowest = Number(text);
  const auto found = std::lower_bound(numbers.begin(), numbers.end(), lowest);
  const std::size_t missing_bits = 8 * (kRun - text.size());
  return found != numbers.end() && (*found >> missing_bits) == (lowest >> missing_bits);
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
  // What is a word in one secret may be more in another.
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
  Progress progress;
  Settle(text, /*last=*/true, progress, out);
  return out;
}

std::size_t Scrubber::Settle(std::string_view text, bool last, Progress& progress,
                             std::string& out) const {
  std::size_t at = 0;
  std::size_t copied = 0;  // what stands before it is in `out`, or masked
  std::size_t covered = progress.covered;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.size() >= kRun) {
      // A run that begins in the next seven places would have this pair in it.
      if (at >= covered && wholes_.empty() && !pairs_[Pair(rest[kRun - 2], rest[kRun - 1])]) {
        at += kRun - 1;
        progress.masked = false;
        continue;
      }
    }
    if (!last && MayBecomeRun(rest)) break;
    covered = std::max(covered, at + RunAt(rest, at < covered));
    if (at < covered) {
      out.append(text, copied, at - copied);
      if (!progress.masked) out.append(kMask);
      copied = at + 1;
    }
    progress.masked = at < covered;
    ++at;
  }
  out.append(text, copied, at - copied);
  progress.covered = covered > at ? covered - at : 0;
  return at;
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

bool Scrubber::MayBecomeRun(std::string_view text) const {
  if (text.size() < kRun && (BeginsOne(runs_, text) || BeginsOne(words_, text))) return true;
  return std::any_of(wholes_.begin(), wholes_.end(), [&](const std::string& whole) {
    return whole.size() > text.size() && std::string_view(whole).substr(0, text.size()) == text;
  });
}

std::string StreamScrubber::Feed(std::string_view piece) {
  std::string joined;
  if (!held_.empty()) {
    joined = held_;
    joined.append(piece);
    piece = joined;
  }
  std::string out;
  out.reserve(piece.size());
  const std::size_t settled = scrubber_.Settle(piece, /*last=*/false, progress_, out);
  held_.assign(piece.substr(settled));
  return out;
}

std::string StreamScrubber::Finish() {
  std::string out;
  scrubber_.Settle(held_, /*last=*/true, progress_, out);
  held_.clear();
  progress_ = {};
  return out;
}

}  // namespace headgate::policy
