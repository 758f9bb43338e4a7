#include "gateway/cli/replay_report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "config/base/money.h"

namespace headgate::gateway {
namespace {

using routing::ReplayRow;
using routing::ReplaySide;
using routing::ReplayTotals;
namespace json = boost::json;

// Exact: all nine decimals, a sign where there is something to be signed.
std::string Usd(NanoUsd nanos) {
  const auto size = static_cast<std::uint64_t>(nanos < 0 ? -nanos : nanos);
  const auto unit = static_cast<std::uint64_t>(kNanoPerUsd);
  return absl::StrFormat("%s%d.%09d", nanos < 0 ? "-" : "", size / unit, size % unit);
}

std::string Difference(NanoUsd before, NanoUsd after) {
  const NanoUsd difference = after - before;
  std::string text = (difference > 0 ? "+" : "") + Usd(difference);
  if (before > 0) {
    text += absl::StrFormat(" (%+.1f %%)",
                            100 * static_cast<double>(difference) / static_cast<double>(before));
  }
  return text;
}

std::string Share(std::uint64_t part, std::uint64_t whole) {
  const double share =
      whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
  return absl::StrFormat("%d (%.2f %%)", part, share);
}

void PrintRows(const char* title, const std::map<std::string, ReplayRow>& rows, std::ostream& out) {
  out << absl::StrFormat("\n%-32s %10s %10s %20s %20s  %s\n", title, "requests", "after",
                         "USD before", "USD after", "difference");
  for (const auto& [name, row] : rows) {
    out << absl::StrFormat("%-32s %10d %10d %20s %20s  %s\n", name, row.requests_before,
                           row.requests_after, Usd(row.cost_before), Usd(row.cost_after),
                           Difference(row.cost_before, row.cost_after));
  }
}

void PrintMoney(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const char* name, NanoUsd before, NanoUsd after) {
    out << absl::StrFormat("%-32s %20s %20s  %s\n", name, Usd(before), Usd(after),
                           Difference(before, after));
  };
  out << absl::StrFormat("\n%-32s %20s %20s  %s\n", "USD", "before", "after", "difference");
  line("answers, paid by the token", totals.before.cost, totals.after.cost);
  line("failed attempts, carried over", totals.before.failed_cost, totals.after.failed_cost);
  line("own hardware, amortised rent", totals.before.rent, totals.after.rent);
  out << absl::StrFormat("booked when recorded: %s paid by the token, %s rent\n",
                         Usd(totals.booked_cost), Usd(totals.booked_rent));
  if (totals.estimated > 0) {
    out << absl::StrFormat("usage was estimated for %s of the answers\n",
                           Share(totals.estimated, totals.answered));
  }
  if (totals.before.unpriced + totals.after.unpriced > 0) {
    out << absl::StrFormat("without a price, and counted as 0: %d answers before, %d after\n",
                           totals.before.unpriced, totals.after.unpriced);
  }
}

void PrintLatency(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const std::string& name, const routing::DurationHistogram& ttft,
                        const routing::DurationHistogram& duration) {
    out << absl::StrFormat("%-32s %12.1f %12.1f %14.1f %14.1f\n", name, ttft.QuantileMs(0.5),
                           ttft.QuantileMs(0.95), duration.QuantileMs(0.5),
                           duration.QuantileMs(0.95));
  };
  out << absl::StrFormat("\n%-32s %12s %12s %14s %14s\n", "milliseconds", "ttft median", "ttft p95",
                         "total median", "total p95");
  line("before, expected", totals.before.ttft, totals.before.duration);
  line("after, expected", totals.after.ttft, totals.after.duration);
  for (const auto& [name, target] : totals.recorded) line(name, target.ttft, target.duration);
}

using Move = std::pair<std::uint64_t, std::pair<std::string, std::string>>;
std::vector<Move> Moves(const ReplayTotals& totals) {
  std::vector<Move> moves;
  for (const auto& [move, count] : totals.moves) moves.emplace_back(count, move);
  std::stable_sort(moves.begin(), moves.end(),
                   [](const Move& a, const Move& b) { return a.first > b.first; });
  return moves;
}

void PrintMoves(const ReplayTotals& totals, const std::string& explain, std::ostream& out) {
  if (totals.moved == 0) return;
  out << "\nmoves of the first choice\n";
  for (const auto& [count, move] : Moves(totals)) {
    out << absl::StrFormat("%10d  %s -> %s\n", count, move.first, move.second);
  }
  if (totals.dearest.empty()) return;
  out << "\nmost expensive moves; " << explain << " ID says why\n";
  for (const routing::ReplayMove& move : totals.dearest) {
    out << absl::StrFormat("  %s  %s -> %s  %s -> %s  +%s%s\n", move.id, move.from, move.to,
                           Usd(move.cost_before), Usd(move.cost_after), Usd(move.Increase()),
                           move.conversation ? "  (goes on with a conversation that moved)" : "");
  }
}

