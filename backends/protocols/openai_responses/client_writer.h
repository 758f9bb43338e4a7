#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"

namespace headgate::backends::openai_responses {

// Writes what clients of OpenAI's Responses API read: see backends/protocols/client_writer.h. Its
// errors outside of streams are those of backends/protocols/openai/client_writer.h. Pure;
// thread-safe.

// Appends the two events with which OpenAI ends a stream that fails, numbered from
// `begun.next_number`: `error`, then `response.failed` with the response in it. Each client reads
// one of them. The `error` has code, message and param twice: as its own members, as the
// specification says (openai-openapi 2.3.0, August 2026), and in an object `error`, as OpenAI sends
// it, because OpenAI's SDKs raise only if there is such an object. Codex reads `response.failed`
// alone (codex-rs, November 2026). The response has the members that SDKs require; what it says of
// the request is what OpenAI assumes if a client says nothing.
void AppendErrorEvent(std::string_view document, const BegunAnswer& begun, std::string& out);

}  // namespace headgate::backends::openai_responses
