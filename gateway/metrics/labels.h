#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "config/base/mutex.h"

namespace headgate::gateway {

// A label value as a small number: metrics cells are found by packed numbers, not by strings.
using LabelId = std::uint16_t;

// Numbers for the names of routes, classes, targets, teams. Names come from configuration only,
// and a number is never reused, so that counters survive a changed configuration. Thread-safe.
class LabelTable {
 public:
  static constexpr LabelId kNone = 0;   // "none"
  static constexpr LabelId kOther = 1;  // "other": what the cap on series folds together

  LabelTable();
  // REQUIRES: fewer than 65,536 names in the life of the process; further ones become kOther.
  LabelId Intern(std::string_view name) EXCLUDES_LOCK(mutex_);
  std::string Name(LabelId id) const EXCLUDES_LOCK(mutex_);

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, LabelId> ids_ GUARDED_BY(mutex_);
  std::deque<std::string> names_ GUARDED_BY(mutex_);
};

// Up to four labels in one key.
constexpr std::uint64_t PackLabels(LabelId a, LabelId b = 0, LabelId c = 0, LabelId d = 0) {
  return static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b) << 16 |
         static_cast<std::uint64_t>(c) << 32 | static_cast<std::uint64_t>(d) << 48;
}
constexpr LabelId LabelAt(std::uint64_t key, int position) {
  return static_cast<LabelId>(key >> (16 * position));
}

}  // namespace headgate::gateway
