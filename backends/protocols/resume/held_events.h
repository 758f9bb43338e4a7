#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {

// How long a streamed answer is held back, so that a fault meanwhile stays unseen.
struct HoldPolicy {
  enum class Until : std::uint8_t {
    kFirstToken,  // not at all
    kTime,        // for `time` from its first event
    kComplete,    // until it is whole
  };
  Until until = Until::kFirstToken;
  std::chrono::milliseconds time{0};
  std::size_t limit = 8u << 20;  // bytes; beyond it the hold ends and the stream goes on
  // A client that streams is sent a comment this often while nothing else is sent. 0: never.
  std::chrono::milliseconds comment_every{0};
};

// The events of a streamed answer that are held back from the client. What one attempt brought is
// discarded when it fails, so a fresh attempt starts clean, and is held for as long again. Once
// events were released the answer is committed, and nothing is held any more. Time is passed in.
// Sans-I/O. Worker-bound.
class HeldEvents {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `now`: when the request began to wait; comments count from it.
  HeldEvents(const HoldPolicy& policy, TimePoint now) : policy_(policy), last_sign_(now) {}

  // Takes whole events as they would go to the client. Appends to `out` what goes to it now:
  // nothing while they are held, and all that was held when the hold ends with these.
  void Add(std::string_view events, TimePoint now, std::string& out);

  // Called when Due() has passed. Appends what goes to the client: the held events if the hold is
  // over, else a comment if one is due.
  void Tick(TimePoint now, std::string& out);

  // Called when the answer is whole, or when no other attempt can replace one that broke: ends the
  // hold.
  void Release(std::string& out);

  // Forgets what is held, because the attempt that brought it has failed.
  // REQUIRES: !released().
  void Discard();

  // Called when something else was sent to the client, such as a backend's comment.
  void Sent(TimePoint now) { last_sign_ = now; }

  // Returns whether the client has, or is about to get, events of the answer: it is committed.
  bool released() const { return released_; }
  // Returns when Tick has something to do, if ever.
  std::optional<TimePoint> Due() const;
  // Bytes that are held, for the memory that a request reports.
  std::size_t HeldBytes() const { return held_.capacity(); }

 private:
  bool IsOver(TimePoint now) const;

  const HoldPolicy policy_;
  std::string held_;
  std::optional<TimePoint> first_;  // when the first event that is held came
  TimePoint last_sign_;
  bool released_ = false;
};

}  // namespace headgate::backends
