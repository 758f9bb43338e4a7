#include "gateway/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gateway/metrics/family.h"

namespace headgate::gateway {
namespace {

using prometheus::MetricType;

// Fields of /proc/PID/stat, counted from 1 as proc(5) does.
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTime = 22;  // clock ticks after the system's start
constexpr std::size_t kVirtualBytes = 23;
constexpr std::size_t kResidentPages = 24;
constexpr std::size_t kFirstBehindName = 3;

class ProcessStat {
 public:
  ProcessStat() {
    std::ifstream file("/proc/self/stat");
    text_.assign(std::istreambuf_iterator<char>(file), {});
    // The name before these fields is in parentheses, and may have blanks and parentheses in it.
    const std::size_t end = text_.rfind(')');
    if (end == std::string::npos || end + 2 > text_.size()) return;
    fields_ = absl::StrSplit(absl::string_view(text_).substr(end + 2), ' ');
  }
  std::optional<double> Field(std::size_t number) const {
    double value = 0;
    const std::size_t at = number - kFirstBehindName;
    if (at >= fields_.size() || !absl::SimpleAtod(fields_[at], &value)) return std::nullopt;
    return value;
  }

 private:
  std::string text_;
  std::vector<absl::string_view> fields_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator folder("/proc/self/fd", error);
  if (error) return std::nullopt;
  // One of the descriptors is the folder's own.
  return static_cast<double>(std::distance(begin(folder), end(folder)) - 1);
}

std::optional<double> MostFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

// Does not use /proc/stat, which a hardened unit hides (ProcSubset=pid).
std::optional<double> StartTime(const ProcessStat& stat) {
  const std::optional<double> ticks = stat.Field(kStartTime);
  timespec since_start{};
  if (!ticks || clock_gettime(CLOCK_BOOTTIME, &since_start) != 0) return std::nullopt;
  const double up =
      static_cast<double>(since_start.tv_sec) + static_cast<double>(since_start.tv_nsec) * 1e-9;
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - up + *ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessFamilies() {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&families](std::string_view name, std::string_view help, MetricType type,
                               std::optional<double> value) {
    if (!value) return;
    FamilyBuilder family(name, help, type);
    family.Add({}, *value);
    families.push_back(family.Take());
  };
  const ProcessStat stat;
  std::optional<double> resident = stat.Field(kResidentPages);
  if (resident) *resident *= static_cast<double>(sysconf(_SC_PAGESIZE));
  add("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
      MetricType::Counter, CpuSeconds());
  add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, resident);
  add("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge,
      stat.Field(kVirtualBytes));
  add("process_open_fds", "Open file descriptors.", MetricType::Gauge, OpenFiles());
  add("process_max_fds", "The most file descriptors that may be open.", MetricType::Gauge,
      MostFiles());
  add("process_threads", "Threads.", MetricType::Gauge, stat.Field(kThreads));
  // Computed once: its clocks drift, and a changed value would look like a restart.
  static const std::optional<double> kStarted = StartTime(stat);
  add("process_start_time_seconds", "When the process started, in Unix time.", MetricType::Gauge,
      kStarted);
  return families;
}

}  // namespace headgate::gateway
