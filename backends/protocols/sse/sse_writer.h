#pragma once

#include <string>
#include <string_view>

namespace headgate::backends {

// Writers of a text/event-stream. A text must not contain a line end. Pure; thread-safe.

// Appends an event without a name.
void AppendSseEvent(std::string_view data, std::string& out);
void AppendSseEvent(std::string_view name, std::string_view data, std::string& out);

// Appends a comment, which clients skip.
void AppendSseComment(std::string_view text, std::string& out);

}  // namespace headgate::backends
