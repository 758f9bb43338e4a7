#include "routing/replay/replay_bill.h"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gateway/cli/replay/replay_report.h"

namespace headgate::gateway {
namespace {

using routing::ReplayBill;
using routing::ReplaySide;
using routing::ReplaySpan;
using routing::ReplayTotals;
using Amount = std::optional<NanoUsd>;

constexpr std::int64_t kDay = 86'400;  // seconds

std::string Time(std::int64_t unix_seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(unix_seconds),
                          absl::UTCTimeZone());
}

std::string Lasting(std::int64_t seconds) {
  if (seconds < 3600) return absl::StrFormat("%.1f minutes", static_cast<double>(seconds) / 60);
  if (seconds < 2 * kDay) return absl::StrFormat("%.1f hours", static_cast<double>(seconds) / 3600);
  return absl::StrFormat("%.2f days", static_cast<double>(seconds) / double{kDay});
}

std::string Text(const Amount& amount, bool more) {
  if (!amount) return "unknown";
  return ReplayUsd(*amount) + (more ? " + ?" : "");
}

void PrintLine(const char* name, const Amount& before, bool more_before, const Amount& after,
               bool more_after, std::ostream& out) {
  std::string difference = "unknown";
  if (before && after) {
    const NanoUsd change = *after - *before;
    difference = (change > 0 ? "+" : "") + ReplayUsd(change);
    if (*before > 0) {
      difference += absl::StrFormat(
          " (%+.1f %%)", 100 * static_cast<double>(change) / static_cast<double>(*before));
    }
    if (more_before || more_after) difference += " + ?";
  }
  out << absl::StrFormat("%-32s %22s %22s  %s\n", name, Text(before, more_before),
                         Text(after, more_after), difference);
}

Amount Monthly(const Amount& per_day) {
  return per_day ? Amount(routing::PerMonth(*per_day)) : std::nullopt;
}

void PrintRents(const ReplaySide& side, const char* when, std::ostream& out) {
  if (!side.rents) {
    out << "the recording is too old to say which replicas were rented " << when
        << "; give the configuration of that time with --against\n";
    return;
  }
  for (const routing::BackendRent& rent : *side.rents) {
    out << absl::StrFormat("rent %s: %s, %d %s at %s USD an hour\n", when, rent.backend,
                           rent.replicas, rent.replicas == 1 ? "replica" : "replicas",
                           ReplayUsd(rent.per_replica_hour));
  }
}

// Prints the names of what neither total includes.
void PrintUncertain(const ReplayTotals& totals, const ReplayBill& before, const ReplayBill& after,
                    std::ostream& out) {
  if (before.unknown + after.unknown > 0) {
    out << absl::StrFormat(
        "not in the totals: the cost of %d calls before and %d after is unknown (no usage was "
        "recorded, or the target has no price)\n",
        before.unknown, after.unknown);
  }
  if (totals.Undecided() > 0) {
    out << absl::StrFormat(
        "not in the totals: %d undecided %s, booked with %s USD paid by the token%s\n",
        totals.Undecided(), totals.Undecided() == 1 ? "request" : "requests",
        ReplayUsd(totals.undecided_cost),
        totals.span.CanExtrapolate()
            ? absl::StrCat(", ",
                           ReplayUsd(routing::PerDay(totals.undecided_cost, totals.span.Seconds())),
                           " a day")
            : "");
  }
}

// Prints how many requests came while all slots were taken.
void PrintCrowded(const ReplayReport& report, std::ostream& out) {
  const auto count = [](const ReplaySide& side, const std::string& backend) {
    const auto found = side.crowded.find(backend);
    return found == side.crowded.end() ? std::uint64_t{0} : found->second;
  };
  for (const ReplicaChange& change : report.replicas) {
    if (change.to == change.from) continue;
    out << absl::StrFormat(
        "if %s had %d %s instead of %d: the rent changes at once. Of the requests that go there, "
        "%d came while all slots were taken before, %d after, according to the recorded load and "
        "the requests that waited. The new speed of the replicas is unknown: the times below are "
        "those of the recorded load\n",
        change.backend, change.to, change.to == 1 ? "replica" : "replicas", change.from,
        count(report.totals.before, change.backend), count(report.totals.after, change.backend));
  }
}

// What another number of slots leaves uncertain.
std::string PoolCaution(const routing::ReplayPool& pool, const ReplayTotals& totals) {
  if (pool.slots < pool.recorded) {
    return absl::StrFormat(
        "with %d slots instead of %d at %s, `spilled` after is an estimate: requests in flight "
        "beyond "
        "the slots are taken to end first, and the queue would become longer",
        pool.slots, pool.recorded, pool.backend);
  }
  if (totals.before.wait_coverage.unknown > 0) {
    return absl::StrFormat(
        "with more slots at %s, `spilled` after is at least so much: the recording does not have "
        "the requests that waited there, and they would take the new slots too",
        pool.backend);
  }
  return absl::StrFormat(
      "with %d slots instead of %d at %s, `spilled` after is an estimate: %d %s waited there when "
      "it was recorded, and they would take the new slots too",
      pool.slots, pool.recorded, pool.backend, pool.waited,
      pool.waited == 1 ? "request" : "requests");
}

std::string TopicCaution(const ReplayTotals& totals) {
  return absl::StrFormat(
      "%d of %d requests were read by another topic model than that of the new policy: they keep "
      "the topics that were recorded, and `headgate evaluate --against` shows what another model "
      "changes",
      totals.other_topic_model, totals.requests);
}

}  // namespace

