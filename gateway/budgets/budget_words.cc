#include "gateway/budgets/budget_words.h"

#include "absl/time/time.h"
#include "config/base/text.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

using config::Concat;

// Returns the last place that is shown: a cent, or less for an amount below a dollar.
NanoUsd PlaceOf(NanoUsd amount) {
  constexpr NanoUsd kCent = kNanoPerUsd / 100;
  constexpr NanoUsd kDigits = 100;  // so that three are shown
  NanoUsd place = kCent;
  while (place > 1 && amount < place * kDigits && amount < kNanoPerUsd) place /= 10;
  return place;
}

std::string Exactly(NanoUsd amount) { return PeopleUsd(amount, Rounding::kExact); }

std::string WithTerms(const config::Budget& budget) {
  return Concat(TitleOf(budget), " (", WordFor(config::kBudgetPeriods, budget.per), ", ",
                budget.zone, ")");
}

// Calls that run are in the way.
std::string WaitText(const config::Budget& budget, const policy::BudgetRefusal& refusal) {
  const bool rejects = budget.when_spent == config::WhenSpent::kReject;
  return Concat(
      TitleOf(budget), ": ", PeopleUsd(refusal.Free(), Rounding::kDown), " of ",
      Exactly(refusal.limit), " is free, ",
      rejects ? Concat("this request may cost ", PeopleUsd(refusal.most, Rounding::kUp), ", and ")
              : std::string("and "),
      PeopleUsd(refusal.reserved, Rounding::kUp), " is reserved by ", refusal.calls,
      refusal.calls == 1 ? " running call. Try again when it has ended."
                         : " running calls. Try again when they have ended.");
}

std::string Shortage(const config::Budget& budget, const policy::BudgetRefusal& refusal) {
  const std::string again =
      Concat(" It begins anew at ", ZoneTime(budget, refusal.window.end), ".");
  if (budget.when_spent != config::WhenSpent::kReject) {
    return Concat(WithTerms(budget), " is spent: ", PeopleUsd(refusal.spent, Rounding::kDown),
                  " of ", Exactly(refusal.limit), ".", again);
  }
  const std::string most = PeopleUsd(refusal.most, Rounding::kUp);
  if (refusal.Never()) {
    return Concat(WithTerms(budget), " is ", Exactly(refusal.limit),
                  " in all, and this request may cost up to ", most, ".");
  }
  return Concat(WithTerms(budget), " has ", PeopleUsd(refusal.Left(), Rounding::kDown), " of ",
                Exactly(refusal.limit), " left and this request may cost up to ", most, ".", again);
}

}  // namespace

std::string PeopleUsd(NanoUsd amount, Rounding rounding) {
  constexpr std::size_t kShortest = 2;  // decimals
  if (rounding != Rounding::kExact) {
    const NanoUsd place = PlaceOf(amount);
    const NanoUsd rest = amount % place;
    amount -= rest;
    if (rounding == Rounding::kUp && rest > 0) amount += place;
  }
  std::string text = UsdText(amount);
  const std::size_t shortest = text.find('.') + 1 + kShortest;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return "$" + text;
}

std::string TitleOf(const config::Budget& budget) {
  const std::string scope = config::ScopeText(budget.scope);
  return scope.empty() ? "The budget of all requests" : "Budget " + scope;
}

std::string ZoneTime(const config::Budget& budget, std::int64_t time) {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(budget.zone, &zone);  // the configuration has checked the name
  return absl::FormatTime("%Y-%m-%dT%H:%M%Ez", absl::FromUnixMillis(time), zone);
}

std::string RefusalText(const config::Budget& budget, const policy::BudgetRefusal& refusal,
                        const RefusalHints& hints) {
  if (refusal.Waits()) return WaitText(budget, refusal);
  std::string text = Shortage(budget, refusal);
  if (!hints.still_answered.empty()) {
    text +=
        Concat(" Self-hosted models still answer: ", config::Join(hints.still_answered, ", "), ".");
  } else if (hints.less_output_helps) {
    text += " Ask for fewer tokens of output.";
  } else {
    text += " Ask the operator of this gateway for more.";
  }
  return text;
}

}  // namespace headgate::gateway
