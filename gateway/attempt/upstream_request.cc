#include "gateway/attempt/upstream_request.h"

#include "gateway/dialect/forwarded_fields.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {

using backends::StreamUsage;

StreamUsage StreamUsageFor(const config::Backend& backend, const BackendState& state) {
  if (!backend.stream_usage || state.refuses_stream_options->load(std::memory_order_relaxed)) {
    return StreamUsage::kNone;
  }
  const config::Engine engine = backend.engine;
  return engine == config::Engine::kVllm || engine == config::Engine::kSglang
             ? StreamUsage::kContinuous
             : StreamUsage::kAtEnd;
}

GatherList WriteUpstreamRequest(const backends::Upstream& upstream, std::size_t replica,
                                const Dialect& dialect, const RequestHead& client,
                                const backends::RequestBody& body, std::string& text) {
  text.reserve(1024);
  upstream.AppendHead(replica, dialect.path, text, ForwardedVersion(dialect, client));
  AppendForwardedFields(upstream, dialect, client, text);
  text += "Content-Length: ";
  AppendInteger(static_cast<std::int64_t>(body.size()), text);
  text += "\r\n\r\n";
  return Gather(text, body.pieces());
}

}  // namespace headgate::gateway
