#include "loadtest/load/run/report.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <string>

namespace headgate::loadtest::load {
namespace {

namespace json = boost::json;

struct Quantile {
  const char* name;
  double share;
};
constexpr std::array<Quantile, 5> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

double Milliseconds(std::chrono::nanoseconds time) {
  return std::round(std::chrono::duration<double, std::micro>(time).count()) / 1000;
}

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double RateOf(const Tally& tally, std::chrono::nanoseconds elapsed) {
  return elapsed.count() > 0 ? static_cast<double>(tally.sent) / Seconds(elapsed) : 0;
}

json::object Times(const Histogram& histogram) {
  json::object times{{"count", histogram.count()}, {"mean", Milliseconds(histogram.Mean())}};
  for (const auto& [name, share] : kQuantiles) {
    times[name] = Milliseconds(histogram.Percentile(share));
  }
  times["max"] = Milliseconds(histogram.max());
  return times;
}

double ShareOf(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

json::object Statuses(const Tally& tally) {
  json::object statuses;
  for (const auto& [status, count] : tally.statuses) statuses[std::to_string(status)] = count;
  return statuses;
}

json::object Targets(const Tally& tally) {
  std::uint64_t named = 0;
  for (const auto& [target, count] : tally.targets) named += count;
  json::object targets;
  for (const auto& [target, count] : tally.targets) {
    targets[target] = json::object{{"answers", count}, {"share", ShareOf(count, named)}};
  }
  return targets;
}

json::object Slo(const Tally& tally) {
  const std::uint64_t all = tally.slo_met + tally.slo_missed;
  return {{"met", tally.slo_met},
          {"missed", tally.slo_missed},
          {"share_met", ShareOf(tally.slo_met, all)}};
}

json::object Block(const Tally& tally, std::chrono::nanoseconds elapsed) {
  json::object errors;
  for (const auto& [kind, count] : tally.errors) errors[kind] = count;
  return {{"sent", tally.sent},
          {"ok", tally.ok},
          {"aborted", tally.aborted},
          {"errors", std::move(errors)},
          {"statuses", Statuses(tally)},
          {"targets", Targets(tally)},
          {"slo", Slo(tally)},
          {"rate", RateOf(tally, elapsed)},
          {"latency_ms", Times(tally.latency)},
          {"ttft_ms", Times(tally.ttft)},
          {"served_ms", Times(tally.served)},
          {"served_seconds", Seconds(tally.served.sum())},
          {"gap_ms", Times(tally.gap)},
          {"retry_after_ms", Times(tally.retry_after)},
          {"stalls_over_250ms", tally.stalls},
          {"chunks", tally.chunks},
          {"bytes", tally.bytes},
          {"input_tokens", tally.input_tokens},
          {"cached_tokens", tally.cached_tokens},
          {"output_tokens", tally.output_tokens}};
}

// At most seven characters: 0.12, 12.3, 1234.
std::string Short(std::chrono::nanoseconds time) {
  const double ms = Milliseconds(time);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
  return text.data();
}

void Cell(std::ostream& out, const std::string& text, std::size_t width) {
  out << std::string(text.size() < width ? width - text.size() : 1, ' ') << text;
}

void TimesCell(std::ostream& out, const Histogram& histogram) {
  if (histogram.count() == 0) return Cell(out, "-", 24);
  Cell(out, Short(histogram.Percentile(0.5)), 8);
  Cell(out, Short(histogram.Percentile(0.99)), 8);
  Cell(out, Short(histogram.max()), 8);
}

void Row(std::ostream& out, const std::string& name, const Tally& tally,
         std::chrono::nanoseconds elapsed) {
  std::array<char, 32> rate{};
  std::snprintf(rate.data(), rate.size(), "%.1f", RateOf(tally, elapsed));
  out << name << std::string(name.size() < 16 ? 16 - name.size() : 1, ' ');
  Cell(out, std::to_string(tally.sent), 8);
  Cell(out, std::to_string(tally.ok), 8);
  Cell(out, std::to_string(tally.aborted), 8);
  Cell(out, std::to_string(tally.Failed()), 8);
  Cell(out, rate.data(), 9);
  TimesCell(out, tally.latency);
  TimesCell(out, tally.ttft);
  TimesCell(out, tally.gap);
  out << "\n";
}

// Where the answers came from, and how many clients got their first token in time.
void PrintShares(const LoadResult& result, const std::vector<MixEntry>& mix, std::ostream& out) {
  const auto permille_of = [](double share) { return std::lround(1000 * share); };
  const auto print = [&out](long permille) {
    out << permille / 10 << "." << permille % 10 << " %";
  };
  for (std::size_t i = 0; i < mix.size(); ++i) {
    const Tally& tally = result.mix[i];
    const std::uint64_t wanted = tally.slo_met + tally.slo_missed;
    if (wanted > 0) {
      out << mix[i].name << ": first token in time: ";
      print(permille_of(ShareOf(tally.slo_met, wanted)));
      out << " of " << wanted << "\n";
    }
    std::uint64_t named = 0;
    for (const auto& [target, count] : tally.targets) named += count;
    for (const auto& [target, count] : tally.targets) {
      out << mix[i].name << ": answered by " << target << ": ";
      print(permille_of(ShareOf(count, named)));
      out << " of " << named << "\n";
    }
  }
}

}  // namespace

void PrintTable(const LoadResult& result, const std::vector<MixEntry>& mix, std::ostream& out) {
  constexpr const char* kGroups =
      "                                                            "
      "latency ms              TTFT ms                 gap ms\n";
  constexpr const char* kColumns =
      "requests            sent      ok aborted  failed      1/s"
      "     p50     p99     max     p50     p99     max     p50     p99     max\n";
  const Tally total = result.Total();
  out << kGroups << kColumns;
  for (std::size_t i = 0; i < mix.size(); ++i) Row(out, mix[i].name, result.mix[i], result.elapsed);
  if (mix.size() > 1) Row(out, "all", total, result.elapsed);
  for (const auto& [kind, count] : total.errors) out << "failed: " << kind << " " << count << "\n";
  PrintShares(result, mix, out);
  if (total.stalls > 0) out << "gaps of over 250 ms: " << total.stalls << "\n";
  out << "sent late by (delay of the generator itself): p99 "
      << Short(result.lateness.Percentile(0.99)) << " ms, max " << Short(result.lateness.max())
      << " ms\n";
}

json::object ToJson(const LoadResult& result, const std::vector<MixEntry>& mix,
                    double cpu_seconds) {
  json::object kinds;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    kinds[mix[i].name] = Block(result.mix[i], result.elapsed);
  }
  return {{"total", Block(result.Total(), result.elapsed)},
          {"mix", std::move(kinds)},
          {"generator",
           {{"lateness_ms", Times(result.lateness)},
            {"longest_own_stall_ms", Milliseconds(result.longest_own_stall)},
            {"cpu_seconds", cpu_seconds},
            {"duration_seconds", Seconds(result.elapsed)},
            {"interrupted", result.interrupted}}}};
}

}  // namespace headgate::loadtest::load
