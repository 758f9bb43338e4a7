// What an engine has done, for tests to compare with what a gateway says: by model and in all, the
// most requests and KV tokens at once, the time in the queue and in slots, the tokens from the
// cache, and the requests by priority. Requests of other clients (other_clients.h) do not count.
// *worker-bound*
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

// The books of one model, or of all.
struct EngineLine {
  // Now. `in_flight` includes requests that wait, and requests that get a fault instead of a slot.
  std::int64_t in_flight = 0;
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::int64_t kv_tokens = 0;  // of running requests: prompt and answer so far
  // The most at once.
  std::int64_t peak_in_flight = 0;
  std::int64_t peak_waiting = 0;
  std::int64_t peak_running = 0;
  std::int64_t peak_kv_tokens = 0;
  // In all.
  std::int64_t requests = 0;
  std::int64_t started = 0;  // got a slot
  std::int64_t preemptions = 0;
  std::int64_t prompt_tokens = 0;                   // of requests that got a slot
  std::int64_t cached_tokens = 0;                   // of them, those that the prefix cache had
  std::map<std::int64_t, std::int64_t> priorities;  // requests by priority; 0 without one
  Nanoseconds queued{0};  // the waits of all requests up to the last change
  Nanoseconds busy{0};    // the times of all slots up to the last change
  TimePoint changed;

  // Adds the times from the last change to `now`. REQUIRED before a change of the counts.
  void Advance(TimePoint now);
  void NotePeaks();
  // Forgets all but the counts of now, which are the new peaks.
  void Reset(TimePoint now);
};

class EngineBooks {
 public:
  explicit EngineBooks(TimePoint now) { total_.changed = now; }

  // GET /sim/engine: `total` and `models`, with times in seconds up to `now`.
  boost::json::object ToJson(TimePoint now);
  void Reset(TimePoint now);
  const EngineLine& total() const { return total_; }
  const std::map<std::string, EngineLine, std::less<>>& models() const { return models_; }

 private:
  friend class EngineEntry;
  EngineLine total_;
  std::map<std::string, EngineLine, std::less<>> models_;  // never erased: entries refer to them
};

// One request in the books, from its arrival to its end.
class EngineEntry {
 public:
  EngineEntry(EngineBooks& books, std::string_view model, std::int64_t priority, TimePoint now);
  ~EngineEntry();
  EngineEntry(const EngineEntry&) = delete;
  EngineEntry& operator=(const EngineEntry&) = delete;

  // The request waits for a slot: for the first time, or because it has lost its slot.
  void Wait(TimePoint now);
  // The request has got a slot, with these tokens of prompt and answer so far.
  void Run(std::int64_t tokens, TimePoint now);
  // At the first slot: the tokens of the prompt, and those of them that the cache had.
  void CountPrompt(std::int64_t prompt, std::int64_t cached);
  void Grow(std::int64_t tokens);
  // Only the first call has an effect.
  void End(TimePoint now);

 private:
  enum class State { kArrived, kWaiting, kRunning, kEnded };
  // Applies `change` to the books of the model and to those of all.
  template <typename Change>
  void Both(TimePoint now, Change change);
  void LeaveState(EngineLine& line) const;

  EngineBooks& books_;
  EngineLine& model_;
  State state_ = State::kArrived;
  std::int64_t tokens_ = 0;  // while it runs
};

}  // namespace headgate::loadtest::sim
