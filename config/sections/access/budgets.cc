#include "config/sections/access/budgets.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "config/reader/value_types.h"
#include "config/sections/access/zone.h"

namespace headgate::config {
namespace {

struct ShareOfLimit {
  static constexpr std::string_view kExpects = "a percentage, for example 80%";
  static bool Read(const Value& value, std::int64_t& out) {
    std::int64_t millionths = 0;
    if (!ReadScalar(value, kExpects, ParsePercentage, millionths)) return false;
    if (millionths == 0) {
      return value.FailWritten({"is reached before anything is spent", "write for example 80%"});
    }
    out = millionths;
    return true;
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kPercentagePattern); }
};

struct BudgetLimit {
  static constexpr std::string_view kExpects = Usd::kExpects;
  static bool Read(const Value& value, NanoUsd& out) {
    NanoUsd limit = 0;
    if (!ReadScalar(value, kExpects, ParseBudgetUsd, limit)) return false;
    if (limit == 0) {
      return value.FailWritten({"permits no spend",
                                "write `stopped: true` at the team (under `teams`) or the key to "
                                "refuse all of its requests, or US dollars above 0"});
    }
    out = limit;
    return true;
  }
  static Json JsonSchema(Definitions&) {
    return NumberSchema("number", {0, kMaxBudget / kNanoPerUsd}, kUsdPattern);
  }
};

constexpr std::array kScopeFields = {
    Optional<BudgetScope, &BudgetScope::team, Name>("team", "Requests of this team."),
    Optional<BudgetScope, &BudgetScope::key, Name>("key", "Requests with this key."),
    Optional<BudgetScope, &BudgetScope::route, Name>("route", "Requests on this route."),
    Optional<BudgetScope, &BudgetScope::backend, Name>("backend", "Calls to this backend."),
    Optional<BudgetScope, &BudgetScope::model, ModelName>("model", "Calls of this model."),
};

constexpr std::array kBudgetFields = {
    Optional<Budget, &Budget::scope, Mapping<kScopeFields>>(
        "scope", "Whose spend it limits; all of several conditions hold. By default all spend."),
    Required<Budget, &Budget::limit, BudgetLimit>("limit", "US dollars."),
    Required<Budget, &Budget::per, OneOf<kBudgetPeriods>>("per", "day or month."),
    Optional<Budget, &Budget::zone, Zone>(
        "zone", "IANA name of the zone in which days and months begin; UTC by default."),
    Optional<Budget, &Budget::warn_at, OneOrMore<ShareOfLimit>>(
        "warn_at", "Shares of the limit at which the operator is told; 80% by default."),
    Optional<Budget, &Budget::when_spent, OneOf<kWhenSpent>>(
        "when_spent",
        "What happens then: reject (the default), cheapest (only the cheapest target of each "
        "request) or self_hosted_only."),
    Optional<Budget, &Budget::counts, OneOf<kBudgetCounts>>(
        "counts", "What it counts: paid (APIs, the default) or all (also rent)."),
    Optional<Budget, &Budget::assume_output, Tokens>(
        "assume_output",
        "Output tokens of a request that sets no maximum; under reject they become its maximum. "
        "4096 by default."),
};

}  // namespace

bool BudgetSection::Read(const Value& value, Budget& budget) {
  if (!Mapping<kBudgetFields>::Read(value, budget)) return false;
  std::sort(budget.warn_at.begin(), budget.warn_at.end());
  return true;
}

Json BudgetSection::JsonSchema(Definitions& definitions) {
  return Mapping<kBudgetFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
