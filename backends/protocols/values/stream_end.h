#pragma once

namespace headgate::backends {

// What a stream that a backend sent looked like at its end, in whatever protocol. The first three
// exclude each other.
struct StreamEnd {
  bool error = false;      // it ended with an error
  bool malformed = false;  // it is no stream of its protocol
  bool closed = false;     // it ended as its protocol ends a whole stream
  bool finished = false;   // each answer that was asked for has ended
};

}  // namespace headgate::backends
