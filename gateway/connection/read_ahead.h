#pragma once

#include <algorithm>
#include <cstddef>

#include "gateway/connection/input_buffer.h"

namespace headgate::gateway {

// How many bytes of extra room the waiting connections of a worker may hold together. Worker-bound.
struct ReadAheadBudget {
  std::size_t left = 4u << 20;
};

// How much room one connection reads its next request into. A client that has sent 30 KB sends
// another 30 KB with the next turn of a conversation, and a bit more. Room for all of it makes that
// one read instead of two, and nothing has to move. Waiting room may take memory, so it is limited
// by what the budget has left. Worker-bound.
class ReadAhead {
 public:
  static constexpr std::size_t kUsual = InputBuffer::kSmall;
  // In bytes. A larger request takes several reads in any case.
  static constexpr std::size_t kMost = 64u << 10;

  explicit ReadAhead(ReadAheadBudget& budget) : budget_(budget) {}
  ~ReadAhead() { budget_.left += taken_; }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::size_t size() const { return kUsual + taken_; }

  // Says that the last request had `bytes`, with its head.
  void Expect(std::size_t bytes) {
    budget_.left += taken_;
    const bool pays = bytes > kUsual && bytes <= kMost;
    taken_ = pays ? std::min(bytes + bytes / 4 - kUsual, budget_.left) : 0;
    budget_.left -= taken_;
  }

 private:
  ReadAheadBudget& budget_;
  std::size_t taken_ = 0;
};

}  // namespace headgate::gateway
