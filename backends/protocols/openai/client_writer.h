#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"

namespace headgate::backends::openai {

// Writes what clients of chat completions, legacy completions and embeddings read: see
// backends/protocols/client_writer.h. Pure; thread-safe.

// {"error":{"message":…,"type":…,"param":…,"code":…}}
std::string ErrorDocument(const ClientError& error);

// Returns whether `json` is {"error":{"message":…}} on one line and without an escape. Every SDK of
// OpenAI's protocol shows such a document.
bool IsErrorDocument(std::string_view json);

// Returns whether `json` is {"error":{"message":…,"type":…}} in any layout, with a code that is a
// text, null or absent.
bool IsErrorBody(std::string_view json);

void AppendErrorEvent(std::string_view document, std::string& out);

// [DONE]
void AppendStreamEnd(std::string& out);

}  // namespace headgate::backends::openai
