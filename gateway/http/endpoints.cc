#include "gateway/http/endpoints.h"

#include <algorithm>
#include <optional>

#include "gateway/http/request_target.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostShown = 256;  // bytes of a client's path that go into an answer
constexpr std::string_view kMessagesPath = "/messages";  // of Anthropic's API, behind its prefixes

// Returns the path in the form of the table.
std::string_view TablePath(std::string_view path) {
  constexpr std::string_view kAzure = "/openai";
  if (path.starts_with("/openai/v1/")) path.remove_prefix(kAzure.size());
  if (path.size() > 1 && path.ends_with('/') && !path.ends_with("//")) path.remove_suffix(1);
  return path;
}

// Parts of the Responses API beside its responses.
bool IsPartOfResponses(std::string_view name) {
  return name == "compact" || name == "input_tokens";
}

// Returns what `{…}` of the row stands for in `path`; empty for a row without `{…}`. Returns
// nullopt if path and row do not fit.
std::optional<std::string_view> Match(const EndpointRow& row, std::string_view path) {
  const std::size_t open = row.path.find('{');
  if (open == std::string_view::npos) {
    if (row.path == path) return std::string_view();
    return std::nullopt;
  }
  const std::string_view before = row.path.substr(0, open);
  const std::string_view behind = row.path.substr(row.path.find('}') + 1);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) ||
      !path.ends_with(behind)) {
    return std::nullopt;
  }
  const std::string_view argument =
      path.substr(before.size(), path.size() - before.size() - behind.size());
  if (argument.starts_with('/') || argument.ends_with('/')) return std::nullopt;
  if (row.path == "/v1/responses/{id}" && IsPartOfResponses(argument)) return std::nullopt;
  return argument;
}

// The methods of a path as bits, and as Allow names them.
constexpr unsigned kGet = 1;
constexpr unsigned kPost = 2;
constexpr unsigned kDelete = 4;
constexpr std::array<std::string_view, 8> kAllow = {
    "",       "GET, HEAD",         "POST",         "GET, HEAD, POST",
    "DELETE", "GET, HEAD, DELETE", "POST, DELETE", "GET, HEAD, POST, DELETE"};

unsigned BitOfMethod(std::string_view method) {
  if (method == "GET") return kGet;
  return method == "POST" ? kPost : kDelete;
}

// A path without the parts that clients put in front by mistake, and how often each part occurred.
struct BarePath {
  std::string_view rest;  // begins with '/', or is empty
  int v1 = 0;
  int others = 0;  // api, openai, anthropic, and empty parts
};

BarePath StripPrefixes(std::string_view path) {
  BarePath bare{path};
  while (bare.rest.starts_with('/')) {
    const std::size_t end = std::min(bare.rest.find('/', 1), bare.rest.size());
    const std::string_view part = bare.rest.substr(1, end - 1);
    if (EqualsIgnoreCase(part, "v1")) {
      ++bare.v1;
    } else if (part.empty() || EqualsIgnoreCase(part, "api") || EqualsIgnoreCase(part, "openai") ||
               EqualsIgnoreCase(part, "anthropic")) {
      ++bare.others;
    } else {
      break;
    }
    bare.rest.remove_prefix(end);
  }
  return bare;
}

// Returns whether `path` is `known` or lies below it.
bool IsAtOrBelow(std::string_view path, std::string_view known) {
  return EqualsIgnoreCase(path.substr(0, known.size()), known) &&
         (path.size() == known.size() || path[known.size()] == '/');
}

bool IsBelow(std::string_view path, std::string_view known) {
  return IsAtOrBelow(path, known) && path.size() > known.size() + 1;
}

constexpr std::string_view kResponsesHint =
    " Other parts of the Responses API are not served here: send the whole input to POST "
    "/v1/responses, or previous_response_id if this gateway stores responses.";

constexpr std::string_view kConversationsHint =
    " Conversations are not made here. If this gateway stores responses, choose an id yourself and "
    "send it as `conversation` to POST /v1/responses, or continue a response by "
    "previous_response_id. If not, send the whole input each time.";

constexpr std::string_view kCompletionsHint =
    " Stored completions are not served here: keep what POST /v1/chat/completions answers.";

constexpr std::string_view kMessagesHint =
    " Of Anthropic's Messages API only POST /v1/messages and POST /v1/messages/count_tokens are "
    "served here; send the requests of a batch one by one.";

constexpr std::string_view kMessagesBaseHint =
    " The base URL of Claude Code (ANTHROPIC_BASE_URL) and of the anthropic SDKs is this gateway's "
    "address without /v1: they append /v1/messages.";

constexpr std::string_view kMessagesRootHint =
    " The base URL must end in /v1 if the client appends /messages alone (@ai-sdk/anthropic). "
    "Claude "
    "Code (ANTHROPIC_BASE_URL) and the anthropic SDKs append /v1/messages: theirs is this "
    "gateway's "
    "address without /v1.";

constexpr std::string_view kAzureHint =
    " The endpoint of a client of Azure OpenAI (AZURE_OPENAI_ENDPOINT) is this gateway's address "
    "without a path: the client appends /openai/deployments/{model}.";

constexpr std::string_view kOllamaHint =
    " This looks like Ollama's own API; use a client of OpenAI's API, with a base URL that ends in "
    "/v1.";

