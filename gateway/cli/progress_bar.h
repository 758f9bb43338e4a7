#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate::gateway {

// A progress bar on standard error if that is a terminal. It removes itself at the end.
// Thread-compatible.
class ProgressBar {
 public:
  explicit ProgressBar(std::uint64_t bytes);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Add(std::uint64_t bytes);

 private:
  const std::uint64_t total_;
  const bool shown_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point next_{};
};

// The bytes of the files together; a file that cannot be read counts as empty.
std::uint64_t SizeOf(const std::vector<std::string>& files);

}  // namespace headgate::gateway
