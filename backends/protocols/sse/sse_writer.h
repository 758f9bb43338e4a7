#pragma once

#include <string>
#include <string_view>

namespace headgate::backends {

// Writers of a text/event-stream. No text may have a line end in it. Pure; thread-safe.

// An event without a name.
void AppendSseEvent(std::string_view data, std::string& out);
void AppendSseEvent(std::string_view name, std::string_view data, std::string& out);

// A comment, which clients skip.
void AppendSseComment(std::string_view text, std::string& out);

}  // namespace headgate::backends
