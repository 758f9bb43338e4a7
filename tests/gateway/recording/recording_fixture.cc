#include "tests/gateway/recording/recording_fixture.h"

#include <array>
#include <utility>

#include "routing/decide/request_facts.h"

namespace headgate::gateway {
namespace {

constexpr const char* kGlobs[] = {"phi", "p*", "*", "eu", "e?", "b*h"};
constexpr const char* kValues[] = {"", "phi", "pci", "eu", "batch"};
constexpr const char* kSlos[] = {"0", "100", "250.5", "4294967295"};
constexpr const char* kNames[] = {"x-data-class", "x-region", "x-kind"};
constexpr config::Comparator kComparators[] = {
    config::Comparator::kLess, config::Comparator::kGreaterEqual, config::Comparator::kGreater};

std::string ModelName(int m) { return "m" + std::to_string(m); }

}  // namespace

config::When Draw::When() {
  config::When when;
  if (OneIn(5)) when.classes = {"code", "batch"};
  if (OneIn(5)) when.topics = {"general"};
  if (OneIn(5)) when.endpoints = {"chat", "embeddings"};
  if (OneIn(3)) when.headers = {{kNames[Below(3)], {kGlobs[Below(6)], kGlobs[Below(6)]}}};
  if (OneIn(4)) when.metadata = {{kNames[Below(3)], {kGlobs[Below(6)]}}};
  if (OneIn(5)) when.keys = {"k1*"};
  if (OneIn(5)) when.teams = {"t0", "t2"};
  if (OneIn(5)) when.stream = OneIn(2);
  if (OneIn(5)) when.input_tokens = {{kComparators[Below(3)], Steps(1'000, 20)}};
  if (OneIn(5)) when.max_tokens = {{kComparators[Below(3)], Steps(1'000, 8)}};
  if (OneIn(6)) when.times = {{.from_minute = 60 * Below(24), .to_minute = 60 * Below(24)}};
  if (OneIn(6)) {
    when.none.emplace_back();
    when.none.back().headers = {{kNames[Below(3)], {kGlobs[Below(6)]}}};
  }
  return when;
}

config::Require Draw::Require() {
  config::Require require;
  if (OneIn(4)) require.hosting = static_cast<config::Hosting>(Below(2));
  if (OneIn(5)) require.min_context = Steps(1'000, 40);
  if (OneIn(4)) require.ttft_p95 = {{config::Comparator::kLessEqual, Steps(100, 30)}};
  if (OneIn(4)) require.error_rate = {{config::Comparator::kLess, Steps(10'000, 100)}};
  return require;
}

config::Route Draw::Route(const config::Config& config, int number) {
  config::Route route;
  route.name = "r" + std::to_string(number);
  route.when = When();
  route.require = Require();
  route.prefer = static_cast<config::Prefer>(Below(6));
  route.blend = {0.6, 0.2, 0.2};
  if (OneIn(3)) route.on_no_target = config::OnNoTarget::kRelax;
  route.spill.when = static_cast<config::Spill::When>(Below(3));
  route.spill.limit = config::Milliseconds(OneIn(2) ? 0 : Below(300));
  for (const config::Backend& backend : config.backends) {
    for (const config::ServedModel& served : backend.models) {
      if (OneIn(3)) continue;
      config::TargetReference reference;
      reference.model = served.model;
      reference.backend = backend.name;
      reference.weight = 1 + Below(4);
      route.targets.push_back(std::move(reference));
    }
  }
  return route;
}

config::Model Draw::Model(int number) {
  config::Model model;
  model.name = ModelName(number);
  model.context = OneIn(4) ? 0 : 1'000 + Steps(1'000, 40);
  if (OneIn(4)) model.supports = {"embeddings"};
  if (OneIn(3)) model.supports = {"reasoning", "tools", "images"};
  if (OneIn(2)) model.scores = {{"mmlu", Below(90)}, {"humaneval", Below(90)}};
  return model;
}

config::Backend Draw::Backend(int number, int models) {
  config::Backend backend;
  backend.name = "b" + std::to_string(number);
  for (int m = 0; m < models; ++m) {
    if (m > 0 && OneIn(3)) continue;
    config::ServedModel& served = backend.models.emplace_back();
    served.model = served.upstream_name = ModelName(m);
    if (OneIn(4)) continue;
    served.price.emplace().standard = {.input = Below(1'000'000), .output = Below(9'000'000)};
    if (OneIn(2)) served.price->standard.cached_input = Below(100'000);
    if (OneIn(4)) served.price->flex = {.row = config::PriceRow{.input = 7, .output = 9}};
    if (OneIn(4)) served.price->priority = {.row = {}, .share = Below(3'000'000)};
    if (OneIn(4)) served.price->standard.cache_write_1h = Below(100'000);
    if (OneIn(4)) served.price->context_tiers = {{1'000, {.input = 3, .output = 4}}};
    if (OneIn(4)) served.price->hours = {{Below(700), 700 + Below(700), {}, Below(1'000'000)}};
    if (OneIn(4)) served.price->changes.emplace_back().from = Below(2'000'000'000);
  }
  if (OneIn(2)) {
    backend.hosting = config::Hosting::kSelfHosted;
    backend.slots = 2;
    backend.rent.per_hour = Below(3) * kNanoPerUsd;
    if (OneIn(4)) backend.rent.hours = {{{Below(700), 700 + Below(700)}, Below(3) * kNanoPerUsd}};
  }
  return backend;
}

config::Config Draw::Policy() {
  config::Config config;
  const int models = 1 + Below(4);
  for (int m = 0; m < models; ++m) config.models.push_back(Model(m));
  const int backends = 1 + Below(3);
  for (int b = 0; b < backends; ++b) config.backends.push_back(Backend(b, models));
  config.self_hosted_price = static_cast<config::SelfHostedPrice>(Below(2));
  for (int c = Below(3); c > 0; --c) {
    config::CustomClass& custom_class = config.classes.emplace_back();
    custom_class.name = "own" + std::to_string(c);
    custom_class.when = When();
    custom_class.when.classes.clear();
  }
  for (int k = Below(4); k > 0; --k) {
    config::Key& key = config.keys.emplace_back();
    key.name = "k" + std::to_string(k);
    key.team = "t" + std::to_string(Below(3));
    if (OneIn(3)) key.models = {ModelName(Below(4)), ModelName(0)};
    if (OneIn(3)) key.require = Require();
  }
  if (OneIn(2)) config.aliases = {{"old", "auto"}};
  const int routes = 1 + Below(4);
  for (int r = 0; r < routes; ++r) config.routes.push_back(Route(config, r));
  return config;
}

float Draw::Real(int end) {
  return OneIn(4) ? 0.0f : static_cast<float>(Below(end * 1'000)) / 997.0f;
}

routing::Candidate Draw::State() {
  routing::Candidate candidate;
  if (OneIn(8)) return candidate;
  candidate.available = !OneIn(4);
  candidate.in_flight = Below(4);
  candidate.slots = OneIn(2) ? 2 : 0;
  candidate.ttft_samples = static_cast<std::uint32_t>(Below(40));
  candidate.ttft_median_ms = Real(2'000);
  candidate.ttft_p95_ms = Real(4'000);
  candidate.attempt_samples = static_cast<std::uint32_t>(Below(40));
  candidate.error_rate = Real(1);
  candidate.predicted_wait_ms = Real(300);
  candidate.silent_wait_ms = Real(9'000);
  candidate.firm_wait = OneIn(2);
  candidate.expected_output_tokens = Real(900);
  candidate.ms_per_output_token = Real(40);
  candidate.tokens_per_byte = Real(1);
  return candidate;
}

std::string Draw::Request(const routing::CompiledPolicy& policy, routing::DecisionInput& input) {
  const auto& targets = policy.targets();
  const routing::Target& any = targets[Index(targets.size())];
  const std::array<std::string, 10> models = {
      "auto", "auto", "auto", "auto", "auto", "auto", any.model, any.name, "old", "no \"model\"\n"};
  std::string written = models[Index(models.size())];
  routing::Signals signals;
  signals.endpoint =
      OneIn(4) ? routing::Endpoint::kEmbeddings : static_cast<routing::Endpoint>(Below(2));
  signals.model = written;
  signals.stream = OneIn(2);
  signals.uses_tools = OneIn(3);
  signals.uses_images = OneIn(5);
  signals.text_bytes = static_cast<std::size_t>(Below(100'000));
  signals.other_input_tokens = OneIn(3) ? Below(10'000) : 0;
  if (OneIn(2)) signals.max_tokens = Below(10'000);
  if (OneIn(3)) signals.slo_ttft_header = kSlos[Below(4)];
  signals.choices = 1 + Below(3);
  for (const char* name : kNames) signals.metadata.emplace_back(name, kValues[Below(5)]);
  std::optional<std::size_t> key;
  if (!policy.keys().empty()) key = Index(policy.keys().size());
  routing::FillRequest(policy, signals, key, input);
  for (const std::string& name : policy.header_names()) {
    routing::AddHeader(policy, name, kValues[Below(5)], input);
  }
  routing::Classification& c = input.classification;
  c.built_in_class = static_cast<routing::Class>(Below(4));
  c.built_in_reason = static_cast<routing::Reason>(Below(routing::kReasonCount));
  c.topic = static_cast<routing::Topic>(Below(3));
  c.topic_confidence = Real(1);
  c.urgency = static_cast<routing::Urgency>(Below(3));
  c.clamped = OneIn(5);
  input.seed = random_();
  input.unix_seconds = 1'790'000'000 + Below(700'000);
  input.conversation_target.reset();
  if (OneIn(4)) input.conversation_target = Index(targets.size());
  input.candidates.clear();
  for (std::size_t i = 0; i < targets.size(); ++i) input.candidates.push_back(State());
  if (OneIn(4)) input.endpoint = static_cast<routing::Endpoint>(3 + Below(3));
  if (OneIn(6)) input.native_only = "logprobs";
  routing::ApplyCustomClasses(policy, input);
  return written;
}

}  // namespace headgate::gateway
