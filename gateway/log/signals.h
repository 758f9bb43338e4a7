#pragma once

#include <signal.h>

namespace headgate::gateway {

// Signals are for the control thread alone: another thread that is interrupted stalls its streams.
// Blocks all of them in the calling thread, and in those that it starts, from now on.
void BlockSignals();

// The same for a scope.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// Ignores every signal that ends a process unless it is handled, except those that ask for an end
// (INT, TERM; QUIT, which also leaves a core) and those that tell of a fault in the program. So
// USR2, ALRM or a real-time signal sent by mistake does not end the daemon; a reader that has gone
// (PIPE) and a file at its limit (XFSZ) are errors of a write. Call it before any thread starts.
void IgnoreStraySignals();

}  // namespace headgate::gateway
