#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "config/base/money.h"
#include "gateway/cli/replay/replay_report.h"

namespace headgate::gateway {
namespace {

using routing::ReplayCoverage;
using routing::ReplayRow;
using routing::ReplaySide;
using routing::ReplayTotals;

std::string Usd(NanoUsd nanos) { return ReplayUsd(nanos); }

// "1.5 + ?": a part of the sum is unknown.
std::string Usd(NanoUsd nanos, const ReplayCoverage& of) {
  if (of.Nothing()) return "unknown";
  return Usd(nanos) + (of.unknown > 0 ? " + ?" : "");
}

std::string Difference(NanoUsd before, const ReplayCoverage& before_coverage, NanoUsd after,
                       const ReplayCoverage& after_coverage) {
  if (before_coverage.unknown + after_coverage.unknown > 0) return "unknown";
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
    out << absl::StrFormat(
        "%-32s %10d %10d %20s %20s  %s\n", name, row.requests_before, row.requests_after,
        Usd(row.cost_before, row.before_coverage), Usd(row.cost_after, row.after_coverage),
        Difference(row.cost_before, row.before_coverage, row.cost_after, row.after_coverage));
  }
}

std::string Count(std::uint64_t count, const char* thing) {
  return absl::StrFormat("%d %s%s", count, thing, count == 1 ? "" : "s");
}

// Prints what the sums do not include, and why.
void PrintUnknown(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const char* what, std::uint64_t before, std::uint64_t after,
                        const char* why) {
    if (before + after == 0) return;
    out << absl::StrFormat("%s: %d before, %d after; %s\n", what, before, after, why);
  };
  line("requests without recorded usage", totals.before.without_usage, totals.after.without_usage,
       "their cost is not in the sum");
  line("answers without a price", totals.before.unpriced, totals.after.unpriced,
       "their cost is not in the sum");
  line("rent unknown", totals.before.rent_coverage.unknown, totals.after.rent_coverage.unknown,
       "the recording does not say how long they hold a slot");
}

// "time to first token unknown for 227 answers after the change (no stream of m@a was recorded)"
void PrintUnknownTimes(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const char* what, const ReplayCoverage& of, const char* when,
                        const char* kind, const std::vector<std::string>& targets) {
    if (of.unknown == 0) return;
    out << absl::StrFormat("%s unknown for %s %s (no %s of %s was recorded)\n", what,
                           Count(of.unknown, "answer"), when, kind, absl::StrJoin(targets, ", "));
  };
  for (const auto& [side, when] :
       {std::pair(&totals.before, "before the change"), {&totals.after, "after the change"}}) {
    line("time to first token", side->ttft_coverage, when, "stream", side->targets_without_ttft);
    line("total time", side->duration_coverage, when, "answer", side->targets_without_duration);
  }
}

void PrintMoney(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const char* name, NanoUsd before, const ReplayCoverage& before_coverage,
                        NanoUsd after, const ReplayCoverage& after_coverage) {
    out << absl::StrFormat("%-32s %20s %20s  %s\n", name, Usd(before, before_coverage),
                           Usd(after, after_coverage),
                           Difference(before, before_coverage, after, after_coverage));
  };
  const ReplaySide& before = totals.before;
  const ReplaySide& after = totals.after;
  out << absl::StrFormat("\n%-32s %20s %20s  %s\n", "USD of this traffic", "before", "after",
                         "difference");
  line("answers, paid by the token", before.cost, before.cost_coverage, after.cost,
       after.cost_coverage);
  line("failed attempts, carried over", before.failed_cost, before.failed_cost_coverage,
       after.failed_cost, after.failed_cost_coverage);
  line("used of self-hosted, amortised", before.rent, before.rent_coverage, after.rent,
       after.rent_coverage);
  out << absl::StrFormat("booked when recorded: %s paid by the token, %s rent\n",
                         Usd(totals.booked_cost), Usd(totals.booked_rent));
  if (totals.estimated > 0) {
    out << absl::StrFormat("usage was estimated for %s of the answers\n",
                           Share(totals.estimated, totals.answered));
  }
  PrintUnknown(totals, out);
}

// "512.0 ?": some requests go to targets with unknown times.
std::string Quantile(const routing::DurationHistogram& times, const ReplayCoverage& of,
                     double share) {
  if (times.samples() == 0) return of.unknown > 0 ? "unknown" : "-";
  return absl::StrFormat("%.1f%s", times.QuantileMs(share), of.unknown > 0 ? " ?" : "");
}

