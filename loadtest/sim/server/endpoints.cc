#include "loadtest/sim/server/endpoints.h"

#include <array>
#include <chrono>
#include <variant>

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/dialects/errors.h"
#include "loadtest/sim/dialects/messages_shapes.h"
#include "loadtest/sim/dialects/models.h"
#include "loadtest/sim/dialects/paths.h"
#include "loadtest/sim/replica/load_pages.h"
#include "loadtest/sim/replica/metrics.h"
#include "loadtest/sim/server/call.h"
#include "loadtest/sim/server/terms.h"
#include "loadtest/sim/server/witness.h"

namespace headgate::loadtest::sim {
namespace {

using Method = boost::beast::http::verb;

constexpr std::string_view kPlain = "text/plain; version=0.0.4";

// Anthropic ignores the Bearer token of a request that has x-api-key.
bool Authorized(const Call& call) {
  const std::string& key = call.context.options.api_key;
  if (key.empty()) return true;
  const bool bearer = call.request.authorization == "Bearer " + key;
  if (call.context.options.personality == Personality::kAnthropic) {
    return call.request.x_api_key.empty() ? bearer : call.request.x_api_key == key;
  }
  return bearer || call.request.api_key == key;
}

// Returns the refusal of a request to Anthropic that lacks a known anthropic-version.
std::optional<Refusal> WrongVersion(const Call& call) {
  constexpr std::array<std::string_view, 3> kVersions{"2023-01-01", "2023-06-01", "2026-10-21"};
  if (call.context.options.personality != Personality::kAnthropic) return std::nullopt;
  const std::string& version = call.request.anthropic_version;
  if (version.empty()) return Refusal{400, "anthropic-version: header is required", "", ""};
  for (const std::string_view known : kVersions) {
    if (version == known) return std::nullopt;
  }
  return Refusal{400, "anthropic-version: \"" + version + "\" is not a valid version", "", ""};
}

Refusal UnknownModel(const Call& call, std::string_view model) {
  if (call.context.options.personality == Personality::kAnthropic) {
    return {404, "model: " + std::string(model), "", ""};
  }
  return {404, "the model `" + std::string(model) + "` does not exist", "model", "model_not_found"};
}

void ListModels(Call& call) {
  const Options& options = call.context.options;
  call.Reply(200, kJsonType, ModelsJson(options.personality, options.models, call.request.target));
}

void OneModel(Call& call, std::string_view id) {
  if (!call.context.options.Serves(id)) return call.Refuse(UnknownModel(call, id));
  call.Reply(200, kJsonType, ModelJson(call.context.options.personality, id));
}

// The faults of the header, the script, the model name and the body field, joined into one fault
// text.
std::string FaultText(const Call& call, const CompletionRequest& request, const ScriptStep* step) {
  std::string text = call.request.sim;
  for (const std::string_view more :
       {step == nullptr ? std::string_view() : std::string_view(step->fault),
        std::string_view(request.fault)}) {
    if (!text.empty() && !more.empty()) text += ';';
    text += more;
  }
  return text;
}

// Returns the refusal of thinking with an unknown signature, if signatures are checked. The texts
// are Anthropic's and OpenAI's.
std::optional<Refusal> ForeignThinking(const Call& call, const CompletionRequest& request) {
  if (!call.context.options.check_signatures) return std::nullopt;
  for (const std::string& signature : request.signatures) {
    if (IsOwnSignature(signature) || call.context.script.Signs(signature)) continue;
    if (request.endpoint == Endpoint::kResponses) {
      return Refusal{400, "The encrypted content could not be verified.", "input",
                     "invalid_encrypted_content"};
    }
    return Refusal{400, "Invalid `signature` in `thinking` block", "messages", ""};
  }
  return std::nullopt;
}

std::unique_ptr<Completion> Complete(Call& call, std::string_view deployment) {
  const RequestPlace place{call.endpoint,
                           deployment,
                           !call.context.options.SelfHosted(),
                           call.request.anthropic_version,
                           call.request.anthropic_beta,
                           PrefillOf(call.context.options),
                           PriorityUseOf(call.context.options),
                           call.replica.cache.enabled()};
  auto parsed = ParseCompletionRequest(place, call.replica.last_body);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    call.Refuse(*refusal);
    return nullptr;
  }
  Task task{std::move(std::get<CompletionRequest>(parsed)), {}, {}, nullptr};
  if (!call.context.options.Serves(task.request.model)) {
    call.Refuse(UnknownModel(call, task.request.model));
    return nullptr;
  }
  if (const std::optional<Refusal> refusal = ForeignThinking(call, task.request)) {
    call.Refuse(*refusal);
    return nullptr;
  }
  const bool counts = call.endpoint == Endpoint::kCountTokens;
  if (!counts) task.step = call.context.script.Find(task.request, call.replica.last_body);
  const std::string text = FaultText(call, task.request, task.step);
  FaultResult faults = FaultsOf(call.context.options, call.replica, text);
  if (!faults.error.empty()) {
    call.Refuse({400, faults.error, "x_sim", ""});
    return nullptr;
  }
  if (counts && !faults.fault.status) {
    call.Reply(200, kJsonType, CountTokensJson(task.request));
    return nullptr;
  }
  const std::int64_t tokens =
      task.request.prompt_tokens + task.request.max_tokens.value_or(0) * task.request.choices;
  std::string lines = KeepLimits(call.replica, tokens, faults.fault);
  task.request.fault = {};
  task.fault = std::move(faults.fault);
  task.framing = {call.request.version, call.request.keep_alive, std::move(lines)};
  return std::make_unique<Completion>(call.context, call.replica, call.channel, std::move(task),
                                      call.replica.last_body);
}

// Returns the endpoint of a page that answers a POST, or nullopt for any other page.
std::optional<Endpoint> EndpointOf(Page page) {
  switch (page) {
    case Page::kChat:
      return Endpoint::kChat;
    case Page::kCompletions:
      return Endpoint::kCompletions;
    case Page::kEmbeddings:
      return Endpoint::kEmbeddings;
    case Page::kMessages:
      return Endpoint::kMessages;
    case Page::kCountTokens:
      return Endpoint::kCountTokens;
    case Page::kResponses:
      return Endpoint::kResponses;
    default:
      return std::nullopt;
  }
}

// Pages that need no key. llama.cpp protects its pages about load, and Ollama has no keys.
bool IsOpen(const Call& call, Page page) {
  const bool load = page == Page::kMetrics || page == Page::kLoadedModels;
  const bool guarded = call.context.options.personality == Personality::kLlamaCpp;
  return page == Page::kHealth || page == Page::kBanner || (load && !guarded);
}

void Count(Call& call, const ServedPath& path) {
  Replica& replica = call.replica;
  if (path.page == Page::kHealth) ++replica.stats.health_checks;
  if (!EndpointOf(path.page) || call.request.method != path.method) return;
  ++replica.stats.requests;
  replica.NoteArrival(Clock::now());
}

// Answers with the outage's 503.
void ReplyUnavailable(Call& call, Page page) {
  const bool llamacpp = call.context.options.personality == Personality::kLlamaCpp;
  if (page == Page::kHealth && !llamacpp) return call.Reply(503, kJsonType, "");
  call.Refuse({503, "the server is overloaded or not ready yet", "", ""});
}

// Returns whether an outage takes the request: it is refused, or gets no answer.
bool TakenByOutage(Call& call, Page page) {
  const std::optional<OutageKind> outage = call.replica.outages.At(Clock::now());
  if (!outage) return false;
  if (outage == OutageKind::kUnavailable) ReplyUnavailable(call, page);
  return true;
}

bool IsLoadPage(Page page) {
  return page == Page::kMetrics || page == Page::kSlots || page == Page::kLoadedModels;
}

void ReplyLoad(Call& call, Page page) {
  if (page == Page::kMetrics) return call.Reply(200, kPlain, EngineMetrics(call.replica));
  if (page == Page::kSlots) return call.Reply(200, kJsonType, SlotsPage(call.replica));
  call.Reply(200, kJsonType,
             LoadedModelsPage(call.replica, Clock::now(), std::chrono::system_clock::now()));
}

void ReplyOpenPage(Call& call, Page page) {
  if (call.request.method != Method::get) {
    return call.Refuse({405, "this path takes another method", "", "method_not_allowed"});
  }
  if (IsLoadPage(page)) return ReplyLoad(call, page);
  if (page == Page::kBanner) return call.Reply(200, "text/plain", "Ollama is running");
  const bool llamacpp = call.context.options.personality == Personality::kLlamaCpp;
  call.Reply(200, kJsonType, llamacpp ? R"({"status":"ok"})" : "");
}

}  // namespace

