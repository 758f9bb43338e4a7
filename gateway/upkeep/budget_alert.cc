#include "gateway/upkeep/budget_alert.h"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/string_view.h"
#include "config/base/enum_words.h"
#include "config/base/text.h"
#include "gateway/budgets/budget_words.h"
#include "gateway/http/json_text.h"
#include "gateway/snapshot/certificates.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kPercent = 10'000;  // millionths

std::string TimeText(std::int64_t ms) { return Rfc3339(WallTime(std::chrono::milliseconds(ms))); }

std::string_view Consequence(config::WhenSpent when) {
  switch (when) {
    case config::WhenSpent::kReject:
      return "requests are refused";
    case config::WhenSpent::kCheapest:
      return "each request goes to the cheapest target of its plan; requests that name a model, "
             "and routes with one paid target, go on as before";
    case config::WhenSpent::kSelfHostedOnly:
      return "requests go to self-hosted targets only";
  }
  return {};
}

std::string Sentence(const BudgetAlert& alert) {
  const std::string amounts = config::Concat(PeopleUsd(alert.spent, Rounding::kDown), " of ",
                                             PeopleUsd(alert.budget.limit, Rounding::kExact));
  const std::string name = NameOf(alert.budget);
  const std::string_view then = Consequence(alert.budget.when_spent);
  const std::string end = TimeText(alert.window.end);
  switch (alert.event) {
    case BudgetEvent::kSpent:
      return config::Concat("Budget ", name, " is spent: ", amounts, ". Until ", end, " ", then,
                            ".");
    case BudgetEvent::kRefuses:
      if (alert.budget.when_spent != config::WhenSpent::kReject) {
        return config::Concat("Budget ", name, " refuses requests: ", amounts,
                              " is spent, and no self-hosted target is left for them. It begins "
                              "anew at ",
                              end, ".");
      }
      return config::Concat("Budget ", name, " refuses requests: ", amounts,
                            " is spent, and a request may cost up to ",
                            PeopleUsd(alert.most, Rounding::kUp), ". It begins anew at ", end, ".");
    case BudgetEvent::kNearlySpent:
      break;
  }
  return config::Concat("Budget ", name, " is spent to ", ShareText(alert), ": ", amounts,
                        ". When it is spent, ", then, ".");
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

std::string_view EventName(BudgetEvent event) {
  switch (event) {
    case BudgetEvent::kNearlySpent:
      return "budget_nearly_spent";
    case BudgetEvent::kSpent:
      return "budget_spent";
    case BudgetEvent::kRefuses:
      return "budget_refuses";
  }
  return {};
}

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
                          {"event", word(EventName(alert.event))},
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