std::vector<std::string> ReplayCautions(const ReplayTotals& totals) {
  const ReplaySpan& span = totals.span;
  std::vector<std::string> cautions;
  if (!span.CanExtrapolate()) {
    cautions.emplace_back(
        "the traffic covers less than a minute: nothing is extrapolated to a day");
  } else if (span.IsUnderADay()) {
    cautions.push_back(absl::StrCat("the traffic covers ", Lasting(span.Seconds()),
                                    ": a day and a month are extrapolated from this time alone, as "
                                    "if all hours were alike"));
  } else if (span.IsUnderAWeek()) {
    cautions.push_back(absl::StrCat("the traffic covers ", Lasting(span.Seconds()),
                                    ": the month is extrapolated from less than a week"));
  }
  if (span.IsBursty()) {
    cautions.emplace_back(
        "the traffic is bursty: its busiest hour has over five times the requests of an average "
        "hour, so another day may differ much");
  }
  if (2 * span.SilentHours() > span.Hours()) {
    cautions.push_back(absl::StrFormat(
        "%d of its %d hours have no request: if recording was off in them, a day costs more",
        span.SilentHours(), span.Hours()));
  }
  if (totals.rents_changed) {
    cautions.emplace_back(
        "the rented replicas changed during the recording: `before` has the rent of the last ones");
  }
  for (const routing::ReplaySlots& other : totals.other_slots) {
    cautions.push_back(absl::StrFormat(
        "slots of %s is %d here and %d in the recording: decisions use %d (--replicas %s=%d uses "
        "those of the configuration)",
        other.backend, other.slots, other.recorded, other.recorded, other.backend, other.replicas));
  }
  for (const routing::ReplayPool& pool : totals.pools)
    cautions.push_back(PoolCaution(pool, totals));
  if (totals.other_topic_model > 0) cautions.push_back(TopicCaution(totals));
  if (const std::uint64_t unknown = totals.before.wait_coverage.unknown; unknown > 0) {
    cautions.push_back(absl::StrFormat(
        "the times of %d %s leave out their waits in queues, which the recording does not have",
        unknown, unknown == 1 ? "request" : "requests"));
  }
  return cautions;
}

void PrintReplayBill(const ReplayReport& report, std::ostream& out) {
  const ReplayTotals& totals = report.totals;
  const ReplaySpan& span = totals.span;
  const ReplayBill before = BillOf(totals.before, span);
  const ReplayBill after = BillOf(totals.after, span);
  const bool more_before = before.unknown > 0;
  const bool more_after = after.unknown > 0;
  out << absl::StrFormat("traffic: %s to %s, %s\n", Time(span.first()), Time(span.last()),
                         Lasting(span.Seconds()));
  for (const std::string& caution : ReplayCautions(totals)) out << "caution: " << caution << "\n";
  out << absl::StrFormat("\n%-32s %22s %22s  %s\n", "what you pay, USD", "before", "after",
                         "difference");
  PrintLine("a day, paid by the token", before.paid, more_before, after.paid, more_after, out);
  PrintLine("a day, rent of all replicas", before.rent, false, after.rent, false, out);
  PrintLine("a day, total", before.Total(), more_before, after.Total(), more_after, out);
  PrintLine("a month (30.4 days), total", Monthly(before.Total()), more_before,
            Monthly(after.Total()), more_after, out);
  PrintRents(totals.before, "before", out);
  if (totals.before.rents != totals.after.rents) PrintRents(totals.after, "after", out);
  if (totals.after.rents && !totals.after.rents->empty()) {
    out << "rent is paid for busy and for idle replicas: moving requests away from self-hosted "
           "backends saves no rent until a replica is removed (--replicas BACKEND=N)\n";
  }
  PrintUncertain(totals, before, after, out);
  PrintCrowded(report, out);
}

}  // namespace headgate::gateway
