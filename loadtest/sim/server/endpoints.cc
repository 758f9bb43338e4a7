#include "loadtest/sim/server/endpoints.h"

#include <array>
#include <variant>

#include "loadtest/sim/dialects/openai_shapes.h"
#include "loadtest/sim/dialects/paths.h"
#include "loadtest/sim/http/http_response.h"
#include "loadtest/sim/replica/metrics.h"

namespace headgate::loadtest::sim {
namespace {

using Method = boost::beast::http::verb;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPlain = "text/plain; version=0.0.4";
constexpr std::string_view kBytes = "application/octet-stream";

struct Call {
  Context& context;
  Replica& replica;
  Channel& channel;
  HttpRequest& request;

  void Reply(int status, std::string_view content_type, std::string_view body) {
    ResponseHead head;
    head.status = status;
    head.content_type = body.empty() ? "" : content_type;
    head.length = body.size();
    head.keep_alive = request.keep_alive && request.version >= 11;
    std::string out;
    AppendHead(out, head);
    channel.Write(out.append(body));
    channel.Done(head.keep_alive);
  }
  void Refuse(const Refusal& refusal) {
    Reply(refusal.status, kJson, ErrorJson(context.options.personality, refusal));
  }
  void NotFound() {
    const auto method = boost::beast::http::to_string(request.method);
    const NotFoundAnswer answer =
        sim::NotFound(context.options.personality, {method.data(), method.size()}, request.path());
    Reply(404, answer.content_type, answer.body);
  }
};

// The witness pages. Every personality has them.
void BillPage(Call& call) { call.Reply(200, kJson, call.replica.bill.ToJson()); }
void StatsPage(Call& call) { call.Reply(200, kJson, StatsJson(call.replica, Clock::now())); }
void LastHead(Call& call) { call.Reply(200, kBytes, call.replica.last_head); }
void LastBody(Call& call) { call.Reply(200, kBytes, call.replica.last_body); }
void Reset(Call& call) {
  call.replica.Reset();
  call.Reply(200, kJson, "{}");
}

struct WitnessPage {
  Method method;
  std::string_view path;
  void (*handle)(Call&);
};

constexpr std::array<WitnessPage, 5> kWitnessPages{{
    {Method::get, "/bill", BillPage},
    {Method::get, "/sim/stats", StatsPage},
    {Method::get, "/sim/last/head", LastHead},
    {Method::get, "/sim/last/body", LastBody},
    {Method::post, "/sim/reset", Reset},
}};

bool Authorized(const Call& call) {
  const std::string& key = call.context.options.api_key;
  return key.empty() || call.request.authorization == "Bearer " + key ||
         call.request.api_key == key;
}

Refusal UnknownModel(std::string_view model) {
  return {404, "the model `" + std::string(model) + "` does not exist", "model", "model_not_found"};
}

void ListModels(Call& call) {
  std::string body = R"({"object":"list","data":[)";
  const auto& models = call.context.options.models;
  if (models.empty()) body += ModelJson("sim");
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (i > 0) body += ',';
    body += ModelJson(models[i]);
  }
  call.Reply(200, kJson, body + "]}");
}

void OneModel(Call& call, std::string_view id) {
  if (!call.context.options.Serves(id)) return call.Refuse(UnknownModel(id));
  call.Reply(200, kJson, ModelJson(id));
}

// The faults of the header, the model name and the body field, joined into one fault text.
std::string FaultText(const Call& call, const CompletionRequest& request) {
  std::string text = call.request.sim;
  if (!text.empty() && !request.fault.empty()) text += ';';
  return text + request.fault;
}

std::unique_ptr<Completion> Complete(Call& call, Endpoint endpoint, std::string_view deployment) {
  ++call.replica.stats.requests;
  auto parsed = ParseCompletionRequest(endpoint, call.replica.last_body, deployment);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    call.Refuse(*refusal);
    return nullptr;
  }
  auto& request = std::get<CompletionRequest>(parsed);
  if (!call.context.options.Serves(request.model)) {
    call.Refuse(UnknownModel(request.model));
    return nullptr;
  }
  const std::string text = FaultText(call, request);
  FaultResult faults = ParseFault(text);
  if (!faults.error.empty()) {
    call.Refuse({400, faults.error, "x_sim", ""});
    return nullptr;
  }
  const std::optional<std::int64_t> times = faults.fault.times;
  if (times && !call.replica.FaultStrikes(text, *times)) faults.fault = Fault{};
  request.fault = {};
  const AnswerWriter::Framing framing{call.request.version, call.request.keep_alive};
  return std::make_unique<Completion>(call.context, call.replica, call.channel, std::move(request),
                                      std::move(faults.fault), framing, call.replica.last_body);
}

// Pages that need no key.
bool IsOpen(Page page) {
  return page == Page::kHealth || page == Page::kBanner || page == Page::kMetrics;
}

void ReplyOpenPage(Call& call, Page page) {
  if (call.request.method != Method::get) {
    return call.Refuse({405, "this path takes another method", "", "method_not_allowed"});
  }
  if (page == Page::kMetrics) return call.Reply(200, kPlain, EngineMetrics(call.replica));
  if (page == Page::kBanner) return call.Reply(200, "text/plain", "Ollama is running");
  const bool llamacpp = call.context.options.personality == Personality::kLlamaCpp;
  call.Reply(200, kJson, llamacpp ? R"({"status":"ok"})" : "");
}

}  // namespace

std::unique_ptr<Completion> Dispatch(Context& context, Replica& replica, Channel& channel,
                                     HttpRequest request) {
  Call call{context, replica, channel, request};
  for (const WitnessPage& page : kWitnessPages) {
    if (page.path != request.path() || page.method != request.method) continue;
    page.handle(call);
    return nullptr;
  }
  if (request.method == Method::post) {
    replica.last_head = std::move(request.head);
    replica.last_body = std::move(request.body);
  }
  const std::optional<ServedPath> path = FindPath(context.options.personality, request.target);
  if (!path) {
    call.NotFound();
    return nullptr;
  }
  if (IsOpen(path->page)) {
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
  switch (path->page) {
    case Page::kChat:
      return Complete(call, Endpoint::kChat, path->name);
    case Page::kCompletions:
      return Complete(call, Endpoint::kCompletions, path->name);
    case Page::kEmbeddings:
      return Complete(call, Endpoint::kEmbeddings, path->name);
    case Page::kOneModel:
      OneModel(call, path->name);
      return nullptr;
    default:
      ListModels(call);
      return nullptr;
  }
}

}  // namespace headgate::loadtest::sim
