#pragma once

#include <cstddef>
#include <cstdint>

namespace headgate::backends {

// Bytes of one event of a stream, whether it passes or is translated, and of a translated answer
// that has to be kept whole. The last event of a stream of Responses repeats its answer, so all of
// these are one limit: an answer that fits into one of them fits into the others.
inline constexpr std::size_t kLongestKept = 32u << 20;

// The most events of a stream that may be left out because they are not in the form of its
// protocol. A stream with more of them is malformed.
inline constexpr std::int64_t kMostLeftOut = 100;

// What a backend's stream looked like at its end, in any protocol. The first three members exclude
// each other.
struct StreamEnd {
  bool error = false;      // it ended with an error
  bool malformed = false;  // it is not a stream of its protocol, or lacks what was left out
  bool closed = false;     // it ended as its protocol ends a whole stream
  bool finished = false;   // each answer that was asked for has ended
};

}  // namespace headgate::backends
