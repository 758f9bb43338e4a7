#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "routing/signals.h"

namespace headgate::gateway {

enum class Action : std::uint8_t { kProxy, kListModels, kOneModel, kRoot };

// One thing a client can ask for. `path` is exact, or a prefix where it ends in '/'.
struct EndpointRow {
  std::string_view method;
  std::string_view path;
  Action action;
  routing::Endpoint endpoint = routing::Endpoint::kChat;  // for kProxy
  std::string_view upstream_path = {};  // for kProxy, relative to the backend's URL
};

// The whole client port.
inline constexpr std::array kEndpoints = {
    EndpointRow{"POST", "/v1/chat/completions", Action::kProxy, routing::Endpoint::kChat,
                "/chat/completions"},
    EndpointRow{"POST", "/v1/completions", Action::kProxy, routing::Endpoint::kCompletions,
                "/completions"},
    EndpointRow{"POST", "/v1/embeddings", Action::kProxy, routing::Endpoint::kEmbeddings,
                "/embeddings"},
    EndpointRow{"GET", "/v1/models", Action::kListModels},
    EndpointRow{"GET", "/v1/models/", Action::kOneModel},
    EndpointRow{"GET", "/", Action::kRoot},
    EndpointRow{"HEAD", "/", Action::kRoot},
};

struct EndpointMatch {
  const EndpointRow* row = nullptr;  // null: no such endpoint
  bool path_exists = false;          // the path exists, with another method
};
EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// "POST /v1/chat/completions, …": what a 404 tells a lost client.
std::string_view EndpointList();

}  // namespace headgate::gateway
