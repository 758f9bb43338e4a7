#include "policy/scrub.h"

#include <algorithm>
#include <utility>

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

}  // namespace

Scrubber::Scrubber(std::vector<std::string> secrets) {
  for (std::string& secret : secrets) {
    if (secret.empty()) continue;
    if (secret.size() < kRun) {
      short_secrets_.push_back(std::move(secret));
      continue;
    }
    const std::string_view text = secret;
    for (std::size_t i = 0; i + kRun <= text.size(); ++i) {
      runs_.push_back(Number(text.substr(i, kRun)));
    }
    for (std::size_t i = 0; i + 1 < text.size(); ++i) pairs_.set(Pair(text[i], text[i + 1]));
  }
  std::sort(runs_.begin(), runs_.end());
  runs_.erase(std::unique(runs_.begin(), runs_.end()), runs_.end());
  std::sort(short_secrets_.begin(), short_secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
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
      if (at >= covered && short_secrets_.empty() &&
          !pairs_[Pair(rest[kRun - 2], rest[kRun - 1])]) {
        at += kRun - 1;
        progress.masked = false;
        continue;
      }
    } else if (!last && MayBecomeRun(rest)) {
      break;
    }
    covered = std::max(covered, at + RunAt(rest));
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

std::size_t Scrubber::RunAt(std::string_view text) const {
  if (text.size() >= kRun && pairs_[Pair(text[0], text[1])] &&
      std::binary_search(runs_.begin(), runs_.end(), Number(text.substr(0, kRun)))) {
    return kRun;
  }
  for (const std::string& secret : short_secrets_) {
    if (text.substr(0, secret.size()) == secret) return secret.size();
  }
  return 0;
}

bool Scrubber::MayBecomeRun(std::string_view text) const {
  const std::uint64_t lowest = Number(text);
  const auto run = std::lower_bound(runs_.begin(), runs_.end(), lowest);
  const std::size_t missing_bits = 8 * (kRun - text.size());
  if (run != runs_.end() && (*run >> missing_bits) == (lowest >> missing_bits)) return true;
  return std::any_of(short_secrets_.begin(), short_secrets_.end(), [&](const std::string& secret) {
    return secret.size() > text.size() && std::string_view(secret).substr(0, text.size()) == text;
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
