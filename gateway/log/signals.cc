#include "gateway/log/signals.h"

#include <pthread.h>

namespace headgate::gateway {

void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void IgnoreStraySignals() {
  // signal(7), "Standard signals": those of disposition Term or Core, except the signals above.
  constexpr int kStray[] = {SIGHUP,  SIGUSR1, SIGUSR2, SIGPIPE,   SIGALRM, SIGVTALRM,
                            SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT, SIGXCPU, SIGXFSZ};
  for (const int number : kStray) ::signal(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) ::signal(number, SIG_IGN);
}

}  // namespace headgate::gateway
