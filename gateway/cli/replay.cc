#include "routing/replay/replay.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "config/base/suggest.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/progress_bar.h"
#include "gateway/cli/recorded_explanation.h"
#include "gateway/cli/replay/replay_report.h"
#include "gateway/recording/traffic.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {
namespace {

struct ReplayOptions {
  std::string config;
  std::string against;                // empty: "before" is what was recorded
  std::vector<std::string> traffic;   // files and folders
  std::vector<std::string> replicas;  // BACKEND=N: as if the new policy had so many
  bool json = false;
};

using PolicyPointer = std::shared_ptr<const routing::CompiledPolicy>;

// No backend is called, so a provider's key that is not set here must not prevent a replay.
std::optional<std::string> VariableOrPlaceholder(const std::string& name) {
  std::optional<std::string> value = config::ProcessEnvironment()(name);
  return value && !value->empty() ? value : "not-set-" + name;
}

int Fail(absl::string_view why) {
  std::cerr << "headgate: " << why << "\n";
  return 1;
}

// Puts `BACKEND=N` into the configuration, or says what is wrong with it.
absl::StatusOr<ReplicaChange> ChangeReplicas(const std::string& text, config::Config& config) {
  constexpr int kMost = 10'000;
  const std::size_t cut = text.find('=');
  int count = 0;
  if (cut == std::string::npos || !absl::SimpleAtoi(text.substr(cut + 1), &count) || count < 1 ||
      count > kMost) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--replicas ", text, " is not BACKEND=N; write a number from 1 to ", kMost,
        ", for example --replicas gpu=3 (to replay without the backend, remove it in the file)"));
  }
  const std::string name = text.substr(0, cut);
  std::vector<std::string> names;
  for (config::Backend& backend : config.backends) {
    if (backend.hosting != config::Hosting::kSelfHosted) continue;
    names.push_back(backend.name);
    if (backend.name != name) continue;
    const auto from = static_cast<std::int64_t>(backend.replicas.size());
    const config::Url first = backend.replicas.front();
    backend.replicas.resize(static_cast<std::size_t>(count), first);
    return ReplicaChange{name, from, count};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--replicas ", text, ": no self-hosted backend is called ", name, "; ",
                   names.empty() ? "the configuration has none" : config::DidYouMean(name, names)));
}

// With `changes`, loads the policy as if the backends had these numbers of replicas.
PolicyPointer LoadPolicy(const std::string& path, const std::vector<std::string>& replicas,
                         std::vector<ReplicaChange>& changes) {
  config::LoadResult loaded = config::LoadFile(path, VariableOrPlaceholder);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) return nullptr;
  for (const std::string& text : replicas) {
    absl::StatusOr<ReplicaChange> change = ChangeReplicas(text, *loaded.config);
    if (!change.ok()) {
      Fail(change.status().message());
      return nullptr;
    }
    const bool twice = std::any_of(changes.begin(), changes.end(), [&](const ReplicaChange& other) {
      return other.backend == change->backend;
    });
    if (twice) {
      Fail(absl::StrCat("--replicas names ", change->backend, " twice; name each backend once"));
      return nullptr;
    }
    changes.push_back(*std::move(change));
  }
  absl::StatusOr<PolicyPointer> policy = routing::CompiledPolicy::Compile(*loaded.config);
  if (policy.ok()) return *std::move(policy);
  std::cerr << "headgate: " << path << ": " << policy.status().message() << "\n";
  return nullptr;
}

std::string WhyNothing(const TrafficCounts& counts) {
  if (counts.other_version > 0) return "the recording is of another version";
  if (counts.malformed == 0) return "no recorded request was found";
  return absl::StrCat("no recorded request was found, and ", counts.malformed,
                      counts.malformed == 1 ? " line" : " lines",
                      " could not be read; a recording begins with a line about its policy, and "
                      "requests cannot be read without it: replay files as they were written");
}

int ReplayTraffic(const ReplayOptions& options) {
  ReplayReport report;
  const PolicyPointer policy = LoadPolicy(options.config, options.replicas, report.replicas);
  const PolicyPointer against =
      options.against.empty() ? nullptr : LoadPolicy(options.against, {}, report.replicas);
  if (policy == nullptr || (!options.against.empty() && against == nullptr)) {
    return Fail("nothing was replayed");
  }
  const absl::StatusOr<std::vector<std::string>> files = TrafficFiles(options.traffic);
  if (!files.ok()) return Fail(files.status().message());

  routing::Replay replay(*policy, against.get());
  for (const ReplicaChange& change : report.replicas) replay.UseConfiguredSlots(change.backend);
  TrafficReader reader;
  {
    ProgressBar bar(SizeOf(*files));
    for (const std::string& file : *files) {
      const absl::Status status = reader.ReadFile(
          file, [&](const routing::RecordedRequest& request) { replay.Add(request); },
          [&](std::uint64_t bytes) { bar.Add(bytes); });
      if (!status.ok()) return Fail(status.message());
    }
  }
  if (reader.counts().requests == 0) return Fail(WhyNothing(reader.counts()));
  report.totals = replay.Finish();
  report.counts = reader.counts();
  report.explain = ExplainRecordedCommand(options.config, options.traffic);
  if (options.json) {
    PrintReplayJson(report, std::cout);
  } else {
    PrintReplay(report, std::cout);
  }
  return 0;
}

}  // namespace

void AddReplay(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App* const replay =
      app.add_subcommand("replay", "show what a policy would have done with recorded traffic");
  replay->add_option("--config", options->config, "the policy to try")->required();
  replay->add_option("--against", options->against,
                     "the policy to compare with (default: what was recorded)");
  replay
      ->add_option("--replicas", options->replicas,
                   "BACKEND=N: give the backend N replicas in the policy to try; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  replay->add_flag("--json", options->json, "print JSON");
  replay->add_option("traffic", options->traffic, "recordings: files or folders")->required();
  replay->callback([&chosen, options] { chosen = [options] { return ReplayTraffic(*options); }; });
}

}  // namespace headgate::gateway
