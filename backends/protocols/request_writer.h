#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/protocols/openai/request/spliced_body.h"
#include "backends/protocols/values/splice_points.h"

namespace headgate::backends {

using openai::AsksForUsageOnly;
using openai::SplicedFields;

// The body of a request as it goes to a backend: the client's own bytes with a few places rewritten
// if the backend speaks the client's protocol, else a body that was written for it.
class RequestBody {
 public:
  // See SplicedBody. `body` must outlive it.
  RequestBody(std::string_view body, const SplicePoints& splice, const SplicedFields& fields) {
    spliced_.emplace(body, splice, fields);
  }
  // REQUIRES: `written` is not empty, and outlives it.
  explicit RequestBody(std::string_view written) : written_(written) {}
  RequestBody(const RequestBody&) = delete;  // the pieces point into it
  RequestBody& operator=(const RequestBody&) = delete;

  // Pieces in the order of the body; each has at least one byte.
  std::span<const std::string_view> pieces() const {
    return spliced_ ? spliced_->pieces() : std::span(&written_, 1);
  }
  std::size_t size() const { return spliced_ ? spliced_->size() : written_.size(); }

 private:
  std::optional<openai::SplicedBody> spliced_;
  std::string_view written_;
};

// Removes stream_options from `body`, which was written for a backend of chat completions that
// refuses them. Changes nothing in a body that has none.
void RemoveStreamOptions(std::string& body);

}  // namespace headgate::backends
