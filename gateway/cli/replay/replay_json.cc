#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "config/base/money.h"
#include "gateway/cli/replay/replay_report.h"
#include "gateway/http/decimal_json.h"

namespace headgate::gateway {
namespace {

using routing::ReplayCoverage;
using routing::ReplayRow;
using routing::ReplaySide;
using routing::ReplayTotals;
namespace json = boost::json;

json::object Quantiles(const routing::DurationHistogram& histogram) {
  json::object out{{"samples", histogram.samples()}, {"median", nullptr}, {"p95", nullptr}};
  if (histogram.samples() > 0) {
    out["median"] = histogram.QuantileMs(0.5);
    out["p95"] = histogram.QuantileMs(0.95);
  }
  return out;
}

json::object Expected(const routing::DurationHistogram& histogram, const ReplayCoverage& of) {
  json::object out = Quantiles(histogram);
  out["unknown"] = of.unknown;
  return out;
}

// Returns null if nothing of it is known.
json::value Amount(NanoUsd nanos, const ReplayCoverage& of) {
  return of.Nothing() ? json::value(nullptr) : json::value(nanos);
}

json::object ToJson(const std::map<std::string, routing::ReplayLatency>& latencies) {
  const auto times = [](const routing::ReplayTimes& side) {
    return json::object{{"ttft_ms", Expected(side.ttft, side.ttft_coverage)},
                        {"duration_ms", Expected(side.duration, side.duration_coverage)}};
  };
  json::object out;
  for (const auto& [name, latency] : latencies) {
    out[name] = json::object{{"before", times(latency.before)}, {"after", times(latency.after)}};
  }
  return out;
}

json::value OrNull(const std::optional<NanoUsd>& amount) {
  return amount ? json::value(*amount) : json::value(nullptr);
}

json::value RentsToJson(const std::optional<std::vector<routing::BackendRent>>& rents) {
  if (!rents) return nullptr;
  json::array out;
  for (const routing::BackendRent& rent : *rents) {
    out.push_back(json::object{{"backend", rent.backend},
                               {"replicas", rent.replicas},
                               {"slots", rent.slots},
                               {"replica_hour_nano_usd", rent.per_replica_hour}});
  }
  return out;
}

// Returns the cost of a day and a month, rent of all replicas included.
json::object BillToJson(const ReplaySide& side, const routing::ReplaySpan& span) {
  const routing::ReplayBill bill = BillOf(side, span);
  const std::optional<NanoUsd> total = bill.Total();
  std::optional<NanoUsd> month;
  if (total) month = routing::PerMonth(*total);
  return {{"paid_per_day_nano_usd", OrNull(bill.paid)},
          {"rent_per_day_nano_usd", OrNull(bill.rent)},
          {"total_per_day_nano_usd", OrNull(total)},
          {"total_per_month_nano_usd", OrNull(month)},
          {"cost_unknown", bill.unknown},
          {"rents", RentsToJson(side.rents)}};
}

json::object SpanToJson(const ReplayTotals& totals) {
  const routing::ReplaySpan& span = totals.span;
  json::array cautions;
  for (const std::string& caution : ReplayCautions(totals)) cautions.emplace_back(caution);
  return {{"first", span.first()},     {"last", span.last()},
          {"seconds", span.Seconds()}, {"days", static_cast<double>(span.Seconds()) / 86'400},
          {"hours", span.Hours()},     {"silent_hours", span.SilentHours()},
          {"bursty", span.IsBursty()}, {"cautions", std::move(cautions)}};
}

json::array CausesToJson(const ReplayTotals& totals) {
  json::array out;
  for (const routing::ReplayCause& cause : totals.causes) {
    out.push_back(json::object{{"reason", cause.reason},
                               {"name", cause.name},
                               {"where", cause.where},
                               {"requests", cause.requests}});
  }
  return out;
}

json::array ReplicasToJson(const ReplayReport& report) {
  const auto crowded = [](const ReplaySide& side, const std::string& backend) {
    const auto found = side.crowded.find(backend);
    return found == side.crowded.end() ? std::uint64_t{0} : found->second;
  };
  json::array out;
  for (const ReplicaChange& change : report.replicas) {
    out.push_back(json::object{
        {"backend", change.backend},
        {"from", change.from},
        {"to", change.to},
        {"requests_without_free_slot_before", crowded(report.totals.before, change.backend)},
        {"requests_without_free_slot_after", crowded(report.totals.after, change.backend)},
        {"waiting_ms", nullptr}});
  }
  return out;
}

json::object ToJson(const ReplaySide& side) {
  json::object refused;
  for (std::size_t i = 1; i < side.refused.size(); ++i) {
    const std::string_view name = ToString(static_cast<routing::Outcome>(i));
    refused[json::string_view(name.data(), name.size())] = side.refused[i];
  }
  return {{"planned", side.planned},
          {"refused", std::move(refused)},
          {"unpriced", side.unpriced},
          {"without_usage", side.without_usage},
          {"cost_nano_usd", Amount(side.cost, side.cost_coverage)},
          {"cost_unknown", side.cost_coverage.unknown},
          {"failed_cost_nano_usd", Amount(side.failed_cost, side.failed_cost_coverage)},
          {"failed_cost_unknown", side.failed_cost_coverage.unknown},
          {"rent_nano_usd", Amount(side.rent, side.rent_coverage)},
          {"rent_unknown", side.rent_coverage.unknown},
          {"ttft_ms", Expected(side.ttft, side.ttft_coverage)},
          {"duration_ms", Expected(side.duration, side.duration_coverage)},
          {"waits", json::object{{"requests", side.waited},
                                 {"total_ms", static_cast<double>(side.waited_us) / 1000},
                                 {"unknown", side.wait_coverage.unknown}}}};
}

json::object ToJson(const std::map<std::string, ReplayRow>& rows) {
  json::object out;
  for (const auto& [name, row] : rows) {
    out[name] = json::object{{"requests_before", row.requests_before},
                             {"requests_after", row.requests_after},
                             {"cost_before_nano_usd", Amount(row.cost_before, row.before_coverage)},
                             {"cost_before_unknown", row.before_coverage.unknown},
                             {"cost_after_nano_usd", Amount(row.cost_after, row.after_coverage)},
                             {"cost_after_unknown", row.after_coverage.unknown}};
  }
  return out;
}

// Returns what was recorded: it is not known what another policy would have refused so.
json::object RefusedToJson(const ReplayTotals& totals) {
  json::object out;
  for (const auto& [word, count] : totals.refused_with_plan) out[word] = count;
  return out;
}

json::object SpilledToJson(const ReplayTotals& totals) {
  const ReplayRow all = totals.Spilled();
  return {{"before", all.requests_before},
          {"after", all.requests_after},
          {"cost_before_nano_usd", Amount(all.cost_before, all.before_coverage)},
          {"cost_after_nano_usd", Amount(all.cost_after, all.after_coverage)},
          {"from", ToJson(totals.spills)}};
}

json::object MovesToJson(const ReplayTotals& totals, const std::string& explain) {
  json::array moves;
  for (const auto& [count, move] : totals.MovesByCount()) {
    moves.push_back(json::object{{"from", move.first}, {"to", move.second}, {"requests", count}});
  }
  json::array most_expensive_moves;
  for (const routing::ReplayMove& move : totals.most_expensive_moves) {
    most_expensive_moves.push_back(json::object{{"id", move.id},
                                                {"explain", explain + " " + move.id},
                                                {"from", move.from},
                                                {"to", move.to},
                                                {"cost_before_nano_usd", move.cost_before},
                                                {"cost_after_nano_usd", move.cost_after},
                                                {"conversation", move.conversation}});
  }
  return {{"moved", totals.moved},
          {"newly_refused", totals.newly_refused},
          {"newly_planned", totals.newly_planned},
          {"moves", std::move(moves)},
          {"dearest", std::move(most_expensive_moves)}};
}

}  // namespace

void PrintReplayJson(const ReplayReport& report, std::ostream& out) {
  const ReplayTotals& totals = report.totals;
  const TrafficCounts& counts = report.counts;
  json::object recorded;
  for (const auto& [name, target] : totals.recorded) {
    recorded[name] = json::object{{"ttft_ms", Quantiles(target.ttft)},
                                  {"duration_ms", Quantiles(target.duration)}};
  }
  json::object whole = {
      {"requests", totals.requests},
      {"span", SpanToJson(totals)},
      {"bill", json::object{{"before", BillToJson(totals.before, totals.span)},
                            {"after", BillToJson(totals.after, totals.span)}}},
      {"replicas", ReplicasToJson(report)},
      {"decided", totals.decided},
      {"undecided", json::object{{"fact", totals.undecided_fact},
                                 {"target", totals.undecided_target},
                                 {"key", totals.undecided_key},
                                 {"hints", totals.undecided_hints},
                                 {"conversation", totals.undecided_conversation},
                                 {"causes", CausesToJson(totals)},
                                 {"booked_cost_nano_usd", totals.undecided_cost},
                                 {"booked_rent_nano_usd", totals.undecided_rent}}},
      {"lines",
       json::object{{"malformed", counts.malformed}, {"other_version", counts.other_version}}},
      {"answered", totals.answered},
      {"estimated", totals.estimated},
      {"unnumbered_conversations", totals.unnumbered},
      {"without_answer", totals.without_answer},
      {"refused_with_plan", RefusedToJson(totals)},
      {"booked_cost_nano_usd", totals.booked_cost},
      {"booked_rent_nano_usd", totals.booked_rent},
      {"choice", MovesToJson(totals, report.explain)},
      {"before", ToJson(totals.before)},
      {"after", ToJson(totals.after)},
      {"classes", ToJson(totals.classes)},
      {"routes", ToJson(totals.routes)},
      {"latency", json::object{{"classes", ToJson(totals.class_times)},
                               {"routes", ToJson(totals.route_times)}}},
      {"teams", ToJson(totals.teams)},
      {"targets", ToJson(totals.targets)},
      {"spilled", SpilledToJson(totals)},
      {"recorded", std::move(recorded)}};
  out << DecimalJson(whole) << "\n";
}

}  // namespace headgate::gateway
