#pragma once

#include <algorithm>
#include <cstddef>

#include "gateway/connection/input_buffer.h"

namespace headgate::gateway {

// How many bytes more than usual the connections of a worker may together hold room for while they
// wait. Worker-bound.
struct ReadAheadBudget {
  std::size_t left = 4u << 20;
};

// How much room one connection reads its next request into. Who has sent 30 KB sends another 30 KB,
// and with the next turn of a conversation a bit more: with room for all of it that is one read
// instead of two, and nothing has to move. Room that waits may be memory, so there is only as much
// as the budget has left. Worker-bound.
class ReadAhead {
 public:
  static constexpr std::size_t kUsual = InputBuffer::kSmall;
  // A larger request takes several reads in any case.
  static constexpr std::size_t kMost = 64u << 10;

  explicit ReadAhead(ReadAheadBudget& budget) : budget_(budget) {}
  ~ReadAhead() { budget_.left += taken_; }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::size_t size() const { return kUsual + taken_; }

  // The last request had `bytes`, with its head.
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
