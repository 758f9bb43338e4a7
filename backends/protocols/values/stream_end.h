#pragma once

namespace headgate::backends {

// What a backend's stream looked like at its end, in any protocol. The first three members exclude
// each other.
struct StreamEnd {
  bool error = false;      // it ended with an error
  bool malformed = false;  // it is not a stream of its protocol
  bool closed = false;     // it ended as its protocol ends a whole stream
  bool finished = false;   // each answer that was asked for has ended
};

}  // namespace headgate::backends
