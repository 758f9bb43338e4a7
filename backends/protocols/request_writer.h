#pragma once

#include "backends/protocols/openai/request/spliced_body.h"

namespace headgate::backends {

// The body of a request as it goes to a backend. All backends speak OpenAI's protocol so far, so
// the client's bytes are sent with a few places rewritten.
using RequestBody = openai::SplicedBody;
using openai::AsksForUsageOnly;

}  // namespace headgate::backends
