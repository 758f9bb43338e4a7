// headgate-load: open-loop load on one thread.
#include <sys/resource.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>

#include "loadtest/load/run/report.h"
#include "loadtest/load/run/runner.h"
#include "loadtest/load/traffic/options.h"

namespace {

namespace load = headgate::loadtest::load;

constexpr int kSomeFailed = 1;
constexpr int kMistake = 2;
constexpr int kInterrupted = 130;

// Each stream needs a descriptor, so the soft limit is raised to the hard limit.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int Run(const load::Options& options) {
  load::Runner runner(options);
  const load::LoadResult result = runner.Run();
  const auto& mix = options.scenario.mix;
  if (options.json != "-") load::PrintTable(result, mix, std::cout);
  if (!options.json.empty()) {
    const auto text = boost::json::serialize(load::ToJson(result, mix, CpuSeconds()));
    if (options.json == "-") {
      std::cout << text << "\n";
    } else {
      std::ofstream file(options.json);
      file << text << "\n";
      if (!file.flush()) throw std::runtime_error(options.json + " cannot be written");
    }
  }
  if (result.interrupted) return kInterrupted;
  return result.Total().Failed() > 0 ? kSomeFailed : EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const load::OptionsResult parsed = load::ParseOptions(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return Run(*parsed.options);
  } catch (const std::exception& error) {
    std::cerr << "headgate-load: " << error.what() << "\n";
    return kMistake;
  }
}
