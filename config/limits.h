#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/enum_words.h"
#include "config/base/money.h"

namespace headgate::config {

// How much may be asked for: limits of requests, and budgets of money. Part of config.h: immutable
// after loading, safe to share between threads.

// The line of a value in the operator's files. Lines count from 1; line 0 means built in (the
// shipped catalogue, whose file is "catalog.yaml").
struct SourceLocation {
  std::string file;
  int line = 0;
};

// What a key, a team, a route or a paid API allows; nullopt: no limit.
struct RateLimits {
  std::optional<int> requests_per_minute;
  std::optional<std::int64_t> tokens_per_minute;  // input and output together
  std::optional<int> in_flight;                   // requests that run at once

  bool any() const { return requests_per_minute || tokens_per_minute || in_flight; }
  bool operator==(const RateLimits&) const = default;
};

enum class BudgetPeriod : std::uint8_t { kDay, kMonth };
inline constexpr std::array kBudgetPeriods = {
    EnumWord<BudgetPeriod>{"day", BudgetPeriod::kDay},
    EnumWord<BudgetPeriod>{"month", BudgetPeriod::kMonth}};

// What happens to requests when a budget is spent.
enum class WhenSpent : std::uint8_t { kReject, kCheapest, kSelfHostedOnly };
inline constexpr std::array kWhenSpent = {
    EnumWord<WhenSpent>{"reject", WhenSpent::kReject},
    EnumWord<WhenSpent>{"cheapest", WhenSpent::kCheapest},
    EnumWord<WhenSpent>{"self_hosted_only", WhenSpent::kSelfHostedOnly}};

// Which spend a budget counts.
enum class BudgetCounts : std::uint8_t { kPaid, kAll };
inline constexpr std::array kBudgetCounts = {EnumWord<BudgetCounts>{"paid", BudgetCounts::kPaid},
                                             EnumWord<BudgetCounts>{"all", BudgetCounts::kAll}};

// Whose spend a budget counts: that to which every member that is not empty applies.
struct BudgetScope {
  std::string team = {};
  std::string key = {};
  std::string route = {};
  std::string backend = {};
  std::string model = {};  // of the catalogue

  bool operator==(const BudgetScope&) const = default;
};

inline constexpr std::int64_t kAssumedOutput = 4096;  // tokens
inline constexpr std::int64_t kUsualWarning = 800'000;

struct Budget {
  BudgetScope scope;
  NanoUsd limit = 0;  // > 0
  BudgetPeriod per = BudgetPeriod::kMonth;
  std::string zone = "UTC";  // IANA name of the zone in which days and months begin
  std::vector<std::int64_t> warn_at = {kUsualWarning};  // shares of the limit, in millionths
  WhenSpent when_spent = WhenSpent::kReject;
  BudgetCounts counts = BudgetCounts::kPaid;
  // Output that a request without max_tokens is taken to have, in tokens.
  std::int64_t assume_output = kAssumedOutput;
  std::string path;  // its path in diagnostics: "budgets[0]"
  SourceLocation location;
  // There is another budget of the same scope and period, which differs in `when_spent`.
  bool has_twin = false;
};

// Returns "team=search", "team=search,backend=openai"; empty for all spend.
inline std::string ScopeText(const BudgetScope& scope) {
  std::string text;
  for (const auto& [word, value] :
       {std::pair<std::string_view, const std::string&>{"team", scope.team},
        {"key", scope.key},
        {"route", scope.route},
        {"backend", scope.backend},
        {"model", scope.model}}) {
    if (value.empty()) continue;
    if (!text.empty()) text += ',';
    text.append(word).append("=").append(value);
  }
  return text;
}

// Returns the name of a budget in metrics and logs: "team=search,per=month", "per=day" for all
// spend, "team=search,per=month,when=reject" if another budget differs in `when_spent` alone. No
// two budgets have the same name.
inline std::string NameOf(const Budget& budget) {
  std::string name = ScopeText(budget.scope);
  if (!name.empty()) name += ',';
  name.append("per=").append(WordFor(kBudgetPeriods, budget.per));
  if (budget.has_twin) name.append(",when=").append(WordFor(kWhenSpent, budget.when_spent));
  return name;
}

}  // namespace headgate::config
