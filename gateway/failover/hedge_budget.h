#pragma once

#include <atomic>
#include <cstdint>

namespace headgate::gateway {

// Limits the hedges of one route to a share of its requests, `at_most`. Each request adds its share
// of a hedge, and a hedge takes a whole one. It begins empty, so the share holds from the first
// request on. At most kMostSaved hedges are saved up: after a quiet hour a slow backend must not
// get a burst. All workers share one; lock-free, thread-safe.
class HedgeBudget {
 public:
  static constexpr std::int64_t kMostSaved = 10;

  // `at_most`: millionths of a request, up to kWhole.
  void OnRequest(std::int64_t at_most) {
    if (saved_.load(std::memory_order_relaxed) > kMostSaved * kWhole) return;
    saved_.fetch_add(at_most, std::memory_order_relaxed);
  }
  // Returns whether a hedge may start, and takes it.
  bool Take() {
    std::int64_t saved = saved_.load(std::memory_order_relaxed);
    while (saved >= kWhole) {
      if (saved_.compare_exchange_weak(saved, saved - kWhole, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr std::int64_t kWhole = 1'000'000;
  std::atomic<std::int64_t> saved_{0};
};

}  // namespace headgate::gateway
