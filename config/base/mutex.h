#pragma once

#include <mutex>

#include "absl/base/thread_annotations.h"  // GUARDED_BY, PT_GUARDED_BY

// Names for clang's thread-safety analysis; GCC does not know them. `tests/run.sh` runs
// clang++ -fsyntax-only -Wthread-safety over the tree, so a forgotten lock fails the build.
#if defined(__clang__)
#define HEADGATE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define HEADGATE_THREAD_ANNOTATION(x)
#endif

#define REQUIRES_LOCK(...) HEADGATE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES_LOCK(...) HEADGATE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace headgate {

// std::mutex that clang's analysis can follow. Not absl::Mutex: Debian's Abseil is not built for
// ThreadSanitizer, which then reports false races. Leaf locks only: while holding one, never
// suspend a coroutine and never take a second lock. Thread-safe.
class HEADGATE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() HEADGATE_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() HEADGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class HEADGATE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HEADGATE_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() HEADGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace headgate
