#pragma once

#include <cstddef>
#include <string>

#include "backends/protocols/request_reader.h"
#include "backends/upstream/upstream.h"
#include "config/config.h"
#include "gateway/attempt/gather_list.h"
#include "gateway/http/request_head.h"
#include "gateway/snapshot/fleet.h"

namespace headgate::gateway {

// Which stream options a backend takes: those that it knows, and none where it has refused them.
StreamOptions StreamOptionsFor(const config::Backend& backend, const BackendState& state);

// Writes the request for one replica: its head, with what the client may say to a backend through
// its own `client` head, and copies of short pieces of `body` are appended to `text`. Text and body
// must outlive the list, and must not change any more. `path`: relative to the backend's URL.
GatherList WriteUpstreamRequest(const backends::Upstream& upstream, std::size_t replica,
                                std::string_view path, const RequestHead& client,
                                const SplicedBody& body, std::string& text);

}  // namespace headgate::gateway
