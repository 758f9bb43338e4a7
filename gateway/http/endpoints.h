#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/values/client_protocol.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

enum class Action : std::uint8_t { kProxy, kListModels, kOneModel, kAlive };

// One endpoint of the client port. `path` is exact except for one `{…}`, which stands for any text
// that is not empty; names of models have slashes inside.
struct EndpointRow {
  std::string_view method;
  std::string_view path;
  Action action;
  routing::Endpoint endpoint = routing::Endpoint::kChat;  // for kProxy
  std::string_view upstream_path = {};  // for kProxy, relative to the backend's URL
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};

// The whole client port. If two rows fit a path the first row counts. The rows behind /v1 are the
// paths of Azure OpenAI's clients: a deployment is a model (docs/decisions/0041). HEAD is GET
// without the body and has no rows.
inline constexpr std::array kEndpoints = {
    EndpointRow{"POST", "/v1/chat/completions", Action::kProxy, routing::Endpoint::kChat,
                "/chat/completions"},
    EndpointRow{"POST", "/v1/completions", Action::kProxy, routing::Endpoint::kCompletions,
                "/completions"},
    EndpointRow{"POST", "/v1/embeddings", Action::kProxy, routing::Endpoint::kEmbeddings,
                "/embeddings"},
    EndpointRow{"GET", "/v1/models", Action::kListModels},
    EndpointRow{"GET", "/v1/models/{id}", Action::kOneModel},
    EndpointRow{"GET", "/", Action::kAlive},
    EndpointRow{"GET", "/health", Action::kAlive},
    EndpointRow{"POST", "/openai/deployments/{model}/chat/completions", Action::kProxy,
                routing::Endpoint::kChat, "/chat/completions"},
    EndpointRow{"POST", "/openai/deployments/{model}/completions", Action::kProxy,
                routing::Endpoint::kCompletions, "/completions"},
    EndpointRow{"POST", "/openai/deployments/{model}/embeddings", Action::kProxy,
                routing::Endpoint::kEmbeddings, "/embeddings"},
    EndpointRow{"GET", "/openai/models", Action::kListModels},
    EndpointRow{"GET", "/openai/models/{id}", Action::kOneModel},
};

struct EndpointMatch {
  const EndpointRow* row = nullptr;  // null: no such endpoint
  std::string_view argument;         // what `{…}` stands for, as it was sent; a part of the path
  std::string_view allow;            // the methods that the path takes; empty: no such path
  // The protocol of the row, or else of the API that the path belongs to.
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};
// A slash at the end of `path` is ignored, and "/openai/v1/…" is "/v1/…".
EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// Returns what a client is told about an unknown path: the known paths and, if the path looks like
// a known mistake, what to set. For paths of APIs that this gateway does not speak it says which
// setting helps.
std::string ExplainUnknownPath(std::string_view method, std::string_view path);

// Returns "POST /v1/chat/completions, …": all endpoints.
std::string_view EndpointList();

}  // namespace headgate::gateway
