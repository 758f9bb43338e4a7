#pragma once

#include "config/config.h"

namespace headgate::routing {

// How the requests of a class wait in the queue of a backend. Immutable.
struct ClassQueue {
  config::Band band = config::Band::kNormal;
  // The time to first token that a request of the class wants unless it names one (x-slo-ttft-ms).
  // With its arrival it makes the deadline that orders the requests of a team.
  config::Milliseconds target_ttft{5'000};
};

// The queue of a class that names no time to first token: 500 ms in the band latency_critical, 5 s
// in normal, an hour in batch.
constexpr ClassQueue QueueOf(config::Band band) {
  switch (band) {
    case config::Band::kLatencyCritical:
      return {band, config::Milliseconds(500)};
    case config::Band::kBatch:
      return {band, config::Milliseconds(3'600'000)};
    case config::Band::kNormal:
      break;
  }
  return {};
}

}  // namespace headgate::routing
