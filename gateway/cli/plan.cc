#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/plan/page/plan_page.h"
#include "gateway/cli/plan/plan_flags.h"
#include "gateway/cli/plan/plan_json.h"
#include "gateway/cli/plan/plan_question.h"
#include "gateway/cli/plan/plan_report.h"
#include "gateway/cli/plan/plan_table.h"
#include "gateway/cli/plan/traffic/ledger_source.h"
#include "gateway/cli/plan/traffic/traffic_source.h"
#include "gateway/cli/progress_bar.h"
#include "gateway/http/decimal_json.h"
#include "gateway/recording/traffic.h"
#include "policy/ledger/report/report_time.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

struct PlanOptions {
  PlanFlags flags;
  std::vector<std::string> traffic;
  std::string ledger;  // a folder; empty: none
  std::string since;   // with `ledger`
  std::string until;
  std::string html;  // a file; empty: none
  bool json = false;
};

int Fail(absl::string_view why) {
  std::cerr << "headgate plan: " << why << "\n";
  return 1;
}

absl::StatusOr<TrafficSource> ReadWithProgress(const std::vector<std::string>& paths) {
  const absl::StatusOr<std::vector<std::string>> files = TrafficFiles(paths);
  if (!files.ok()) return files.status();
  ProgressBar bar(SizeOf(*files));
  return ReadTraffic(paths, [&](std::uint64_t bytes) { bar.Add(bytes); });
}

absl::StatusOr<TrafficSource> ReadLedgerOf(const PlanOptions& options, const std::string& folder) {
  if (!options.traffic.empty()) {
    return absl::InvalidArgumentError(
        "--ledger and traffic may have the same requests; write one of them");
  }
  const std::int64_t now = policy::HourOf(absl::ToUnixMillis(absl::Now()));
  policy::HourRange hours;
  for (const auto& [text, hour] :
       {std::pair(options.since, &hours.since), std::pair(options.until, &hours.until)}) {
    if (text.empty()) continue;
    const absl::StatusOr<std::int64_t> read = policy::ReadReportTime(text, {}, now);
    if (!read.ok()) return read.status();
    *hour = *read;
  }
  if (hours.since >= hours.until) {
    return absl::InvalidArgumentError("--since is not before --until");
  }
  return ReadLedgerSource(folder, hours);
}

// The folder of the ledger to read; empty: none. That of the configuration counts where nothing
// else says what the volume is.
std::string LedgerToRead(const PlanOptions& options, const config::Config* config) {
  if (!options.ledger.empty()) return options.ledger;
  if (config == nullptr || !config->ledger || !options.traffic.empty()) return "";
  const std::vector<std::string>& volumes = options.flags.volumes;
  const bool needed = volumes.empty() || ParseTimes(volumes.front()) || !options.since.empty() ||
                      !options.until.empty();
  return needed ? LedgerFolder(*config) : "";
}

// Nullopt: there is none.
absl::StatusOr<std::optional<TrafficSource>> TrafficOf(const PlanOptions& options,
                                                       const config::Config* config) {
  const std::string ledger = LedgerToRead(options, config);
  if (ledger.empty() && !(options.since.empty() && options.until.empty())) {
    return absl::InvalidArgumentError(
        "--since and --until select what is read of a ledger; add --ledger DIR, or a --config with "
        "`ledger`");
  }
  if (ledger.empty() && options.traffic.empty()) return std::nullopt;
  absl::StatusOr<TrafficSource> read =
      ledger.empty() ? ReadWithProgress(options.traffic) : ReadLedgerOf(options, ledger);
  if (absl::IsNotFound(read.status()) && options.ledger.empty() && !ledger.empty()) {
    return absl::NotFoundError(absl::StrCat(
        read.status().message(), "; without a ledger write --volume 500M/day, or give traffic"));
  }
  if (!read.ok()) return read.status();
  return std::optional<TrafficSource>(*std::move(read));
}

bool WritePage(const PlanReport& report, const std::string& path) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << PlanPage(report, absl::FormatTime("%Y-%m-%d", absl::Now(), absl::LocalTimeZone()));
  stream.close();
  return !stream.fail();
}

int PrintReport(const PlanReport& report, const PlanOptions& options) {
  if (!options.html.empty() && !WritePage(report, options.html)) {
    return Fail(absl::StrCat("cannot write ", options.html, ": ", std::strerror(errno)));
  }
  if (options.json) {
    std::cout << DecimalJson(PlanToJson(report)) << "\n";
  } else {
    PrintPlan(report, std::cout);
  }
  return 0;
}

