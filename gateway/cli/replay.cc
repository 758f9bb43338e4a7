#include "routing/replay.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "config/load.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/recorded_explanation.h"
#include "gateway/cli/replay_report.h"
#include "gateway/recording/traffic.h"
#include "routing/policy.h"

namespace headgate::gateway {
namespace {

struct ReplayOptions {
  std::string config;
  std::string against;               // empty: "before" is what was recorded
  std::vector<std::string> traffic;  // files and folders
  bool json = false;
};

using PolicyPointer = std::shared_ptr<const routing::CompiledPolicy>;

// No backend is called, so a provider's key that is not set here must not stand in the way.
std::optional<std::string> VariableOrPlaceholder(const std::string& name) {
  std::optional<std::string> value = config::ProcessEnvironment()(name);
  return value && !value->empty() ? value : "not-set-" + name;
}

PolicyPointer LoadPolicy(const std::string& path) {
  const config::LoadResult loaded = config::LoadFile(path, VariableOrPlaceholder);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) return nullptr;
  absl::StatusOr<PolicyPointer> policy = routing::CompiledPolicy::Compile(*loaded.config);
  if (policy.ok()) return *std::move(policy);
  std::cerr << "headgate: " << path << ": " << policy.status().message() << "\n";
  return nullptr;
}

// A bar on standard error while it is a terminal; it leaves nothing behind.
class ProgressBar {
 public:
  explicit ProgressBar(std::uint64_t bytes) : total_(bytes), shown_(isatty(STDERR_FILENO) != 0) {}
  ~ProgressBar() {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Add(std::uint64_t bytes) {
    done_ += bytes;
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    const double share =
        total_ == 0 ? 1 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    constexpr int kWidth = 40;
    const std::string bar(static_cast<std::size_t>(share * kWidth), '#');
    std::fprintf(stderr, "\r[%-*s] %3.0f %%", kWidth, bar.c_str(), share * 100);
  }

 private:
  const std::uint64_t total_;
  const bool shown_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point next_{};
};

std::uint64_t SizeOf(const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (!error) total += size;
  }
  return total;
}

int Fail(absl::string_view why) {
  std::cerr << "headgate: " << why << "\n";
  return 1;
}

std::string WhyNothing(const TrafficCounts& counts) {
  if (counts.other_version > 0) return "the recording is of another version";
  if (counts.malformed == 0) return "no recorded request was found";
  return absl::StrCat("no recorded request was found, and ", counts.malformed,
                      " lines could not be read; a request is told by the line about its policy, "
                      "with which a recording begins: replay files as they were written");
}

int ReplayTraffic(const ReplayOptions& options) {
  const PolicyPointer policy = LoadPolicy(options.config);
  const PolicyPointer against = options.against.empty() ? nullptr : LoadPolicy(options.against);
  if (policy == nullptr || (!options.against.empty() && against == nullptr)) {
    return Fail("nothing was replayed");
  }
  const absl::StatusOr<std::vector<std::string>> files = TrafficFiles(options.traffic);
  if (!files.ok()) return Fail(files.status().message());

  routing::Replay replay(*policy, against.get());
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
  const routing::ReplayTotals totals = replay.Finish();
  const std::string explain = ExplainRecordedCommand(options.config, options.traffic);
  if (options.json) {
    PrintReplayJson(totals, reader.counts(), explain, std::cout);
  } else {
    PrintReplay(totals, reader.counts(), explain, std::cout);
  }
  return 0;
}

}  // namespace

void AddReplay(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App* const replay =
      app.add_subcommand("replay", "what a policy would have done to recorded traffic");
  replay->add_option("--config", options->config, "the policy to try")->required();
  replay->add_option("--against", options->against,
                     "the policy to compare with (default: what was recorded)");
  replay->add_flag("--json", options->json, "print JSON");
  replay->add_option("traffic", options->traffic, "recordings: files or folders")->required();
  replay->callback([&chosen, options] { chosen = [options] { return ReplayTraffic(*options); }; });
}

}  // namespace headgate::gateway