// "waits in queues: 120 requests before, 0.84 s on average; 30 requests after, 2.10 s on average"
void PrintWaits(const ReplayTotals& totals, std::ostream& out) {
  const auto text = [](const ReplaySide& side, const char* when) {
    std::string requests = absl::StrCat(Count(side.waited, "request"), " ", when);
    if (side.waited == 0) return requests;
    const double mean_us = static_cast<double>(side.waited_us) / static_cast<double>(side.waited);
    return absl::StrFormat("%s, %.2f s on average", requests, mean_us / 1'000'000);
  };
  if (totals.before.waited + totals.after.waited == 0) return;
  out << absl::StrFormat("waits in queues: %s; %s\n", text(totals.before, "before"),
                         text(totals.after, "after"));
}

void PrintLatency(const ReplayTotals& totals, std::ostream& out) {
  const auto line = [&](const std::string& name, const routing::DurationHistogram& ttft,
                        const ReplayCoverage& ttft_coverage,
                        const routing::DurationHistogram& duration,
                        const ReplayCoverage& duration_coverage) {
    out << absl::StrFormat("%-32s %12s %12s %14s %14s\n", name, Quantile(ttft, ttft_coverage, 0.5),
                           Quantile(ttft, ttft_coverage, 0.95),
                           Quantile(duration, duration_coverage, 0.5),
                           Quantile(duration, duration_coverage, 0.95));
  };
  const auto expected = [&](const char* name, const ReplaySide& side) {
    line(name, side.ttft, side.ttft_coverage, side.duration, side.duration_coverage);
  };
  out << absl::StrFormat("\n%-32s %12s %12s %14s %14s\n", "milliseconds", "ttft median", "ttft p95",
                         "total median", "total p95");
  expected("before, expected", totals.before);
  expected("after, expected", totals.after);
  PrintWaits(totals, out);
  const auto both = [&](const std::string& name, const routing::ReplayLatency& latency) {
    for (const auto& [times, when] :
         {std::pair(&latency.before, "before"), {&latency.after, "after"}}) {
      line(absl::StrCat(name, ", ", when), times->ttft, times->ttft_coverage, times->duration,
           times->duration_coverage);
    }
  };
  for (const auto& [name, latency] : totals.class_times) both("class " + name, latency);
  for (const auto& [name, latency] : totals.route_times) both("route " + name, latency);
  for (const auto& [name, target] : totals.recorded) {
    line(name + ", recorded", target.ttft, {}, target.duration, {});
  }
  PrintUnknownTimes(totals, out);
}

// Prints which patterns, targets and keys leave requests undecided.
void PrintCauses(const ReplayTotals& totals, std::ostream& out) {
  constexpr std::size_t kMost = 20;
  if (totals.causes.empty()) return;
  out << "\nundecided because of (a request can have several causes)\n";
  for (std::size_t i = 0; i < totals.causes.size() && i < kMost; ++i) {
    const routing::ReplayCause& cause = totals.causes[i];
    const std::string why = cause.reason == "fact"     ? " was never checked"
                            : cause.reason == "target" ? " was not recorded"
                            : cause.reason == "key"    ? " is not a key of the configuration"
                                                       : " is trusted with other hints now";
    const std::string where = cause.where.empty() ? "" : absl::StrCat(" (", cause.where, ")");
    out << absl::StrFormat("%10d  %s%s%s\n", cause.requests, cause.name, where,
                           cause.where == "topic" ? " is not a topic of the configuration" : why);
  }
  if (totals.causes.size() > kMost) {
    out << absl::StrFormat("            and %d more; --json has all\n",
                           totals.causes.size() - kMost);
  }
}

void PrintMoves(const ReplayTotals& totals, const std::string& explain, std::ostream& out) {
  if (totals.moved == 0) return;
  out << "\nmoves of the first choice\n";
  for (const auto& [count, move] : totals.MovesByCount()) {
    out << absl::StrFormat("%10d  %s -> %s\n", count, move.first, move.second);
  }
  if (totals.most_expensive_moves.empty()) return;
  out << "\nmost expensive moves; " << explain << " ID says why\n";
  for (const routing::ReplayMove& move : totals.most_expensive_moves) {
    out << absl::StrFormat("  %s  %s -> %s  %s -> %s  +%s%s\n", move.id, move.from, move.to,
                           Usd(move.cost_before), Usd(move.cost_after), Usd(move.Increase()),
                           move.conversation ? "  (continues a conversation that moved)" : "");
  }
}

