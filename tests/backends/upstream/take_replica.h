#pragma once

#include <cstdint>
#include <optional>

#include "backends/upstream/replica_set.h"

namespace headgate::backends {

// Takes a slot of a set as a request without special wishes does.
inline std::optional<ReplicaSet::Lease> Take(ReplicaSet& set, std::uint64_t random,
                                             Clock::time_point now,
                                             std::optional<std::size_t> avoid,
                                             ReplicaSet::Admission admission,
                                             const ModelCircuits* model = nullptr) {
  return set
      .Acquire(
          {.random = random, .now = now, .avoid = avoid, .admission = admission, .model = model})
      .lease;
}

}  // namespace headgate::backends
