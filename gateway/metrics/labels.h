#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "config/base/mutex.h"

namespace headgate::gateway {

// A label value as a small number: metrics cells are found by packed numbers, not by strings.
using LabelId = std::uint16_t;

// Numbers for the names of routes, classes, targets, teams. Names come from configuration only, and
// a number is never reused, so that counters survive a changed configuration. A name that a reload
// has removed keeps its series for an hour, so that the last scrapes and running requests are not
// lost; then its series are dropped. Times are passed in. Thread-safe.
class LabelTable {
 public:
  static constexpr LabelId kNone = 0;   // "none"
  static constexpr LabelId kOther = 1;  // "other": labels that the cap on series merges
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kKept{1};

  LabelTable();
  // REQUIRES: fewer than 65,536 names in the life of the process; further names become kOther.
  LabelId Intern(std::string_view name) EXCLUDES_LOCK(mutex_);
  std::string Name(LabelId id) const EXCLUDES_LOCK(mutex_);

  // Sets the labels of the configuration in force from `now` on. All other labels count as removed,
  // from now on or from their earlier removal. "none" and "other" are always used.
  void SetUsed(const std::vector<LabelId>& used, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Returns, by LabelId, whose series have to be dropped; empty if there are none. A label is
  // returned once an hour while it stays removed, because a request of an old configuration may
  // book late.
  std::vector<bool> Expired(Clock::time_point now) EXCLUDES_LOCK(mutex_);

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, LabelId> ids_ GUARDED_BY(mutex_);
  std::deque<std::string> names_ GUARDED_BY(mutex_);
  // The time since which it is not used, or when its series were last dropped.
  absl::flat_hash_map<LabelId, Clock::time_point> removed_ GUARDED_BY(mutex_);
};

// Up to four labels in one key.
inline constexpr int kMostLabels = 4;
constexpr std::uint64_t PackLabels(LabelId a, LabelId b = 0, LabelId c = 0, LabelId d = 0) {
  return static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b) << 16 |
         static_cast<std::uint64_t>(c) << 32 | static_cast<std::uint64_t>(d) << 48;
}
constexpr LabelId LabelAt(std::uint64_t key, int position) {
  return static_cast<LabelId>(key >> (16 * position));
}

// The types of a family's labels.

// A label whose values are names of the configuration, which a LabelTable has numbered. Its series
// are dropped when a reload has removed the name, and the cap on series merges them into `other`.
// Descendants have kName.
struct ConfiguredLabel {
  using Value = LabelId;
};

// A label whose values the code fixes: the values of `Enum`, from 0 to kSize - 1. They are never
// dropped. Descendants have kName and Text(Enum).
template <typename Enum, std::size_t kSize>
struct FixedLabel {
  using Value = Enum;
  static constexpr std::size_t kCount = kSize;
};

// The same with the texts from an array.
template <typename Enum, const auto& kTexts>
struct NamedLabel : FixedLabel<Enum, std::size(kTexts)> {
  static constexpr std::string_view Text(Enum value) {
    return kTexts[static_cast<std::size_t>(value)];
  }
};

}  // namespace headgate::gateway
