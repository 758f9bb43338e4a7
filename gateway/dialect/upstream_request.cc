#include "gateway/dialect/upstream_request.h"

#include "gateway/dialect/forwarded_fields.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {

GatherList WriteUpstreamRequest(const backends::Upstream& upstream, std::size_t replica,
                                const Dialect& dialect, const RequestHead& client,
                                const backends::RequestBody& body, std::string& text) {
  text.reserve(1024);
  const std::string query = ForwardedQuery(upstream, dialect, client);
  upstream.AppendHead(replica, dialect.path, text,
                      {.anthropic_version = ForwardedVersion(dialect, client), .query = query},
                      dialect.base_path);
  AppendForwardedFields(upstream, dialect, client, text);
  text += "Content-Length: ";
  AppendInteger(static_cast<std::int64_t>(body.size()), text);
  text += "\r\n\r\n";
  return Gather(text, body.pieces());
}

}  // namespace headgate::gateway
