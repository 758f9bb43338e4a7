#include "gateway/upkeep/budget_alert.h"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/string_view.h"
#include "config/base/enum_words.h"
#include "config/base/text.h"
#include "gateway/http/json_text.h"
#include "gateway/snapshot/certificates.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kPercent = 10'000;  // millionths

// "$401.20"; below a dollar exact, "$0.0005".
std::string PeopleUsd(NanoUsd amount) {
  constexpr NanoUsd kCent = kNanoPerUsd / 100;
  constexpr std::size_t kShortest = 2;  // decimals
  const bool rounded = amount >= kNanoPerUsd;
  std::string text = UsdText(rounded ? (amount + kCent / 2) / kCent * kCent : amount);
  const std::size_t shortest = text.find('.') + 1 + kShortest;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return "$" + text;
}

std::string TimeText(std::int64_t ms) { return Rfc3339(WallTime(std::chrono::milliseconds(ms))); }

std::string_view Consequence(config::WhenSpent when) {
  switch (when) {
    case config::WhenSpent::kReject:
      return "requests are refused";
    case config::WhenSpent::kCheapest:
      return "requests go to the cheapest targets";
    case config::WhenSpent::kSelfHostedOnly:
      return "requests go to self-hosted targets only";
  }
  return {};
}

std::string Sentence(const BudgetAlert& alert) {
  const std::string amounts =
      config::Concat(PeopleUsd(alert.spent), " of ", PeopleUsd(alert.budget.limit), ".");
  const std::string name = NameOf(alert.budget);
  const std::string_view then = Consequence(alert.budget.when_spent);
  if (alert.IsSpent()) {
    return config::Concat("Budget ", name, " is spent: ", amounts, " Until ",
                          TimeText(alert.window.end), " ", then, ".");
  }
  return config::Concat("Budget ", name, " is spent to ", ShareText(alert), ": ", amounts,
                        " When it is spent, ", then, ".");
}

boost::json::object ScopeJson(const config::BudgetScope& scope) {
  boost::json::object out;
  for (const auto& [word, value] : {std::pair<const char*, const std::string&>{"team", scope.team},
                                    {"key", scope.key},
                                    {"route", scope.route},
                                    {"backend", scope.backend},
                                    {"model", scope.model}}) {
    if (!value.empty()) out[word] = value;
  }
  return out;
}

}  // namespace

std::string ShareText(const BudgetAlert& alert) {
  std::string text = config::Concat(alert.share / kPercent);
  if (std::int64_t rest = alert.share % kPercent; rest > 0) {
    std::string decimals = config::Concat(kPercent + rest).substr(1);
    while (decimals.back() == '0') decimals.pop_back();
    text += "." + decimals;
  }
  return text + "%";
}

std::string AlertJson(const BudgetAlert& alert, std::string_view instance) {
  const config::Budget& budget = alert.budget;
  const auto word = [](std::string_view text) {
    return boost::json::string_view(text.data(), text.size());
  };
  return boost::json::serialize(
      boost::json::object{{"text", Sentence(alert)},
                          {"event", alert.IsSpent() ? "budget_spent" : "budget_nearly_spent"},
                          {"budget", NameOf(budget)},
                          {"scope", ScopeJson(budget.scope)},
                          {"per", word(WordFor(config::kBudgetPeriods, budget.per))},
                          {"zone", budget.zone},
                          {"counts", word(WordFor(config::kBudgetCounts, budget.counts))},
                          {"share", ShareText(alert)},
                          {"spent_usd", UsdText(alert.spent)},
                          {"limit_usd", UsdText(budget.limit)},
                          {"when_spent", word(WordFor(config::kWhenSpent, budget.when_spent))},
                          {"begin", TimeText(alert.window.begin)},
                          {"end", TimeText(alert.window.end)},
                          {"time", TimeText(alert.time)},
                          {"instance", word(instance)}});
}

}  // namespace headgate::gateway
