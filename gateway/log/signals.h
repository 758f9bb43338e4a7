#pragma once

#include <signal.h>

namespace headgate::gateway {

// Blocks all signals in the calling thread, and in the threads that it starts, from now on. Signals
// are for the control thread alone: a signal that interrupts another thread stalls its streams.
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

// Ignores every signal that ends a process unless it is handled. Exceptions are the signals that
// ask for an end (INT, TERM; QUIT, which also leaves a core) and those that report a fault in the
// program. So USR2, ALRM or a real-time signal sent by mistake does not end the daemon; a reader
// that has gone (PIPE) and a file at its limit (XFSZ) are errors of a write. Call it before any
// thread starts.
void IgnoreStraySignals();

}  // namespace headgate::gateway
