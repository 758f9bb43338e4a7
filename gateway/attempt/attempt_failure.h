#pragma once

#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// Why an attempt failed, as far as it matters for the next attempt.
struct AttemptFailure {
  backends::UpstreamError error;
  bool context_too_long = false;
  // The request has files, which not every backend reads, and the refusal may be about them.
  bool documents_refused = false;
  // Nothing was sent: the request cannot be said in the backend's protocol.
  bool untranslatable = false;
  // The request had stream_options and was refused because of them.
  bool stream_options_refused = false;
};

}  // namespace headgate::gateway
