#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/limits.h"

namespace headgate::gateway {

// What is spent of a budget in its present day or month, for people. All functions are pure; times
// are in milliseconds since 1970.

struct BudgetLine {
  std::string budget;  // config::NameOf
  std::string per;     // "day" or "month"; empty, as the next three: not known
  std::string zone;
  std::string when_spent;
  std::int64_t begin = 0;  // 0: not known, as the next one
  std::int64_t end = 0;
  NanoUsd limit = 0;
  NanoUsd spent = 0;
  NanoUsd reserved = 0;  // by requests that run
  std::optional<NanoUsd>
      forecast;  // what will be spent at the end; absent: it is too early to tell
};

// A budget of a configuration, of which `spent` is spent in the day or month of `now`. Its forecast
// is the pace since the beginning, after the first day of a month.
BudgetLine LineOf(const config::Budget& budget, NanoUsd spent, std::int64_t now);

// Puts what an entry of `budgets` in /status says in the place of what `line` has.
void ReadStatus(const boost::json::object& entry, BudgetLine& line);

// When everything will be spent at this pace; nullopt: not before the end, or not known.
std::optional<std::int64_t> SpentOn(const BudgetLine& line, std::int64_t now);

// One line for each budget, in columns.
std::string BudgetsText(const std::vector<BudgetLine>& lines, std::int64_t now);
// Money as exact text in dollars, times as RFC 3339; what is not known is null.
boost::json::array BudgetsToJson(const std::vector<BudgetLine>& lines, std::int64_t now);

}  // namespace headgate::gateway
