#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/values/client_protocol.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

enum class Action : std::uint8_t {
  kProxy,
  kListModels,
  kOneModel,
  kBudgets,
  kAlive,
  kStoredResponse,
  kDeleteResponse,
  kInputItems,
  kCancelResponse,  // always refused: no response runs in the background
};

// One endpoint of the client port. `path` is exact except for one `{…}`, which stands for any text
// that is not empty; names of models have slashes inside.
struct EndpointRow {
  std::string_view method;
  std::string_view path;
  Action action;
  routing::Endpoint endpoint = routing::Endpoint::kChat;  // for kProxy
  // For kProxy: the path at a backend that serves this endpoint itself, relative to its URL.
  std::string_view upstream_path = {};
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};

// A row of what OpenAI's Responses API has beside POST /v1/responses.
constexpr EndpointRow ResponsesRow(std::string_view method, std::string_view path, Action action) {
  return {method, path,
          action, routing::Endpoint::kResponses,
          {},     backends::ClientProtocol::kResponses};
}

// The whole client port. If rows of two paths fit, the first path counts. The rows of one path, one
// for each of its methods, stand together. The rows behind /v1 are the paths of Azure OpenAI's
// clients: a deployment is a model (docs/decisions/0041). HEAD is GET without the body and has no
// rows.
inline constexpr std::array kEndpoints = {
    EndpointRow{"POST", "/v1/chat/completions", Action::kProxy, routing::Endpoint::kChat,
                "/chat/completions"},
    EndpointRow{"POST", "/v1/completions", Action::kProxy, routing::Endpoint::kCompletions,
                "/completions"},
    EndpointRow{"POST", "/v1/embeddings", Action::kProxy, routing::Endpoint::kEmbeddings,
                "/embeddings"},
    EndpointRow{"POST", "/v1/messages", Action::kProxy, routing::Endpoint::kMessages, "/messages",
                backends::ClientProtocol::kAnthropic},
    EndpointRow{"POST", "/v1/messages/count_tokens", Action::kProxy,
                routing::Endpoint::kCountTokens, "/messages/count_tokens",
                backends::ClientProtocol::kAnthropic},
    EndpointRow{"POST", "/v1/responses", Action::kProxy, routing::Endpoint::kResponses,
                "/responses", backends::ClientProtocol::kResponses},
    ResponsesRow("GET", "/v1/responses/{id}/input_items", Action::kInputItems),
    ResponsesRow("POST", "/v1/responses/{id}/cancel", Action::kCancelResponse),
    ResponsesRow("GET", "/v1/responses/{id}", Action::kStoredResponse),
    ResponsesRow("DELETE", "/v1/responses/{id}", Action::kDeleteResponse),
    EndpointRow{"GET", "/v1/budgets", Action::kBudgets},
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
  std::string_view allow;  // the methods that the path takes, as Allow has them; a constant;
                           // empty: no such path
  // The protocol of the row, or else of the API that the path belongs to. See SpokenBy.
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
};
// A slash at the end of `path` is ignored, and "/openai/v1/…" is "/v1/…".
EndpointMatch FindEndpoint(std::string_view method, std::string_view path);

// Returns the protocol of a client that asked for `match`. The lists of models belong to several
// APIs: `anthropic_version` says that the request has the header that Anthropic's clients send with
// everything.
backends::ClientProtocol SpokenBy(const EndpointMatch& match, bool anthropic_version);

// Returns what a client is told about an unknown path: if the path looks like a known mistake, what
// to set, and then the known paths. For the parts of an API that this gateway does not have it says
// what helps.
std::string ExplainUnknownPath(std::string_view method, std::string_view path);

// Returns "POST /v1/chat/completions, …": all endpoints.
std::string_view EndpointList();

}  // namespace headgate::gateway
