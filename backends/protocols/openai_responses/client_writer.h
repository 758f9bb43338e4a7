#pragma once

#include <string>
#include <string_view>

namespace headgate::backends::openai_responses {

// Writes what clients of OpenAI's Responses API read: see backends/protocols/client_writer.h. Its
// errors outside of streams are those of backends/protocols/openai/client_writer.h. Pure;
// thread-safe.

// Appends an event `error` with type, code, message, param and sequence_number
// (openai-openapi 2.3.0, August 2026). Readers of such a stream do not compare the number with
// those before: it is 0.
void AppendErrorEvent(std::string_view document, std::string& out);

}  // namespace headgate::backends::openai_responses