int PlanCosts(const PlanOptions& options) {
  std::optional<config::Config> config;
  if (!options.flags.config.empty()) {
    config::LoadResult loaded = config::LoadFile(options.flags.config, config::ProcessEnvironment(),
                                                 nullptr, config::Secrets::kOptional);
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
      std::cerr << config::ToString(diagnostic) << "\n";
    }
    if (!loaded.config) {
      return Fail(
          "nothing was planned; without a configuration, --ledger DIR, --rent, --replicas and "
          "--api "
          "are enough");
    }
    config = std::move(loaded.config);
  }
  const config::Config* const known = config ? &*config : nullptr;
  const absl::StatusOr<std::optional<TrafficSource>> traffic = TrafficOf(options, known);
  if (!traffic.ok()) return Fail(traffic.status().message());
  absl::StatusOr<PlanQuestion> question =
      AskPlan(options.flags, known, *traffic ? &**traffic : nullptr);
  if (!question.ok()) return Fail(question.status().message());
  return PrintReport(MakeReport(*std::move(question)), options);
}

void AddRepeated(CLI::App& plan, const std::string& flag, std::vector<std::string>& values,
                 const std::string& help) {
  plan.add_option(flag, values, help)->take_all()->expected(1)->allow_extra_args(false);
}

void AddDemandFlags(CLI::App& plan, PlanFlags& flags) {
  AddRepeated(plan, "--volume", flags.volumes,
              "[CLASS=]TOKENS/PERIOD, such as 500M/day, code=1.5B/month or batch=100kx2000/day "
              "(requests x tokens); batch can wait for free replicas; may be repeated; 2x: twice "
              "what was observed");
  AddRepeated(plan, "--output", flags.output_shares,
              "[CLASS=]25%: the share of output in the tokens (default: 25%)");
  AddRepeated(plan, "--cached", flags.cached_shares,
              "[CLASS=]40%: the share of the input that a provider's cache has (default: 0%)");
  plan.add_option("--growth", flags.growth,
                  "growth of the volume a month, such as 10% or --growth=-5%");
  plan.add_option("--hours", flags.hours,
                  "the hours of a day: flat, day (default), office, or 24 weights with commas");
  plan.add_option("--peak", flags.peak,
                  "the busiest moment over the average, such as 2.5 (default: the busiest hour)");
}

void AddSupplyFlags(CLI::App& plan, PlanFlags& flags) {
  plan.add_option("--rent", flags.rent,
                  "USD for one replica: 2.10 (an hour), 50/day or 2500/month");
  plan.add_option("--throughput", flags.throughput,
                  "tokens a second of one replica, input and output together, at your target's "
                  "time to first token; without it, --replicas are taken as enough");
  plan.add_option("--ttft", flags.ttft,
                  "with traffic: observe the throughput where the p95 of the time to first token "
                  "was at most this, such as 2s");
  plan.add_option("--utilisation,--utilization", flags.utilisation,
                  "the share of the throughput to plan with (default: 70%)");
  plan.add_option("--busy", flags.busy,
                  "with traffic: how busy the replicas were in its busiest five minutes, such as "
                  "20% (default: from the rent that was booked)");
  plan.add_option("--replicas", flags.replicas, "replicas there are");
  AddRepeated(
      plan, "--api", flags.apis,
      "[NAME=]0.55/2.19 (USD per 1M tokens of input/output), 0.55/0.14/2.19 (with cached "
      "input in the middle), 3.00 (any token), or a model of the catalogue; may be repeated");
  plan.add_option("--against", flags.against,
                  "the paid target to compare with (default: the same model, else the cheapest)");
  plan.add_option("--backend", flags.backend, "with --config: the self-hosted backend");
}

}  // namespace

void AddPlan(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<PlanOptions>();
  CLI::App* const plan = app.add_subcommand(
      "plan", "self-host or API: replicas, rent, bills and break-even of a volume");
  plan->add_option("--config", options->flags.config,
                   "a configuration: its self-hosted backend, its priced targets, its ledger");
  AddDemandFlags(*plan, options->flags);
  AddSupplyFlags(*plan, options->flags);
  plan->add_option("--ledger", options->ledger,
                   "the folder of a ledger: volume, mix, hours, throughput (in place of traffic)");
  plan->add_option("--since", options->since,
                   "with a ledger: the first hour, 2026-11, 2026-11-29, 2026-11-29T13 (UTC), "
                   "today, yesterday, 7d or 12h ago (default: all)");
  plan->add_option("--until", options->until, "with a ledger: the first hour that is left out");
  plan->add_option("--html", options->html, "also write one self-contained page to this file");
  plan->add_flag("--json", options->json, "print JSON");
  plan->add_option("traffic", options->traffic,
                   "recordings or access logs (files or folders): volume, mix, hours, throughput");
  plan->callback([&chosen, options] { chosen = [options] { return PlanCosts(*options); }; });
}

}  // namespace headgate::gateway
