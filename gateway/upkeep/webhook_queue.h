#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "backends/net/types.h"
#include "gateway/upkeep/budget_alert.h"

namespace headgate::gateway {

// How a POST to the webhook ended.
enum class PostResult : std::uint8_t {
  kDelivered,  // 2xx
  kFailed,     // no answer, 408, 429 or 5xx: it may pass later
  kRefused,    // any other status, redirects among them: the next try would meet the same
};
// `status`: of the answer; 0: none came.
PostResult JudgePost(int status);

// How long the gateway tries to deliver an alert.
struct WebhookPatience {
  std::chrono::milliseconds limit{5000};  // for one try
  // Between one try and the next, so that there is one try more than there are pauses.
  std::array<std::chrono::milliseconds, 2> pauses{std::chrono::seconds(2),
                                                  std::chrono::seconds(10)};
};

// Alerts that wait for the webhook, in their order. One at a time is tried; those behind it wait
// until it is delivered or given up. Sans-I/O, not thread-safe.
class WebhookQueue {
 public:
  static constexpr std::size_t kMost = 64;

  explicit WebhookQueue(const WebhookPatience& patience) : patience_(patience) {}

  // Returns false, and takes nothing, if too many wait.
  bool Add(BudgetAlert alert, TimePoint now);
  // Returns when the first alert is tried; nullopt: none waits.
  std::optional<TimePoint> Due() const;
  // REQUIRES: Due().
  const BudgetAlert& first() const { return alerts_.front(); }
  std::size_t tries() const { return tries_; }  // of the first alert that have ended

  // Notes how a try of the first alert has ended. Returns whether it was the last one: then the
  // caller removes the alert.
  bool EndTry(PostResult result, TimePoint now);
  // Takes the first alert out; the next one is due at once.
  void RemoveFirst(TimePoint now);

 private:
  const WebhookPatience patience_;
  std::deque<BudgetAlert> alerts_;
  std::size_t tries_ = 0;
  TimePoint due_{};
};

}  // namespace headgate::gateway
