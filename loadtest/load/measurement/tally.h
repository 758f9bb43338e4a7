#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "loadtest/load/measurement/histogram.h"

namespace headgate::loadtest::load {

// The outcomes of many requests. Times count from the moment when a request was due, not when it
// was sent: a system that stalls is charged for the requests that it kept waiting.
struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;
  std::uint64_t aborted = 0;                     // the client left, as the scenario says
  std::map<std::string, std::uint64_t> errors;   // by kind
  std::map<int, std::uint64_t> statuses;         // answers by HTTP status
  std::map<std::string, std::uint64_t> targets;  // answers by the target that the gateway names
  std::uint64_t slo_met = 0;                     // of requests with a wanted time to first token
  std::uint64_t slo_missed = 0;
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;   // of answers, without their framing
  std::uint64_t stalls = 0;  // gaps of over 250 ms
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cached_tokens = 0;  // of the input tokens
  Histogram latency;                // of whole answers
  Histogram ttft;                   // to the first event with content, of streams
  Histogram served;                 // from the first event with content to the end, of streams
  Histogram gap;                    // between events of a stream
  Histogram retry_after;

  std::uint64_t Failed() const;
  void Add(const Tally& other);
};

}  // namespace headgate::loadtest::load