json::object Quantiles(const routing::DurationHistogram& histogram) {
  return {{"samples", histogram.samples()},
          {"median", histogram.QuantileMs(0.5)},
          {"p95", histogram.QuantileMs(0.95)}};
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
          {"cost_nano_usd", side.cost},
          {"failed_cost_nano_usd", side.failed_cost},
          {"rent_nano_usd", side.rent},
          {"ttft_ms", Quantiles(side.ttft)},
          {"duration_ms", Quantiles(side.duration)}};
}

json::object ToJson(const std::map<std::string, ReplayRow>& rows) {
  json::object out;
  for (const auto& [name, row] : rows) {
    out[name] = json::object{{"requests_before", row.requests_before},
                             {"requests_after", row.requests_after},
                             {"cost_before_nano_usd", row.cost_before},
                             {"cost_after_nano_usd", row.cost_after}};
  }
  return out;
}

json::object MovesToJson(const ReplayTotals& totals, const std::string& explain) {
  json::array moves;
  for (const auto& [count, move] : Moves(totals)) {
    moves.push_back(json::object{{"from", move.first}, {"to", move.second}, {"requests", count}});
  }
  json::array dearest;
  for (const routing::ReplayMove& move : totals.dearest) {
    dearest.push_back(json::object{{"id", move.id},
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
          {"dearest", std::move(dearest)}};
}

}  // namespace

void PrintReplay(const ReplayTotals& totals, const TrafficCounts& counts,
                 const std::string& explain, std::ostream& out) {
  out << absl::StrFormat("%d requests; %s decided, %s move to another first choice\n",
                         totals.requests, Share(totals.decided, totals.requests),
                         Share(totals.moved, totals.decided));
  if (totals.Undecided() > 0) {
    out << absl::StrFormat(
        "%s undecided and left out (booked: %s USD): %d hang on a pattern that was not looked "
        "for, %d on a target that was not recorded, %d have a key that the policy does not know, "
        "%d go on with a conversation of which a request is undecided\n",
        Share(totals.Undecided(), totals.requests), Usd(totals.undecided_cost),
        totals.undecided_fact, totals.undecided_target, totals.undecided_key,
        totals.undecided_conversation);
  }
  if (counts.malformed + counts.other_version > 0) {
    out << absl::StrFormat("%d lines could not be read, %d are of another version\n",
                           counts.malformed, counts.other_version);
  }
  if (totals.unnumbered > 0) {
    out << absl::StrFormat(
        "%s go on with a conversation of which the recording does not say which it is: it is taken "
        "to stay where it was, and a policy that begins it elsewhere moves more than is shown\n",
        Share(totals.unnumbered, totals.decided));
  }
  out << absl::StrFormat("refused: %d before, %d after; %d newly refused, %d newly served\n",
                         totals.decided - totals.before.planned,
                         totals.decided - totals.after.planned, totals.newly_refused,
                         totals.newly_planned);
  for (std::size_t i = 1; i < totals.after.refused.size(); ++i) {
    if (totals.before.refused[i] + totals.after.refused[i] == 0) continue;
    out << absl::StrFormat("  %-20s %d before, %d after\n",
                           std::string(ToString(static_cast<routing::Outcome>(i))),
                           totals.before.refused[i], totals.after.refused[i]);
  }
  PrintMoney(totals, out);
  PrintRows("class", totals.classes, out);
  PrintRows("route", totals.routes, out);
  PrintRows("team", totals.teams, out);
  PrintRows("first choice", totals.targets, out);
  PrintLatency(totals, out);
  PrintMoves(totals, explain, out);
}

void PrintReplayJson(const ReplayTotals& totals, const TrafficCounts& counts,
                     const std::string& explain, std::ostream& out) {
  json::object recorded;
  for (const auto& [name, target] : totals.recorded) {
    recorded[name] = json::object{{"ttft_ms", Quantiles(target.ttft)},
                                  {"duration_ms", Quantiles(target.duration)}};
  }
  json::object report = {{"requests", totals.requests},
                         {"decided", totals.decided},
                         {"undecided", json::object{{"fact", totals.undecided_fact},
                                                    {"target", totals.undecided_target},
                                                    {"key", totals.undecided_key},
                                                    {"conversation", totals.undecided_conversation},
                                                    {"booked_nano_usd", totals.undecided_cost}}},
                         {"lines", json::object{{"malformed", counts.malformed},
                                                {"other_version", counts.other_version}}},
                         {"answered", totals.answered},
                         {"estimated", totals.estimated},
                         {"unnumbered_conversations", totals.unnumbered},
                         {"without_answer", totals.without_answer},
                         {"booked_cost_nano_usd", totals.booked_cost},
                         {"booked_rent_nano_usd", totals.booked_rent},
                         {"choice", MovesToJson(totals, explain)},
                         {"before", ToJson(totals.before)},
                         {"after", ToJson(totals.after)},
                         {"classes", ToJson(totals.classes)},
                         {"routes", ToJson(totals.routes)},
                         {"teams", ToJson(totals.teams)},
                         {"targets", ToJson(totals.targets)},
                         {"recorded", std::move(recorded)}};
  out << json::serialize(report) << "\n";
}

}  // namespace headgate::gateway
