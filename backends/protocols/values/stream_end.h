#pragma once

#include <cstddef>

namespace headgate::backends {

// Bytes of one event of a stream, whether it passes or is translated, and of a translated answer
// that has to be kept whole. The last event of a stream of Responses repeats its answer, so all of
// these are one limit: an answer that fits into one of them fits into the others.
inline constexpr std::size_t kLongestKept = 32u << 20;

// What a backend's stream looked like at its end, in any protocol. The first three members exclude
// each other.
struct StreamEnd {
  bool error = false;      // it ended with an error
  bool malformed = false;  // it is not a stream of its protocol
  bool closed = false;     // it ended as its protocol ends a whole stream
  bool finished = false;   // each answer that was asked for has ended
};

}  // namespace headgate::backends
