#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/log/log_file.h"
#include "gateway/log/loss_report.h"

namespace headgate::gateway {

// Writes the log that reports on all other logs, one line at a time. Its own lost lines are counted
// and reported in the log itself once it can be written again, with the first reason. It waits for
// a reader, so it needs its own thread. Times are passed in. Thread-compatible, but for
// refused_lines().
class LineWriter {
 public:
  using TimePoint = LossReport::TimePoint;

  // `wait` waits for a limited time until a reader may have read something. Titles as in
  // LossReport.
  LineWriter(std::unique_ptr<LogFile> file, const std::string& title, std::function<void()> wait);

  // Writes `line`, which ends in '\n'. A line that is refused, or written in part, is lost.
  void Write(std::string_view line, TimePoint now);
  // Reports `lines` that were lost before they came here. The caller counts them.
  void Lost(std::uint64_t lines, std::string_view reason, TimePoint now);

  // Returns the report of a loss that is over, once: nothing has been lost for a second, and a line
  // has been written since. Called after each line.
  std::optional<LossReport::Line> Over(TimePoint now);
  // Returns the same at the end, when it cannot wait for a second.
  std::optional<LossReport::Line> OverAtLast(TimePoint now);

  // The number of lines that Write has lost since the start. Thread-safe.
  std::uint64_t refused_lines() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::unique_ptr<LogFile> file_;
  const std::function<void()> wait_;
  LossReport report_;
  std::string reason_;  // the first reason of the present loss
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace headgate::gateway
