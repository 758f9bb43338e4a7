#include "tests/routing/fixture.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"

namespace headgate::routing {

config::Prices Dollars(int input, int output) {
  config::Prices prices;
  prices.standard.input = input * kNanoPerUsd;
  prices.standard.output = output * kNanoPerUsd;
  return prices;
}

config::Model ModelRow(std::string name, std::int64_t context, std::vector<std::string> supports) {
  config::Model model;
  model.name = std::move(name);
  model.context = context;
  model.supports = std::move(supports);
  return model;
}

config::Backend PaidBackend(std::string name, std::vector<config::ServedModel> models) {
  config::Backend backend;
  backend.name = std::move(name);
  backend.models = std::move(models);
  return backend;
}

config::Backend OwnBackend(std::string name, int slots, std::vector<config::ServedModel> models) {
  config::Backend backend = PaidBackend(std::move(name), std::move(models));
  backend.hosting = config::Hosting::kSelfHosted;
  backend.slots = slots;
  return backend;
}

config::ServedModel Served(std::string model, std::optional<config::Prices> price) {
  config::ServedModel served;
  served.upstream_name = "upstream/" + model;
  served.model = std::move(model);
  served.price = std::move(price);
  return served;
}

config::TargetReference To(std::string model, std::string backend, int weight) {
  config::TargetReference reference;
  reference.model = std::move(model);
  reference.backend = std::move(backend);
  reference.weight = weight;
  return reference;
}

config::Route RouteTo(std::string name, std::vector<config::TargetReference> targets,
                      config::Prefer prefer) {
  config::Route route;
  route.name = std::move(name);
  route.targets = std::move(targets);
  route.prefer = prefer;
  return route;
}

config::Config FiveTargets() {
  config::Config config;
  config.models = {ModelRow("small", 32'768), ModelRow("large", 131'072, {"tools", "reasoning"}),
                   ModelRow("embed", 8'192, {"embeddings"}), ModelRow("unserved", 8'192)};
  config.models[1].aliases = {"big"};
  config.backends = {
      OwnBackend("gpu", 4, {Served("small")}),
      PaidBackend("cheap", {Served("small", Dollars(1, 2)), Served("large", Dollars(2, 8)),
                            Served("embed", Dollars(1, 0))}),
      PaidBackend("dear", {Served("large", Dollars(4, 16))})};
  return config;
}

config::Config WithRoute(config::Route route) {
  config::Config config = FiveTargets();
  config.routes = {std::move(route)};
  return config;
}

config::Key KeyNamed(std::string name, std::string team) {
  config::Key key;
  key.name = std::move(name);
  key.team = std::move(team);
  return key;
}

std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config) {
  absl::StatusOr<std::shared_ptr<const CompiledPolicy>> policy = CompiledPolicy::Compile(config);
  HEADGATE_CHECK(policy.ok());
  return *std::move(policy);
}

DecisionInput Asking(const CompiledPolicy& policy, std::string_view model) {
  DecisionInput input;
  input.model = policy.Resolve(model);
  input.text_bytes = 400;
  input.facts.Reset(policy.patterns().size());
  for (const Target& target : policy.targets()) {
    Candidate candidate;
    candidate.slots = target.hosting == config::Hosting::kSelfHosted ? 4 : 0;
    input.candidates.push_back(candidate);
  }
  return input;
}

DecisionInput AskingAs(const CompiledPolicy& policy, std::size_t key, std::string_view model) {
  DecisionInput input = Asking(policy, model);
  input.key = key;
  input.facts.Add(policy.keys()[key].facts);
  return input;
}

Decision Decided(const CompiledPolicy& policy, const DecisionInput& input) {
  Decision decision;
  Decide(policy, input, decision);
  return decision;
}

std::vector<std::string> PlanOf(const CompiledPolicy& policy, const Decision& decision) {
  std::vector<std::string> names;
  for (const PlannedTarget& planned : decision.plan) {
    names.push_back(policy.targets()[planned.target].name);
  }
  return names;
}

Drop DropOf(const CompiledPolicy& policy, const Decision& decision, std::string_view target) {
  for (const DroppedTarget& dropped : decision.dropped) {
    if (policy.targets()[dropped.target].name == target) return dropped.reason;
  }
  return Drop::kNone;
}

