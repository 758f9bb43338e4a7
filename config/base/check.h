#pragma once

#include <cstdio>
#include <cstdlib>

// HEADGATE_CHECK(condition) ends the process when an invariant that cannot fail has failed: a wrong
// number in the books is worse than a restart. It is never used on anything that came from outside.
// Thread-safe.
#define HEADGATE_CHECK(condition)                                                        \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
