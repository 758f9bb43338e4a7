#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/money.h"
#include "config/supply.h"

namespace headgate::policy {

// What each team has spent by day (UTC), for two months. Days are those on which requests began, so
// a clock that jumps changes nothing about other days. Thread-compatible.
class SpendSums {
 public:
  using Key = std::pair<std::string, config::Hosting>;  // a team, empty without keys
  struct Amounts {
    NanoUsd day = 0;
    NanoUsd month = 0;
  };

  void Add(std::int64_t day, std::string_view team, config::Hosting hosting, NanoUsd cost);
  // Returns what was spent on the day and in the month of `now` (milliseconds since 1970) until
  // now.
  std::map<Key, Amounts> Read(std::int64_t now) const;

 private:
  static constexpr std::size_t kMostDays = 64;
  struct Less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      const std::string_view first = a.first;
      const std::string_view second = b.first;
      return first != second ? first < second : a.second < b.second;
    }
  };
  std::map<std::int64_t, std::map<Key, NanoUsd, Less>> days_;
};

}  // namespace headgate::policy
