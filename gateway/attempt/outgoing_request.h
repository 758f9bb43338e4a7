#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "backends/affinity/prefix_hash.h"
#include "backends/net/types.h"
#include "backends/protocols/values/splice_points.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// What all attempts of one request send and expect. It outlives them.
struct OutgoingRequest {
  const RequestHead& head;
  std::string_view body;
  const EndpointRow& endpoint;
  backends::SplicePoints splice;
  bool wants_usage = false;      // of a stream, to be passed on
  bool has_thoughts = false;     // of earlier turns
  bool uses_documents = false;   // files such as PDF
  std::size_t answers = 1;       // asked for
  std::size_t text_bytes = 0;    // of the prompt, with its tools
  std::int64_t other_input = 0;  // tokens of images and audio, at most
  std::int64_t most_output = std::numeric_limits<std::int64_t>::max();  // tokens asked for
  TimePoint deadline = TimePoint::max();  // the end of the whole request
  std::optional<std::chrono::milliseconds>
      slo_ttft;                   // the time to first token that the client wants
  backends::PrefixHashes prefix;  // of its prompt; empty: no replica is preferred for its cache
  // For attempts at backends of other protocols.
  const TranslatedRequest* conversation = nullptr;
};

}  // namespace headgate::gateway
