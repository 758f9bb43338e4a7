#pragma once

#include <cstdio>
#include <cstdlib>

// HEADGATE_CHECK(condition) ends the process when an invariant is violated: a wrong number in the
// books is worse than a restart. Never use it on input from outside. Thread-safe.
#define HEADGATE_CHECK(condition)                                                        \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