constexpr std::string_view kPlainBaseHint =
    " The base URL must be this gateway's address and /v1, in lower case, with nothing in between.";

constexpr std::array<std::string_view, 5> kEndpointPaths = {"/chat/completions", "/completions",
                                                            "/embeddings", "/responses", "/models"};
constexpr std::array<std::string_view, 7> kOllamaPaths = {
    "/api/chat", "/api/generate", "/api/embed",  "/api/embeddings",
    "/api/tags", "/api/show",     "/api/version"};

// Returns whether `path` begins with that of an endpoint, as behind a base URL.
bool IsPathOfEndpoint(std::string_view path) {
  const std::string_view rest = StripPrefixes(path).rest;
  return std::any_of(kEndpointPaths.begin(), kEndpointPaths.end(),
                     [rest](std::string_view known) { return IsAtOrBelow(rest, known); });
}

// Returns advice on the mistake that the path looks like; empty if no mistake is known.
std::string_view HintFor(std::string_view path) {
  const auto is_path = [path](std::string_view known) { return EqualsIgnoreCase(path, known); };
  if (std::any_of(kOllamaPaths.begin(), kOllamaPaths.end(), is_path)) return kOllamaHint;
  const BarePath bare = StripPrefixes(path);
  if (IsAtOrBelow(bare.rest, kMessagesPath)) {
    if (bare.v1 == 0) return kMessagesRootHint;
    // The base URL was the endpoint's own.
    if (IsAtOrBelow(bare.rest.substr(kMessagesPath.size()), "/v1")) return kMessagesBaseHint;
    return bare.v1 == 1 && bare.others == 0 ? kMessagesHint : kMessagesBaseHint;
  }
  if (IsBelow(bare.rest, "/deployments") && !path.starts_with("/openai/deployments/")) {
    return kAzureHint;
  }
  if (bare.v1 == 1 && IsBelow(bare.rest, "/responses")) return kResponsesHint;
  if (bare.v1 == 1 && IsAtOrBelow(bare.rest, "/conversations")) return kConversationsHint;
  for (const std::string_view known : kEndpointPaths) {
    if (path.ends_with(known) && !IsAtOrBelow(bare.rest, known)) return kPlainBaseHint;
    if (!IsAtOrBelow(bare.rest, known)) continue;
    if (bare.v1 > 1) return " The base URL has /v1 twice: it must end in a single /v1.";
    if (bare.v1 == 0) return " The base URL must end in /v1.";
    if (bare.rest.size() > known.size() + 1) {
      const bool stored = known == kEndpointPaths[0] && bare.others == 0 &&
                          !IsPathOfEndpoint(bare.rest.substr(known.size()));
      if (stored) return kCompletionsHint;
      return " The base URL must end in /v1, without the path of an endpoint.";
    }
    return kPlainBaseHint;
  }
  return {};
}

// Returns the API that a path without a row belongs to: its clients read errors of its shape.
backends::ClientProtocol ProtocolOfApi(std::string_view path) {
  const std::string_view rest = StripPrefixes(path).rest;
  if (IsAtOrBelow(rest, kMessagesPath)) return backends::ClientProtocol::kAnthropic;
  const bool responses = IsAtOrBelow(rest, "/responses") || IsAtOrBelow(rest, "/conversations");
  return responses ? backends::ClientProtocol::kResponses : backends::ClientProtocol::kOpenAi;
}

}  // namespace

EndpointMatch FindEndpoint(std::string_view method, std::string_view path) {
  path = TablePath(path);
  if (method == "HEAD") method = "GET";
  EndpointMatch match;
  std::string_view fits;  // the path of the rows that count
  unsigned methods = 0;
  for (const EndpointRow& row : kEndpoints) {
    if (!fits.empty() && row.path != fits) break;
    const std::optional<std::string_view> argument = Match(row, path);
    if (!argument) continue;
    fits = row.path;
    methods |= BitOfMethod(row.method);
    match.protocol = row.protocol;
    if (row.method != method) continue;
    match.row = &row;
    match.argument = *argument;
  }
  match.allow = kAllow[methods];
  if (match.allow.empty()) match.protocol = ProtocolOfApi(path);
  return match;
}

backends::ClientProtocol SpokenBy(const EndpointMatch& match, bool anthropic_version) {
  const bool lists_models = match.row != nullptr && (match.row->action == Action::kListModels ||
                                                     match.row->action == Action::kOneModel);
  return lists_models && anthropic_version ? backends::ClientProtocol::kAnthropic : match.protocol;
}

std::string_view EndpointList() {
  static const std::string list = [] {
    std::string text;
    for (const EndpointRow& row : kEndpoints) {
      if (!row.path.starts_with("/v1/") || row.action == Action::kCancelResponse) continue;
      if (!text.empty()) text += ", ";
      text.append(row.method).append(" ").append(row.path);
    }
    return text;
  }();
  return list;
}

std::string ExplainUnknownPath(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";  // whose length it has to announce
  std::string text = "There is no ";
  text.append(method).append(" ").append(path.substr(0, kMostShown)).append(" here.");
  text.append(HintFor(path)).append(" Served are ").append(EndpointList()).append(".");
  return text;
}

}  // namespace headgate::gateway
