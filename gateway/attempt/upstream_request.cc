#include "gateway/attempt/upstream_request.h"

#include <array>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

using backends::StreamUsage;

// What a client may send to a backend through its headers. The list names what is allowed, not what
// is blocked: cookies, internal headers and an account chosen by the client (openai-organization)
// must not reach a third party because nobody thought of them.
constexpr std::array<std::string_view, 8> kForwardedFields = {
    "accept",     "user-agent",      "openai-beta",         "traceparent",
    "tracestate", "idempotency-key", "x-client-request-id", "anthropic-beta"};

// Appends each name once, and no name that the operator has set. With two fields of one name the
// backend would decide which of them counts.
void AppendForwardedFields(const backends::Upstream& upstream, const RequestHead& client,
                           std::string& out) {
  for (const std::string_view name : kForwardedFields) {
    const std::string_view value = client.Find(name);
    if (value.empty() || upstream.SetsField(name) || client.IsHopByHop(name)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
}

}  // namespace

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
                                std::string_view path, const RequestHead& client,
                                const backends::RequestBody& body, std::string& text) {
  text.reserve(1024);
  upstream.AppendHead(replica, path, text);
  AppendForwardedFields(upstream, client, text);
  text += "Content-Length: ";
  AppendInteger(static_cast<std::int64_t>(body.size()), text);
  text += "\r\n\r\n";
  return Gather(text, body.pieces());
}

}  // namespace headgate::gateway
