#pragma once

#include <cstddef>
#include <string>

#include "backends/protocols/request_writer.h"
#include "backends/upstream/upstream.h"
#include "gateway/dialect/dialect.h"
#include "gateway/dialect/gather_list.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Writes the request for one replica. The head, which includes what the client may send to a
// backend through its `client` head, and copies of short pieces of `body` are appended to `text`.
// Text and body must outlive the list, and must not change any more.
GatherList WriteUpstreamRequest(const backends::Upstream& upstream, std::size_t replica,
                                const Dialect& dialect, const RequestHead& client,
                                const backends::RequestBody& body, std::string& text);

}  // namespace headgate::gateway