// Prints how many requests with a plan were refused when they were recorded.
void PrintRefusedWithPlan(const ReplayTotals& totals, std::ostream& out) {
  const char* const where =
      totals.as_recorded ? "before, not known after" : "when recorded, not known before and after";
  for (const auto& [word, count] : totals.refused_with_plan) {
    const bool by_queue = word == "queue_full" || word == "shed" || word == "max_wait";
    out << absl::StrFormat("  %-20s %d %s%s\n", word, count, where,
                           by_queue ? ": replay does not carry out queue.limit, share, "
                                      "preempt, batch and slot_tokens"
                                    : "");
  }
}

// Prints how many requests are refused, by outcome, and how many spill.
void PrintOutcomes(const ReplayTotals& totals, std::ostream& out) {
  std::uint64_t with_plan = 0;
  for (const auto& [word, count] : totals.refused_with_plan) with_plan += count;
  const char* const least = with_plan > 0 ? "at least " : "";
  out << absl::StrFormat(
      "refused: %s%d before, %s%d after; %d now refused, %d now served\n",
      totals.as_recorded ? "" : least,
      totals.decided - totals.before.planned + (totals.as_recorded ? with_plan : 0), least,
      totals.decided - totals.after.planned, totals.newly_refused, totals.newly_planned);
  for (std::size_t i = 1; i < totals.after.refused.size(); ++i) {
    if (totals.before.refused[i] + totals.after.refused[i] == 0) continue;
    out << absl::StrFormat("  %-20s %d before, %d after\n",
                           std::string(ToString(static_cast<routing::Outcome>(i))),
                           totals.before.refused[i], totals.after.refused[i]);
  }
  PrintRefusedWithPlan(totals, out);
  if (totals.spills.empty()) return;
  const ReplayRow spilled = totals.Spilled();
  out << absl::StrFormat("spilled to another target: %d before, %d after\n",
                         spilled.requests_before, spilled.requests_after);
}

}  // namespace

// Exact: all nine decimals; a negative amount has a sign.
std::string ReplayUsd(NanoUsd nanos) {
  const auto size = static_cast<std::uint64_t>(nanos < 0 ? -nanos : nanos);
  const auto unit = static_cast<std::uint64_t>(kNanoPerUsd);
  return absl::StrFormat("%s%d.%09d", nanos < 0 ? "-" : "", size / unit, size % unit);
}

void PrintReplay(const ReplayReport& report, std::ostream& out) {
  const ReplayTotals& totals = report.totals;
  out << absl::StrFormat("%s; %s decided, %s move to another first choice\n",
                         Count(totals.requests, "request"), Share(totals.decided, totals.requests),
                         Share(totals.moved, totals.decided));
  if (totals.Undecided() > 0) {
    out << absl::StrFormat(
        "%s undecided and left out (booked: %s USD paid by the token, %s rent): %d depend on a "
        "pattern that was not checked, %d on a target that was not recorded, %d have a key that "
        "the policy does not have, %d depend on a hint whose trust has changed, %d continue a "
        "conversation with an undecided request\n",
        Share(totals.Undecided(), totals.requests), Usd(totals.undecided_cost),
        Usd(totals.undecided_rent), totals.undecided_fact, totals.undecided_target,
        totals.undecided_key, totals.undecided_hints, totals.undecided_conversation);
  }
  if (report.counts.malformed + report.counts.other_version > 0) {
    out << absl::StrFormat("%s could not be read, %d are of another version\n",
                           Count(report.counts.malformed, "line"), report.counts.other_version);
  }
  if (totals.unnumbered > 0) {
    out << absl::StrFormat(
        "%s continue a conversation that the recording does not identify: it is assumed to stay on "
        "its target, so a policy that begins it on another target moves more than is shown\n",
        Share(totals.unnumbered, totals.decided));
  }
  PrintOutcomes(totals, out);
  PrintReplayBill(report, out);
  PrintMoney(totals, out);
  PrintRows("class", totals.classes, out);
  PrintRows("route", totals.routes, out);
  PrintRows("team", totals.teams, out);
  PrintRows("first choice", totals.targets, out);
  if (!totals.spills.empty()) PrintRows("spilled from", totals.spills, out);
  PrintLatency(totals, out);
  PrintMoves(totals, report.explain, out);
  PrintCauses(totals, out);
}

}  // namespace headgate::gateway
