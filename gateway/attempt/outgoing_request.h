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
#include "gateway/budgets/most_cost.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/request_head.h"
#include "routing/decide/estimates.h"

namespace headgate::gateway {

// What all attempts of one request send and expect. It outlives them.
struct OutgoingRequest {
  const RequestHead& head;
  std::string_view body;
  const EndpointRow& endpoint;
  backends::SplicePoints splice;
  bool wants_usage = false;     // of a stream, to be passed on
  bool has_thoughts = false;    // of earlier turns
  bool uses_documents = false;  // files such as PDF
  std::size_t answers = 1;      // asked for
  std::int64_t sequences = 1;   // that an engine runs for it: each choice of each prompt
  routing::RequestSize size;    // from which its tokens at a target are estimated
  HiddenUse hidden;             // that the size does not have; for the most that it can cost
  // Tokens asked for, in all choices of all prompts.
  std::int64_t most_output = std::numeric_limits<std::int64_t>::max();
  TimePoint deadline = TimePoint::max();  // the end of the whole request
  std::optional<std::chrono::milliseconds>
      slo_ttft;                   // the time to first token that the client wants
  backends::PrefixHashes prefix;  // of its prompt; empty: no replica is preferred for its cache
  // For attempts at backends of other protocols.
  const TranslatedRequest* conversation = nullptr;
};

}  // namespace headgate::gateway