Signals Chat(std::initializer_list<TextPiece> texts) {
  Signals signals;
  signals.texts.assign(texts);
  for (const TextPiece& piece : texts) signals.text_bytes += piece.text.size();
  signals.has_assistant_turn = std::any_of(texts.begin(), texts.end(), [](const TextPiece& piece) {
    return piece.role == Role::kAssistant;
  });
  return signals;
}

config::Config ManyRoutes(int routes, int targets, config::Prefer prefer) {
  config::Config config;
  std::vector<config::TargetReference> all;
  for (int i = 0; i < targets; ++i) {
    const std::string model = "model-" + std::to_string(i);
    const std::string backend = "backend-" + std::to_string(i);
    config.models.push_back(ModelRow(model, 131'072));
    config.backends.push_back(PaidBackend(backend, {Served(model, Dollars(targets - i, 10))}));
    all.push_back(To(model, backend, i + 1));
  }
  for (int i = 0; i < routes; ++i) {
    config::Route route = RouteTo("route-" + std::to_string(i), all, prefer);
    // All conditions hold except the header, which is evaluated last, so that each one is
    // evaluated.
    route.when.classes = {"general", "code"};
    route.when.input_tokens = {{config::Comparator::kGreaterEqual, 1}};
    if (i + 1 < routes) route.when.headers = {{"x-tenant", {"tenant-" + std::to_string(i)}}};
    config.routes.push_back(std::move(route));
  }
  return config;
}

namespace {

config::When EitherOfTwo(const std::string& number) {
  config::When when;
  when.any = {config::When{}, config::When{}};
  when.any[0].topics = {"code"};
  when.any[0].headers = {{"x-stage", {"canary"}}};
  when.any[1].all = {config::When{}, config::When{}};
  when.any[1].all[0].stream = false;
  when.any[1].all[1].keys = {"clinic-" + number};
  return when;
}

config::When NeitherOfTwo(const std::string& number) {
  config::When when;
  when.none = {config::When{}};
  when.none[0].any = {config::When{}, config::When{}};
  when.none[0].any[0].headers = {{"x-tenant", {"acme-" + number}}};
  when.none[0].any[1].teams = {"search"};
  return when;
}

// A condition of one of ten kinds, by `i`.
config::When ConditionOfKind(int i) {
  const std::string number = std::to_string(i);
  config::When when;
  switch (i % 10) {
    case 0:
      when.classes = {"batch", "latency_critical"};
      break;
    case 1:
      when.headers = {{"x-tenant", {"tenant-" + number}}};
      break;
    case 2:
      when.teams = {"team-" + number, "other-*"};
      break;
    case 3:
      when.metadata = {{"customer", {"customer-" + number}}};
      break;
    case 4:
      when.models = {"model-1*"};
      break;
    case 5:
      when.input_tokens = {{config::Comparator::kGreaterEqual, 100'000}};
      break;
    case 6:
      when = EitherOfTwo(number);
      break;
    case 7:
      when = NeitherOfTwo(number);
      break;
    case 8:
      when.times = {{}};
      when.times[0].from_minute = 22 * 60;
      when.times[0].to_minute = 6 * 60;
      when.times[0].zone = "Europe/Berlin";
      when.headers = {{"x-tenant", {"tenant-" + number}}};
      break;
    default:
      when.keys = {"batch-*"};
      when.headers = {{"x-data-class", {"phi", "pci"}}};
  }
  return when;
}

}  // namespace

config::Config MixedRoutes(int routes, int targets, config::Prefer prefer) {
  config::Config config = ManyRoutes(routes, targets, prefer);
  config.keys = {KeyNamed("search-prod", "search"), KeyNamed("clinic", "health")};
  config.keys[0].require.hosting = config::Hosting::kPaidApi;
  config.teams = {{"search", {}, {}}};
  config.teams[0].require.ttft_p95 = {{config::Comparator::kLess, 30'000}};
  config.classes = {{"checkout", {}, {}}, {"nightly", {}, {}}};
  config.classes[0].when.teams = {"shop"};
  config.classes[1].when.metadata = {{"job", {"nightly-*"}}};
  for (int i = 0; i + 1 < routes; ++i) {
    config.routes[static_cast<std::size_t>(i)].when = ConditionOfKind(i);
  }
  return config;
}

}  // namespace headgate::routing
