#pragma once

#include <cstddef>
#include <string>

#include "backends/protocols/request_writer.h"
#include "backends/protocols/values/stream_usage.h"
#include "backends/upstream/upstream.h"
#include "config/config.h"
#include "gateway/attempt/gather_list.h"
#include "gateway/http/request_head.h"
#include "gateway/snapshot/fleet.h"

namespace headgate::gateway {

// How far a backend is asked for the usage of its streams: as far as it knows, and not at all where
// it has refused to be asked.
backends::StreamUsage StreamUsageFor(const config::Backend& backend, const BackendState& state);

// Writes the request for one replica: its head, with what the client may say to a backend through
// its own `client` head, and copies of short pieces of `body` are appended to `text`. Text and body
// must outlive the list, and must not change any more. `path`: relative to the backend's URL.
GatherList WriteUpstreamRequest(const backends::Upstream& upstream, std::size_t replica,
                                std::string_view path, const RequestHead& client,
                                const backends::RequestBody& body, std::string& text);

}  // namespace headgate::gateway
