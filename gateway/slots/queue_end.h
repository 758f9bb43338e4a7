#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::gateway {

// How a request's wait for a slot ended, if it got no slot and no other target took it from the
// queue. A value; `backend` points into the request's configuration.
struct QueueEnd {
  enum class Why : std::uint8_t {
    kFull,      // as many requests wait as may
    kTooLate,   // it did not wait: its time would be over before it gets a slot
    kShed,      // it had to make room for a more urgent request
    kMaxWait,   // the time of batch.max_wait is over
    kTimeOver,  // no time is left of the whole request for an answer
    kDown,      // no replica may be asked any more
    kDrained    // the gateway shuts down
  };
  Why why = Why::kFull;
  std::string_view backend;
  std::size_t waiting = 0;                // requests in the queue; of kFull
  int limit = 0;                          // of the queue; of kFull
  std::chrono::nanoseconds waited{0};     // in this queue
  std::chrono::milliseconds max_wait{0};  // in all queues; of kMaxWait
  // Of kTooLate: how long it would wait, how long the request may still take, and what an answer
  // takes of that; 0 if that is not known.
  std::chrono::nanoseconds predicted{0};
  std::chrono::nanoseconds left{0};
  std::chrono::nanoseconds answer{0};
};

// Returns it as a sentence without a full stop. `place` is what the reader knows the backend by:
// its name, or "this model". Pure.
std::string WordsOf(const QueueEnd& end, std::string_view place);

}  // namespace headgate::gateway
