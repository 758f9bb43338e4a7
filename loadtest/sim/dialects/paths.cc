#include "loadtest/sim/dialects/paths.h"

#include <array>

#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

using Method = boost::beast::http::verb;

// Sets of personalities.
constexpr unsigned Bit(Personality personality) { return 1U << static_cast<unsigned>(personality); }
constexpr unsigned kVllm = Bit(Personality::kVllm);
constexpr unsigned kSglang = Bit(Personality::kSglang);
constexpr unsigned kLlamaCpp = Bit(Personality::kLlamaCpp);
constexpr unsigned kTgi = Bit(Personality::kTgi);
constexpr unsigned kOllama = Bit(Personality::kOllama);
constexpr unsigned kOpenAi = Bit(Personality::kOpenAi);
constexpr unsigned kAzure = Bit(Personality::kAzure);
constexpr unsigned kAnthropic = Bit(Personality::kAnthropic);
constexpr unsigned kOpenAiPaths = kVllm | kSglang | kLlamaCpp | kTgi | kOllama | kOpenAi;

struct Row {
  Method method;
  std::string_view path;  // `{}` stands for any text that is not empty
  Page page;
  unsigned who;
};

// From the servers' routers as of 2026: vLLM vllm/entrypoints/openai/api_server.py and
// serve/instrumentator, SGLang python/sglang/srt/entrypoints/http_server.py, llama.cpp
// tools/server/README.md, TGI router/src/server.rs, Ollama server/routes.go, and the API references
// of OpenAI, Azure OpenAI and Anthropic. Paths of a protocol that only this server has are left
// out.
constexpr std::array kRows = {
    Row{Method::post, "/v1/chat/completions", Page::kChat, kOpenAiPaths},
    Row{Method::post, "/v1/completions", Page::kCompletions, kOpenAiPaths},
    Row{Method::post, "/v1/embeddings", Page::kEmbeddings, kOpenAiPaths & ~kTgi},
    Row{Method::post, "/v1/messages", Page::kMessages,
        kVllm | kSglang | kLlamaCpp | kOllama | kAnthropic},
    Row{Method::post, "/v1/messages/count_tokens", Page::kCountTokens,
        kVllm | kLlamaCpp | kAnthropic},
    Row{Method::post, "/v1/responses", Page::kResponses, kOpenAiPaths & ~kTgi},
    Row{Method::get, "/v1/models", Page::kModels, kOpenAiPaths | kAnthropic},
    Row{Method::get, "/v1/models/{}", Page::kOneModel, kOllama | kOpenAi | kAnthropic},
    Row{Method::post, "/chat/completions", Page::kChat, kLlamaCpp},
    Row{Method::get, "/models", Page::kModels, kLlamaCpp},
    Row{Method::get, "/health", Page::kHealth, kVllm | kSglang | kLlamaCpp | kTgi},
    Row{Method::get, "/v1/health", Page::kHealth, kLlamaCpp},
    Row{Method::get, "/", Page::kHealth, kTgi},
    Row{Method::get, "/", Page::kBanner, kOllama},
    Row{Method::get, "/metrics", Page::kMetrics, kVllm | kSglang | kLlamaCpp | kTgi},
    Row{Method::get, "/slots", Page::kSlots, kLlamaCpp},
    Row{Method::get, "/api/ps", Page::kLoadedModels, kOllama},
    Row{Method::post, "/openai/deployments/{}/chat/completions", Page::kChat, kAzure},
    Row{Method::post, "/openai/deployments/{}/completions", Page::kCompletions, kAzure},
    Row{Method::post, "/openai/deployments/{}/embeddings", Page::kEmbeddings, kAzure},
    Row{Method::get, "/openai/models", Page::kModels, kAzure},
    Row{Method::post, "/openai/v1/chat/completions", Page::kChat, kAzure},
    Row{Method::post, "/openai/v1/completions", Page::kCompletions, kAzure},
    Row{Method::post, "/openai/v1/embeddings", Page::kEmbeddings, kAzure},
    Row{Method::post, "/openai/v1/responses", Page::kResponses, kAzure},
    Row{Method::get, "/openai/v1/models", Page::kModels, kAzure},
};

bool Matches(std::string_view pattern, std::string_view path, std::string_view& name) {
  const std::size_t hole = pattern.find("{}");
  if (hole == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, hole);
  const std::string_view behind = pattern.substr(hole + 2);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) ||
      !path.ends_with(behind)) {
    return false;
  }
  name = path.substr(before.size(), path.size() - before.size() - behind.size());
  return !name.starts_with('/');
}

// Azure's older paths carry their version in the query, and do not exist without it.
bool NeedsVersion(std::string_view path) {
  return path.starts_with("/openai/") && !path.starts_with("/openai/v1/");
}

}  // namespace

std::optional<ServedPath> FindPath(Personality personality, std::string_view target) {
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (NeedsVersion(path) && (question == std::string_view::npos ||
                             target.find("api-version=", question) == std::string_view::npos)) {
    return std::nullopt;
  }
  for (const Row& row : kRows) {
    std::string_view name;
    if ((row.who & Bit(personality)) == 0 || !Matches(row.path, path, name)) continue;
    return ServedPath{row.page, row.method, name};
  }
  return std::nullopt;
}

NotFoundAnswer NotFound(Personality personality, std::string_view method, std::string_view path,
                        std::string_view request_id) {
  constexpr const char* kJson = "application/json";
  switch (personality) {
    case Personality::kVllm:
    case Personality::kSglang:  // FastAPI
      return {kJson, R"({"detail":"Not Found"})"};
    case Personality::kLlamaCpp:
      return {kJson,
              R"({"error":{"code":404,"message":"File Not Found","type":"not_found_error"}})"};
    case Personality::kTgi:  // axum sends an empty body
      return {};
    case Personality::kOllama:  // gin
      return {"text/plain", "404 page not found"};
    case Personality::kAzure:
      return {kJson, R"({"error":{"code":"404","message":"Resource not found"}})"};
    case Personality::kAnthropic:
      return {kJson,
              ErrorJson(personality, Endpoint::kMessages, {404, "Not Found", "", ""}, request_id)};
    case Personality::kOpenAi:
      break;
  }
  Refusal refusal{404, "Invalid URL (", "", ""};
  refusal.message.append(method).append(" ").append(path).append(")");
  return {kJson, ErrorJson(personality, Endpoint::kChat, refusal, request_id)};
}

}  // namespace headgate::loadtest::sim
