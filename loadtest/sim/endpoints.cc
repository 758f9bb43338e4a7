#include "loadtest/sim/endpoints.h"

#include <array>
#include <variant>

#include "loadtest/sim/http_response.h"
#include "loadtest/sim/openai_shapes.h"

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
    Refuse({404, "there is nothing at " + std::string(request.path()), "", "unknown_url"});
  }
};

// Handlers of what is known at once.
void Health(Call& call) { call.Reply(200, "", ""); }
void Metrics(Call& call) { call.Reply(200, kPlain, EngineMetrics(call.replica)); }
void BillPage(Call& call) { call.Reply(200, kJson, call.replica.bill.ToJson()); }
void StatsPage(Call& call) { call.Reply(200, kJson, StatsJson(call.replica, Clock::now())); }
void LastHead(Call& call) { call.Reply(200, kBytes, call.replica.last_head); }
void LastBody(Call& call) { call.Reply(200, kBytes, call.replica.last_body); }
void Reset(Call& call) {
  call.replica.Reset();
  call.Reply(200, kJson, "{}");
}

struct Page {
  Method method;
  std::string_view path;
  bool vllm_only;
  void (*handle)(Call&);
};

constexpr std::array<Page, 7> kPages{{
    {Method::get, "/health", true, Health},
    {Method::get, "/metrics", true, Metrics},
    {Method::get, "/bill", false, BillPage},
    {Method::get, "/sim/stats", false, StatsPage},
    {Method::get, "/sim/last/head", false, LastHead},
    {Method::get, "/sim/last/body", false, LastBody},
    {Method::post, "/sim/reset", false, Reset},
}};

// Completions, by how their path ends: the longer ending comes first.
struct ModelPath {
  std::string_view ending;
  Endpoint endpoint;
};
constexpr std::array<ModelPath, 3> kModelPaths{{{"/chat/completions", Endpoint::kChat},
                                                {"/completions", Endpoint::kCompletions},
                                                {"/embeddings", Endpoint::kEmbeddings}}};

const ModelPath* FindModelPath(std::string_view path) {
  for (const ModelPath& known : kModelPaths) {
    if (path.ends_with(known.ending)) return &known;
  }
  return nullptr;
}

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

// GET /v1/models and /v1/models/{id}, where the id may hold slashes.
void Models(Call& call) {
  constexpr std::string_view kModels = "/models";
  const std::string_view path = call.request.path();
  if (path.ends_with(kModels)) return ListModels(call);
  const std::string_view id = path.substr(path.find("/models/") + kModels.size() + 1);
  if (!call.context.options.Serves(id)) return call.Refuse(UnknownModel(id));
  call.Reply(200, kJson, ModelJson(id));
}

// The name in `/deployments/NAME/`, or nothing.
std::string_view Deployment(std::string_view path) {
  constexpr std::string_view kMark = "/deployments/";
  const std::size_t at = path.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = path.substr(at + kMark.size());
  return rest.substr(0, rest.find('/'));
}

// What of header, model name and body field is given, as one fault text.
std::string FaultText(const Call& call, const CompletionRequest& request) {
  std::string text = call.request.sim;
  if (!text.empty() && !request.fault.empty()) text += ';';
  return text + request.fault;
}

std::unique_ptr<Completion> Complete(Call& call, Endpoint endpoint) {
  ++call.replica.stats.requests;
  auto parsed =
      ParseCompletionRequest(endpoint, call.replica.last_body, Deployment(call.request.path()));
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

}  // namespace

std::unique_ptr<Completion> Dispatch(Context& context, Replica& replica, Channel& channel,
                                     HttpRequest request) {
  Call call{context, replica, channel, request};
  const std::string_view path = request.path();
  for (const Page& page : kPages) {
    if (page.path != path || page.method != request.method) continue;
    if (page.vllm_only && context.options.personality != Personality::kVllm) break;
    page.handle(call);
    return nullptr;
  }
  const ModelPath* model_path = FindModelPath(path);
  const bool models = path.ends_with("/models") || path.find("/models/") != std::string_view::npos;
  if (request.method == Method::post) {
    replica.last_head = std::move(request.head);
    replica.last_body = std::move(request.body);
  }
  if (model_path == nullptr && !models) {
    call.NotFound();
  } else if (!Authorized(call)) {
    call.Refuse({401, "the API key is missing or wrong", "", "invalid_api_key"});
  } else if (request.method != (model_path != nullptr ? Method::post : Method::get)) {
    call.Refuse({405, "this path takes another method", "", "method_not_allowed"});
  } else if (model_path == nullptr) {
    Models(call);
  } else {
    return Complete(call, model_path->endpoint);
  }
  return nullptr;
}

}  // namespace headgate::loadtest::sim
