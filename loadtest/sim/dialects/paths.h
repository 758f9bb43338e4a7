// Which paths a real server has, and what it says about the others. Nothing else is served, so that
// a gateway which asks at a wrong place learns it here. *stateless*
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
  kModels,
  kOneModel,
  kHealth,
  kBanner,   // Ollama's root
  kMetrics,  // vLLM's alone: the others' names differ
};

struct ServedPath {
  Page page;
  boost::beast::http::verb method;
  std::string_view name;  // of a deployment or a model, from the path
};

// `target` is path and query. nullopt: the server has nothing there, whatever the method.
std::optional<ServedPath> FindPath(Personality personality, std::string_view target);

struct NotFoundAnswer {
  std::string content_type;
  std::string body;
};
// The server's own 404.
NotFoundAnswer NotFound(Personality personality, std::string_view method, std::string_view path);

}  // namespace headgate::loadtest::sim
