#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/client_protocol.h"

namespace headgate::backends {

// Writes what the gateway says itself in the way that a client of a protocol reads it. Each
// protocol has the same functions in its own client_writer.h. Pure; thread-safe.

// The body of an answer that is an error; one line. `request_id`: for protocols whose errors have
// one.
std::string ErrorDocument(ClientProtocol protocol, const ClientError& error,
                          std::string_view request_id);

// Whether the error `json` of a backend is such a document already, on one line and without an
// escape, in which a secret could hide.
bool IsErrorDocument(ClientProtocol protocol, std::string_view json);

// The event that ends a stream which broke. `document`: of ErrorDocument, or one for which
// IsErrorDocument.
void AppendErrorEvent(ClientProtocol protocol, std::string_view document, std::string& out);

// What ends a whole stream.
void AppendStreamEnd(ClientProtocol protocol, std::string& out);

}  // namespace headgate::backends
