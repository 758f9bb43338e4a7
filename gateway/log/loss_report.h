#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// When the operator is told that a log loses lines: once for each reason when the loss begins, and
// once when nothing has been lost for a second and a line has been written. So a disk that is full
// for an hour, or on and off, does not fill the operator's log. Times are passed in.
// Thread-compatible.
class LossReport {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kQuiet{1};

  // `title` is the name of the log for people, "the access log"; `name` is its path.
  LossReport(std::string title, std::string name)
      : title_(std::move(title)), name_(std::move(name)) {}

  struct Line {
    bool error = false;
    std::string message;
    std::string detail;
  };

  // Notes that `lines` were lost at `now`, because of `reason`.
  std::optional<Line> Lost(std::size_t lines, std::string_view reason, TimePoint now);
  // Notes that a block was written whole.
  void Written() { written_ = true; }
  // Called every second or so.
  std::optional<Line> Over(TimePoint now);

 private:
  const std::string title_;
  const std::string name_;
  std::size_t lost_ = 0;           // since the loss began
  std::vector<std::string> said_;  // reasons of this loss; empty: no loss
  bool written_ = false;           // since the last loss
  TimePoint last_loss_{};
};

}  // namespace headgate::gateway
