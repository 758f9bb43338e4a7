// The slots of one replica and the FIFO queue in front of them. *worker-bound*
#pragma once

#include <cstdint>
#include <list>

namespace headgate::loadtest::sim {

// A request that holds a slot, waits for a slot, or is outside.
class SlotUser {
 public:
  SlotUser() = default;
  SlotUser(const SlotUser&) = delete;
  SlotUser& operator=(const SlotUser&) = delete;

  // Called when this user gets its slot. It must not call Enter() or Leave() from here.
  virtual void OnSlot() = 0;

 protected:
  virtual ~SlotUser() = default;

 private:
  friend class Slots;
  enum class State { kOutside, kWaiting, kRunning };
  State state_ = State::kOutside;
  std::list<SlotUser*>::iterator place_;
};

class Slots {
 public:
  // `limit` 0 means that there is no limit.
  explicit Slots(std::int64_t limit) : limit_(limit) {}

  // Gives `user` a slot, at once or after earlier users have left. REQUIRES: `user` is outside.
  void Enter(SlotUser& user) {
    if (limit_ == 0 || running_ < limit_) {
      Run(user);
      return;
    }
    user.state_ = SlotUser::State::kWaiting;
    user.place_ = queue_.insert(queue_.end(), &user);
  }

  // Returns the slot of `user`, or takes `user` out of the queue. Does nothing if it is outside.
  void Leave(SlotUser& user) {
    const SlotUser::State state = user.state_;
    user.state_ = SlotUser::State::kOutside;
    if (state == SlotUser::State::kWaiting) queue_.erase(user.place_);
    if (state != SlotUser::State::kRunning) return;
    --running_;
    if (queue_.empty()) return;
    SlotUser& next = *queue_.front();
    queue_.pop_front();
    Run(next);
  }

  std::int64_t running() const { return running_; }
  std::int64_t waiting() const { return static_cast<std::int64_t>(queue_.size()); }

 private:
  void Run(SlotUser& user) {
    ++running_;
    user.state_ = SlotUser::State::kRunning;
    user.OnSlot();
  }

  std::int64_t limit_;
  std::int64_t running_ = 0;
  std::list<SlotUser*> queue_;
};

}  // namespace headgate::loadtest::sim
