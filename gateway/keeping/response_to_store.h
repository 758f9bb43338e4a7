#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/responses/database/stored_response.h"

namespace headgate::gateway {

// What is kept of a request until its answer is whole.
struct KeptRequest {
  std::string owner;
  std::string previous;      // as in StoredResponse
  std::string conversation;  // likewise
  std::string_view body;     // the client's; at least 64 readable bytes follow
};

// Returns the response object of an event that ends a stream, a JSON object; empty if it has none.
// Pure.
std::string ResponseIn(std::string_view event);

// Returns what is stored. nullopt if `object` is not a response that has ended: it has no id of at
// most 256 bytes, no list of output, or a status of one that is still worked on. `now`:
// milliseconds since 1970. Pure.
std::optional<StoredResponse> ResponseToStore(const KeptRequest& request, std::string object,
                                              std::int64_t now);

}  // namespace headgate::gateway
