#include "gateway/upkeep/webhook_queue.h"

#include <utility>

namespace headgate::gateway {

PostResult JudgePost(int status) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooManyRequests = 429;
  if (status >= 200 && status < 300) return PostResult::kDelivered;
  const bool passes = status == 0 || status == kRequestTimeout || status == kTooManyRequests;
  return passes || status >= 500 ? PostResult::kFailed : PostResult::kRefused;
}

bool WebhookQueue::Add(BudgetAlert alert, TimePoint now) {
  if (alerts_.size() >= kMost) return false;
  if (alerts_.empty()) due_ = now;
  alerts_.push_back(std::move(alert));
  return true;
}

std::optional<TimePoint> WebhookQueue::Due() const {
  if (alerts_.empty()) return std::nullopt;
  return due_;
}

bool WebhookQueue::EndTry(PostResult result, TimePoint now) {
  ++tries_;
  if (result != PostResult::kFailed || tries_ > patience_.pauses.size()) return true;
  due_ = now + patience_.pauses[tries_ - 1];
  return false;
}

void WebhookQueue::RemoveFirst(TimePoint now) {
  alerts_.pop_front();
  tries_ = 0;
  due_ = now;
}

}  // namespace headgate::gateway
