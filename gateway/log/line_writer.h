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

// The log that tells of all others, one line at a time: what is lost of it is counted, and said in
// the log itself once it is written again, with the first reason. Waits for a reader, so it needs a
// thread of its own. Times are passed in. Thread-compatible, but for refused_lines().
class LineWriter {
 public:
  using TimePoint = LossReport::TimePoint;

  // `wait` waits until a reader may have taken something, for some time at most. Titles as in
  // LossReport.
  LineWriter(std::unique_ptr<LogFile> file, const std::string& title, std::function<void()> wait);

  // Writes `line`, which ends in '\n'. A line that is refused, or written in part, is lost.
  void Write(std::string_view line, TimePoint now);
  // `lines` were lost before they came here. The caller counts them.
  void Lost(std::uint64_t lines, std::string_view reason, TimePoint now);

  // What is to be said of a loss that is over, once: nothing has been lost for a second, and a line
  // has been written since. To be asked after each line.
  std::optional<LossReport::Line> Over(TimePoint now);
  // The same at the end, when it cannot wait for a second.
  std::optional<LossReport::Line> OverAtLast(TimePoint now);

  // Lines that Write has lost since the start. Thread-safe.
  std::uint64_t refused_lines() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::unique_ptr<LogFile> file_;
  const std::function<void()> wait_;
  LossReport report_;
  std::string reason_;  // the first of the trouble that is not over
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace headgate::gateway
