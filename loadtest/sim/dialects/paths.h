// The paths that a real server has, and its answer to any other path. The simulator serves only
// these paths, so that a test finds a gateway that asks for a wrong path. *stateless*
#pragma once

#include <boost/beast/http/verb.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "loadtest/sim/replica/options.h"

namespace headgate::loadtest::sim {

enum class Page {
  kChat,
  kCompletions,
  kEmbeddings,
  kMessages,
  kCountTokens,
  kResponses,
  kModels,
  kOneModel,
  kHealth,
  kBanner,  // Ollama's root
  kMetrics,
  kSlots,         // llama.cpp's slots, as JSON
  kLoadedModels,  // Ollama's loaded models, as JSON
};

struct ServedPath {
  Page page;
  boost::beast::http::verb method;
  std::string_view name;  // the deployment or the model in the path
};

// `target` is path and query. Returns nullopt if the server has no such path for any method.
std::optional<ServedPath> FindPath(Personality personality, std::string_view target);

struct NotFoundAnswer {
  std::string content_type;
  std::string body;
};
// The 404 answer of the server. Anthropic's answer repeats the id of the request.
NotFoundAnswer NotFound(Personality personality, std::string_view method, std::string_view path,
                        std::string_view request_id);

}  // namespace headgate::loadtest::sim
