#include "tests/routing/replay/replay_fixture.h"

#include <utility>

#include "config/base/check.h"

namespace headgate::routing {
namespace {

constexpr NanoUsd kToken = 1'000'000;

}  // namespace

std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config) {
  auto policy = CompiledPolicy::Compile(config);
  HEADGATE_CHECK(policy.ok());
  return *std::move(policy);
}

config::Backend Backend(std::string name, std::optional<NanoUsd> input, NanoUsd output) {
  config::Backend backend;
  backend.name = std::move(name);
  config::ServedModel& served = backend.models.emplace_back();
  served.model = served.upstream_name = "m";
  if (input) served.price.emplace().standard = {.input = *input, .output = output};
  return backend;
}

config::Route RouteTo(std::string name, std::vector<std::string> backends, config::Prefer prefer) {
  config::Route route;
  route.name = std::move(name);
  route.prefer = prefer;
  for (std::string& backend : backends) {
    route.targets.push_back({.model = "m", .backend = std::move(backend)});
  }
  return route;
}

config::Config TwoPaidOneOwn(NanoUsd a_input, NanoUsd a_output, NanoUsd b_input, NanoUsd b_output) {
  config::Config config;
  config.models.emplace_back().name = "m";
  config.backends = {Backend("a", a_input * kToken, a_output * kToken),
                     Backend("b", b_input * kToken, b_output * kToken),
                     Backend("gpu", std::nullopt, 0)};
  config.backends[2].hosting = config::Hosting::kSelfHosted;
  config.backends[2].slots = 2;
  config.backends[2].rent.per_hour = 7'200'000'000'000;
  config.keys.emplace_back().name = "k";
  config.keys[0].team = "team";
  return config;
}

RecordedPolicy RecordedUnder(const CompiledPolicy& policy) {
  RecordedPolicy recorded;
  recorded.patterns = policy.patterns();
  for (const Target& target : policy.targets()) {
    recorded.targets.push_back({target.name, target.hosting, target.prices, target.slot_rent});
  }
  recorded.spills.emplace();
  for (const CompiledRoute& route : policy.routes()) {
    recorded.routes.push_back(route.name);
    recorded.spills->push_back(route.spill);
  }
  recorded.classes = policy.class_names();
  recorded.topics = policy.topic_names();
  recorded.topic_model = policy.topic_model().checksum();
  for (const PolicyKey& key : policy.keys())
    recorded.keys.push_back({key.name, key.team, key.trust});
  recorded.spills_free = true;
  recorded.keyless_trust = policy.TrustOf(std::nullopt);
  return recorded;
}

RecordedCall Answer(std::size_t target, std::int64_t input, std::int64_t output, NanoUsd cost,
                    std::int64_t duration_us) {
  RecordedCall call;
  call.target = target;
  call.answered = call.exact = true;
  call.usage.input = input;
  call.usage.output = output;
  call.cost = cost;
  call.duration_us = duration_us;
  return call;
}

RecordedRequest Request(const RecordedPolicy& policy, std::string_view id, std::size_t target,
                        std::vector<RecordedCall> calls) {
  RecordedRequest record;
  record.policy = &policy;
  record.id = id;
  record.model = "auto";
  record.input.key = 0;
  record.input.text_bytes = 400;
  record.input.facts.Reset(policy.patterns.size());
  record.input.candidates.resize(policy.targets.size());
  record.outcome = Outcome::kPlanned;
  record.target = target;
  record.calls.assign(calls.begin(), calls.end());
  return record;
}

std::shared_ptr<const CompiledPolicy> PoolFirst(const config::Spill& spill) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"gpu", "a", "b"}, config::Prefer::kOrdered)};
  config.routes[0].spill = spill;
  return Compiled(config);
}

RecordedRequest FullPool(const RecordedPolicy& policy, float wait_ms, std::size_t answered_by) {
  const bool paid = answered_by != kGpu;
  RecordedRequest record =
      Request(policy, "req_1", kGpu, {Answer(answered_by, 10, 10, paid ? 30'000'000 : 0)});
  record.input.candidates[kGpu].slots = 2;
  record.input.candidates[kGpu].in_flight = 2;
  record.input.candidates[kGpu].predicted_wait_ms = wait_ms;
  if (paid) record.left.push_back(kGpu);
  return record;
}

}  // namespace headgate::routing
