#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends {

void AppendSseEvent(std::string_view data, std::string& out) {
  out.append("data: ").append(data).append("\n\n");
}

void AppendSseEvent(std::string_view name, std::string_view data, std::string& out) {
  out.append("event: ").append(name).append("\n");
  AppendSseEvent(data, out);
}

void AppendSseComment(std::string_view text, std::string& out) {
  out.append(": ").append(text).append("\n\n");
}

}  // namespace headgate::backends
