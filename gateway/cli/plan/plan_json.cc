#include "gateway/cli/plan/plan_json.h"

#include <boost/json/array.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/cli/plan/plan_words.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using policy::DayFromMonth;

constexpr const char* kUnknown = "unknown";

json::string Word(policy::Verdict verdict) {
  const std::string_view word = config::WordFor(policy::kVerdicts, verdict);
  return json::string(word.data(), word.size());
}

json::value Nullable(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::value HybridToJson(const std::optional<policy::Hybrid>& hybrid) {
  if (!hybrid) return nullptr;
  return json::object{
      {"replicas", hybrid->replicas},      {"self_hosted_tokens", hybrid->home_tokens},
      {"api_tokens", hybrid->away_tokens}, {"rent_nano_usd", hybrid->rent},
      {"bill_nano_usd", hybrid->bill},     {"cost_nano_usd", hybrid->Total()}};
}

json::value RoutedToJson(const std::optional<RoutedCost>& cost) {
  if (!cost) return nullptr;
  return json::object{{"booked_elsewhere_nano_usd", cost->elsewhere},
                      {"replicas", cost->replicas},
                      {"rent_nano_usd", cost->rent},
                      {"cost_nano_usd", cost->Total()}};
}

json::value BoundsToJson(const PlanReport& report) {
  if (!report.bounds) return nullptr;
  return json::object{{"busy_millionths", *report.question.busy},
                      {"least_tokens_an_hour", *report.question.plan.self.tokens_per_hour},
                      {"most_tokens_an_hour", report.bounds->most},
                      {"least_verdict", Word(report.verdict)},
                      {"most_verdict", Word(report.bounds->verdict)},
                      {"pays_from_tokens_an_hour", Nullable(report.bounds->pays)}};
}

json::object BreakEvenToJson(const policy::BreakEven& even) {
  std::optional<std::int64_t> day;
  if (even.rent_over_price) day = DayFromMonth(*even.rent_over_price);
  return {{"rent_over_price_tokens", Nullable(even.rent_over_price)},
          {"rent_over_price_tokens_a_day", Nullable(day)},
          {"replica_serves_tokens", Nullable(even.replica_serves)},
          {"replica_saves_nano_usd", even.replica_saves},
          {"first_tokens", Nullable(even.first)},
          {"always_tokens", Nullable(even.always)},
          {"throughput_needed_tokens_an_hour", Nullable(even.throughput_needed)}};
}

json::array TargetsToJson(const PlanReport& report) {
  json::array out;
  for (const TargetBill& bill : report.bills) {
    out.push_back(json::object{{"target", bill.name},
                               {"bill_nano_usd", bill.bill},
                               {"bill_nano_usd_a_day", DayFromMonth(bill.bill)},
                               {"price_nano_usd_per_million", bill.blended},
                               {"break_even", BreakEvenToJson(bill.break_even)}});
  }
  return out;
}

json::array VolumesToJson(const PlanReport& report) {
  json::array out;
  for (const VolumeRow& row : report.volumes) {
    out.push_back(
        json::object{{"percent", row.percent},
                     {"month", row.month},
                     {"tokens", row.tokens},
                     {"as_routed_today", RoutedToJson(row.today)},
                     {"api_nano_usd", row.costs.api},
                     {"replicas", row.costs.replicas},
                     {"self_hosted_nano_usd", row.costs.self_hosted},
                     {"hybrid", HybridToJson(row.costs.hybrid)},
                     {"verdict", row.undecided ? json::string(kUnknown) : Word(row.verdict)}});
  }
  return out;
}

json::value FlipToJson(const std::optional<policy::Flip>& flip) {
  if (!flip) return nullptr;
  return json::object{{"millionths", flip->value}, {"becomes", Word(flip->becomes)}};
}

json::array FlipsToJson(const PlanReport& report) {
  constexpr std::array<std::string_view, 8> kNames = {"volume",       "api_price",   "rent",
                                                      "throughput",   "utilisation", "peak",
                                                      "output_share", "cached_share"};
  json::array out;
  for (const policy::InputFlips& flips : report.flips) {
    const std::string_view name = kNames[static_cast<std::size_t>(flips.input)];
    out.push_back(
        json::object{{"input", json::string_view(name.data(), name.size())},
                     {"millionths", policy::PresentValue(report.question.plan, flips.input)},
                     {"lower", FlipToJson(flips.down)},
                     {"higher", FlipToJson(flips.up)}});
  }
  return out;
}

json::value MonthToJson(const std::optional<policy::GrowthChange>& change) {
  if (!change) return nullptr;
  return json::object{
      {"month", change->month}, {"tokens", change->tokens}, {"verdict", Word(change->verdict)}};
}

json::array ClassesToJson(const policy::Demand& demand) {
  json::array out;
  for (const policy::ClassVolume& volume : demand.classes) {
    out.push_back(json::object{{"class", volume.name},
                               {"input_tokens", volume.tokens.input},
                               {"cached_input_tokens", volume.tokens.cached_input},
                               {"output_tokens", volume.tokens.output},
                               {"can_wait", volume.deferrable}});
  }
  return out;
}

json::array TextsToJson(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object InputsToJson(const PlanReport& report) {
  const policy::SelfHosting& self = report.question.plan.self;
  json::array hours;
  for (const std::int64_t hour : report.question.plan.demand.hours) hours.emplace_back(hour);
  json::array assumptions;
  for (const Assumption& assumption : report.question.assumptions) {
    assumptions.push_back(json::object{
        {"input", assumption.input}, {"value", assumption.value}, {"source", assumption.source}});
  }
  return {{"classes", ClassesToJson(report.question.plan.demand)},
          {"hours", std::move(hours)},
          {"peak_millionths", policy::PeakOf(report.question.plan.demand)},
          {"growth_millionths", report.question.growth},
          {"backend", self.name},
          {"rent_nano_usd", self.rent_per_replica_month},
          {"rent_nano_usd_a_day", DayFromMonth(self.rent_per_replica_month)},
          {"throughput_tokens_an_hour", Nullable(self.tokens_per_hour)},
          {"utilisation_millionths", self.utilisation},
          {"replicas", Nullable(report.question.replicas)},
          {"assumptions", std::move(assumptions)}};
}

}  // namespace

json::object PlanToJson(const PlanReport& report) {
  return {{"verdict", IsUndecided(report) ? json::string(kUnknown) : Word(report.verdict)},
          {"headline", Headline(report)},
          {"reason", Reason(report)},
          {"sensitivity", SensitivitySentence(report)},
          {"cautions", TextsToJson(report.question.cautions)},
          {"tokens", report.tokens},
          {"target", report.question.plan.api.name},
          {"why_target", report.question.why_target},
          {"price_nano_usd_per_million", report.blended},
          {"api_nano_usd", report.costs.api},
          {"api_nano_usd_a_day", DayFromMonth(report.costs.api)},
          {"replicas_average", report.replicas.average},
          {"replicas_peak", report.replicas.peak},
          {"self_hosted_nano_usd", report.costs.self_hosted},
          {"hybrid", HybridToJson(report.costs.hybrid)},
          {"now", HybridToJson(report.now)},
          {"as_routed_today", RoutedToJson(report.today)},
          {"throughput_bounds", BoundsToJson(report)},
          {"break_even", BreakEvenToJson(report.break_even)},
          {"growth", json::object{{"crosses", MonthToJson(report.growth.crosses)},
                                  {"changes", MonthToJson(report.growth.changes)}}},
          {"volumes", VolumesToJson(report)},
          {"targets", TargetsToJson(report)},
          {"flips", FlipsToJson(report)},
          {"inputs", InputsToJson(report)}};
}

}  // namespace headgate::gateway
