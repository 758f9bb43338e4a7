#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/values/client_protocol.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

enum class Action : std::uint8_t { kProxy, kListModels, kOneModel, kAlive };

// One thing a client can ask for. `path` is exact but for one `{…}`, which stands for any text that
// is not empty; names of models have slashes inside.
struct EndpointRow {
  std::string_view method;
  std::string_view path;
  Action action;
  routing::Endpoint endpoint = routing::Endpoint::kChat;  // for kProxy
  std::string_view upstream_path = {};  // for kProxy, relative to the backend's URL
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};

// The whole client port. Of two rows that fit a path the first counts. Behind /v1 stand the paths
// of Azure OpenAI's clients: a deployment is a model (docs/decisions/0041). HEAD is GET without the
// body and has no rows.
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
  std::string_view argument;         // what `{…}` stands for, as it was sent; part of the path
  std::string_view allow;            // the methods that the path takes; empty: no such path
  // What the client reads: of the row, or else of the API that the path belongs to.
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};
// One slash at the end of `path` is left out of account, and "/openai/v1/…" is "/v1/…".
EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// What a client is told whose path is not here: what is, and, where the path looks like a known
// mistake, what to set. Paths of APIs that this gateway does not speak say which switch helps.
std::string ExplainUnknownPath(std::string_view method, std::string_view path);

// "POST /v1/chat/completions, …": what there is.
std::string_view EndpointList();

}  // namespace headgate::gateway
