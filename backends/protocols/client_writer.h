#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/client_protocol.h"

namespace headgate::backends {

// Writes the gateway's own messages in the form that a client of a protocol reads. Each protocol
// has the same functions in its own client_writer.h. Pure; thread-safe.

// Returns the body of an error answer, in one line. `request_id`: for protocols whose errors have
// such a member.
std::string ErrorDocument(ClientProtocol protocol, const ClientError& error,
                          std::string_view request_id);

// Returns the status that a client of the protocol expects with such an error. Anthropic's clients
// know 529 where others know 503; a document of a backend keeps the status that it came with.
int StatusFor(ClientProtocol protocol, const ClientError& error);

// Returns whether the error `json` of a backend is already such a document. It must be on one line
// and have no escape, in which a secret could hide.
bool IsErrorDocument(ClientProtocol protocol, std::string_view json);

// Returns whether `json`, the body of a backend's refusal, is an error as clients of the protocol
// read it, in any layout. A secret may hide in its escapes.
bool IsErrorBody(ClientProtocol protocol, std::string_view json);

// Appends what ends a broken stream. `document` comes from ErrorDocument, or is accepted by
// IsErrorDocument. `begun`: what the client has been told of the answer.
void AppendErrorEvent(ClientProtocol protocol, std::string_view document, const BegunAnswer& begun,
                      std::string& out);

// Appends what ends a whole stream, if its end says nothing else.
void AppendStreamEnd(ClientProtocol protocol, std::string& out);

}  // namespace headgate::backends
