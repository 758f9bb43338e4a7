#include "loadtest/sim/engine/engine_queue.h"

namespace headgate::loadtest::sim {

void EngineQueue::Enter(EngineUser& user, std::int64_t tokens, std::int64_t priority) {
  std::int64_t rank = 0;
  if (limits_.scheduling == Scheduling::kPriority) {
    rank = limits_.order == PriorityOrder::kLowFirst ? priority : -priority;
  }
  user.place_ = {rank, arrivals_++, &user};
  user.tokens_ = tokens;
  AddWaiting(user);
  Fill();
}

void EngineQueue::AddRunning(EngineUser& user) {
  running_.insert(user.place_);
  running_sequences_ += user.sequences_;
  kv_used_ += user.tokens_;
  user.state_ = EngineUser::State::kRunning;
}

void EngineQueue::AddWaiting(EngineUser& user) {
  waiting_.insert(user.place_);
  waiting_sequences_ += user.sequences_;
  user.state_ = EngineUser::State::kWaiting;
}

void EngineQueue::RemoveRunning(EngineUser& user) {
  running_.erase(user.place_);
  running_sequences_ -= user.sequences_;
  kv_used_ -= user.tokens_;
}

void EngineQueue::RemoveWaiting(EngineUser& user) {
  waiting_.erase(user.place_);
  waiting_sequences_ -= user.sequences_;
}

bool EngineQueue::Fits(std::int64_t tokens) const {
  if (limits_.slots > 0 && running() >= limits_.slots) return false;
  return limits_.kv_tokens == 0 || running_.empty() || kv_used_ + tokens <= limits_.kv_tokens;
}

void EngineQueue::Fill() {
  while (!waiting_.empty()) {
    EngineUser& next = *waiting_.begin()->user;
    if (!Fits(next.tokens_)) return;
    RemoveWaiting(next);
    AddRunning(next);
    next.OnSlot();
  }
}

bool EngineQueue::Grow(EngineUser& user, std::int64_t tokens) {
  user.tokens_ += tokens;
  kv_used_ += tokens;
  if (limits_.kv_tokens == 0 || kv_used_ <= limits_.kv_tokens) return true;
  while (kv_used_ > limits_.kv_tokens && running_.size() > 1) {
    PutBack(*running_.rbegin()->user);
  }
  // The last one that was put back does not fit now, but one with a smaller rank may.
  Fill();
  return user.state_ == EngineUser::State::kRunning;
}

void EngineQueue::PutBack(EngineUser& user) {
  RemoveRunning(user);
  AddWaiting(user);
  ++preemptions_;
  user.OnPreempted();
}

void EngineQueue::Leave(EngineUser& user) {
  const EngineUser::State state = user.state_;
  user.state_ = EngineUser::State::kOutside;
  if (state == EngineUser::State::kOutside) return;
  if (state == EngineUser::State::kWaiting) {
    RemoveWaiting(user);
  } else {
    RemoveRunning(user);
  }
  Fill();
}

}  // namespace headgate::loadtest::sim
