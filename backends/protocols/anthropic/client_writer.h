#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"

namespace headgate::backends::anthropic {

// Writes what clients of Anthropic's Messages API read: see backends/protocols/client_writer.h.
// Pure; thread-safe.

// Returns Anthropic's status for one of the gateway's own errors: 529, with which Anthropic says
// overloaded_error, for 503, which it does not have. Its SDKs retry both.
int StatusFor(int status);

// {"type":"error","error":{"type":…,"message":…},"request_id":…}, with details.error_code in the
// error if the code is one that Anthropic's SDKs act on (about threads, 2026-11); the type is
// Anthropic's for the status (https://docs.claude.com/en/api/errors, 2026-11), unless the error has
// a type of Anthropic's. The message about a prompt that is too long begins with the words by which
// agents know it.
std::string ErrorDocument(const ClientError& error, std::string_view request_id);

// Returns whether `json` is {"type":"error","error":{"type":…,"message":…}}, in any layout.
bool IsErrorBody(std::string_view json);

// An event is named after its `type` (https://docs.claude.com/en/docs/build-with-claude/streaming,
// 2026-11).
void AppendErrorEvent(std::string_view document, std::string& out);

// message_stop
void AppendStreamEnd(std::string& out);

}  // namespace headgate::backends::anthropic