std::unique_ptr<Completion> Dispatch(Context& context, Replica& replica, Channel& channel,
                                     HttpRequest request) {
  Call call{context, replica, channel, request};
  if (context.options.personality == Personality::kAnthropic) {
    call.request_id = "req_" + Hex(replica.random());
  }
  if (AnswerWitness(call)) return nullptr;
  if (request.method == Method::post) {
    replica.last_head = std::move(request.head);
    replica.last_body = std::move(request.body);
  }
  const std::optional<ServedPath> path = FindPath(context.options.personality, request.target);
  if (!path) {
    call.NotFound();
    return nullptr;
  }
  const std::optional<Endpoint> endpoint = EndpointOf(path->page);
  if (endpoint) call.endpoint = *endpoint;
  Count(call, *path);
  if (TakenByOutage(call, path->page)) return nullptr;
  if (IsOpen(call, path->page)) {
    ReplyOpenPage(call, path->page);
    return nullptr;
  }
  if (!Authorized(call)) {
    call.Refuse({401, "the API key is missing or wrong", "", "invalid_api_key"});
    return nullptr;
  }
  if (request.method != path->method) {
    call.Refuse({405, "this path takes another method", "", "method_not_allowed"});
    return nullptr;
  }
  if (const std::optional<Refusal> refusal = WrongVersion(call)) {
    call.Refuse(*refusal);
    return nullptr;
  }
  if (endpoint) return Complete(call, path->name);
  if (IsLoadPage(path->page)) {
    ReplyLoad(call, path->page);
  } else if (path->page == Page::kOneModel) {
    OneModel(call, path->name);
  } else {
    ListModels(call);
  }
  return nullptr;
}

}  // namespace headgate::loadtest::sim
