// The engine of one replica: its slots, the KV room that running requests share, and the queue in
// front of both. The queue serves by arrival, or by priority and then by arrival. Its first request
// waits until it fits, and all others wait behind it (as in vLLM), so a long prompt does not
// starve. An answer that grows beyond the room puts running requests back into the queue, the most
// patient and latest first. They start again when they fit. *worker-bound*
#pragma once

#include <cstdint>
#include <set>

namespace headgate::loadtest::sim {

enum class Scheduling { kFcfs, kPriority };
enum class PriorityOrder { kLowFirst, kHighFirst };

struct EngineLimits {
  std::int64_t slots = 0;      // requests that run at once; 0 means that there is no limit
  std::int64_t kv_tokens = 0;  // of all running requests, prompt and answer so far; 0: no limit
  Scheduling scheduling = Scheduling::kFcfs;
  PriorityOrder order = PriorityOrder::kLowFirst;
};

class EngineUser;

// A place in the order of service: the smaller rank first, then the earlier arrival.
struct EnginePlace {
  std::int64_t rank = 0;
  std::uint64_t arrival = 0;
  EngineUser* user = nullptr;

  bool operator<(const EnginePlace& other) const {
    return rank != other.rank ? rank < other.rank : arrival < other.arrival;
  }
};

// A request that holds a slot, waits for a slot, or is outside.
class EngineUser {
 public:
  // `sequences`: choices and prompts of one request, each of which the engine's metrics count as a
  // request. It still takes one slot.
  explicit EngineUser(std::int64_t sequences = 1) : sequences_(sequences) {}
  EngineUser(const EngineUser&) = delete;
  EngineUser& operator=(const EngineUser&) = delete;

  // Called when this user gets a slot, the first time or after OnPreempted(). Neither function may
  // call the queue.
  virtual void OnSlot() = 0;
  // Called when this user loses its slot and waits again.
  virtual void OnPreempted() = 0;

 protected:
  virtual ~EngineUser() = default;

 private:
  friend class EngineQueue;
  enum class State { kOutside, kWaiting, kRunning };
  State state_ = State::kOutside;
  EnginePlace place_;
  std::int64_t tokens_ = 0;
  const std::int64_t sequences_;
};

class EngineQueue {
 public:
  explicit EngineQueue(const EngineLimits& limits) : limits_(limits) {}

  // Gives `user` a slot, at once or later. `tokens` is the room that it needs: its prompt. A user
  // that needs more than the whole room runs when nothing else does. `priority` counts only if the
  // queue is ordered by it. REQUIRES: `user` is outside.
  void Enter(EngineUser& user, std::int64_t tokens, std::int64_t priority);
  // Notes that the answer of `user` has grown by `tokens`. Returns whether `user` still runs.
  // REQUIRES: `user` runs.
  bool Grow(EngineUser& user, std::int64_t tokens);
  // Returns the slot of `user`, or takes `user` out of the queue. Does nothing if it is outside.
  void Leave(EngineUser& user);

  const EngineLimits& limits() const { return limits_; }
  std::int64_t running() const { return static_cast<std::int64_t>(running_.size()); }
  std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }
  std::int64_t running_sequences() const { return running_sequences_; }
  std::int64_t waiting_sequences() const { return waiting_sequences_; }
  // The tokens of all running requests.
  std::int64_t kv_used() const { return kv_used_; }
  // How often a running request has been put back into the queue.
  std::int64_t preemptions() const { return preemptions_; }

 private:
  bool Fits(std::int64_t tokens) const;
  // Starts requests from the head of the queue as long as they fit.
  void Fill();
  void PutBack(EngineUser& user);
  void AddRunning(EngineUser& user);
  void AddWaiting(EngineUser& user);
  void RemoveRunning(EngineUser& user);
  void RemoveWaiting(EngineUser& user);

  EngineLimits limits_;
  std::set<EnginePlace> running_;
  std::set<EnginePlace> waiting_;
  std::uint64_t arrivals_ = 0;
  std::int64_t running_sequences_ = 0;
  std::int64_t waiting_sequences_ = 0;
  std::int64_t kv_used_ = 0;
  std::int64_t preemptions_ = 0;
};

}  // namespace headgate::loadtest::sim
