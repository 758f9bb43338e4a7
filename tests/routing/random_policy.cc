#include "tests/routing/random_policy.h"

#include <algorithm>
#include <bitset>

#include "tests/routing/fixture.h"

namespace headgate::routing {

std::vector<std::string> RandomPolicy::Some(std::initializer_list<const char*> values) {
  std::vector<std::string> some;
  for (const char* value : values) {
    if (OneIn(2)) some.emplace_back(value);
  }
  if (some.empty()) some.emplace_back(values.begin()[0]);
  return some;
}

config::Comparisons RandomPolicy::Compared(int end) {
  config::Comparisons comparisons;
  for (int i = 0; i < 1 + Below(2); ++i) {
    comparisons.push_back({static_cast<config::Comparator>(Below(4)), Below(end)});
  }
  return comparisons;
}

config::Model RandomPolicy::Model(int number) {
  config::Model model =
      ModelRow("m" + std::to_string(number), OneIn(4) ? 0 : 1'000 * (1 + Below(40)));
  if (OneIn(5)) model.supports.emplace_back("embeddings");
  for (const char* ability : {"tools", "json_schema", "images", "audio", "reasoning"}) {
    if (OneIn(2)) model.supports.emplace_back(ability);
  }
  if (OneIn(4)) model.supports.clear();
  if (OneIn(8)) model.supports = {"embeddings"};
  if (OneIn(2)) model.license = OneOf<const char*>({"mit", "apache-2.0", "secret"});
  for (const char* score : {"mmlu", "humaneval", "gsm8k"}) {
    if (OneIn(2)) model.scores[score] = 10 * Below(10);
  }
  return model;
}

config::Backend RandomPolicy::Backend(int number, int models) {
  std::vector<config::ServedModel> served;
  for (int m = 0; m < models; ++m) {
    if (m > 0 && OneIn(3)) continue;
    served.push_back(Served("m" + std::to_string(m)));
    if (!OneIn(4)) served.back().price = Dollars(Below(10), Below(30));
  }
  const std::string name = "b" + std::to_string(number);
  config::Backend backend =
      OneIn(2) ? OwnBackend(name, 2, std::move(served)) : PaidBackend(name, std::move(served));
  backend.rent.per_hour = Below(5) * kNanoPerUsd;
  if (OneIn(2)) backend.labels["region"] = OneOf<const char*>({"eu-west", "eu-north", "us"});
  return backend;
}

config::Config RandomPolicy::Policy() {
  config::Config config;
  const int models = 1 + Below(4);
  for (int m = 0; m < models; ++m) config.models.push_back(Model(m));
  const int backends = 1 + Below(3);
  for (int b = 0; b < backends; ++b) config.backends.push_back(Backend(b, models));
  config.aliases = {{"old", "m0"}, {"any", "auto"}};
  if (OneIn(2)) config.self_hosted_price = config::SelfHostedPrice::kAmortised;
  for (int c = 0; c < Below(3); ++c) {
    config.classes.push_back({"own" + std::to_string(c), When(1, false), {}});
  }
  for (const char* name : {"search-prod", "clinic", "loner"}) {
    config.keys.push_back(KeyNamed(name, OneOf<const char*>({"search", "health", ""})));
    if (OneIn(4)) config.keys.back().models = {"m" + std::to_string(Below(4)), "m0"};
    if (OneIn(5)) config.keys.back().require = Require();
  }
  for (const char* name : {"search", "health"}) {
    if (OneIn(4)) config.teams.push_back({name, Require(), {}});
  }
  const int routes = 1 + Below(4);
  for (int r = 0; r < routes; ++r) config.routes.push_back(Route(config, r));
  if (!OneIn(3)) config.routes.back().when = {};  // most policies have a route for the rest
  for (config::Backend& backend : config.backends) {
    if (!OneIn(4)) continue;
    backend.endpoints = Some({"chat", "completions", "embeddings", "messages", "responses"});
  }
  return config;
}

config::TimeWindow RandomPolicy::Window() {
  config::TimeWindow window;
  if (OneIn(2)) window.days = std::bitset<7>(static_cast<unsigned long long>(Below(128)));
  window.from_minute = 60 * Below(25);
  window.to_minute = OneIn(3) ? window.from_minute : 60 * Below(25);
  window.zone = OneOf<const char*>({"UTC", "Etc/GMT-5", "Etc/GMT+11"});
  return window;
}

void RandomPolicy::AddTest(bool with_classes, config::When& when) {
  const int kind = Below(15);
  if (kind < 9) {
    AddTestOfTexts(kind, with_classes, when);
  } else {
    AddTestOfValue(kind, when);
  }
}

void RandomPolicy::AddTestOfTexts(int kind, bool with_classes, config::When& when) {
  switch (kind) {
    case 0:
      if (with_classes) when.classes = Some({"general", "code", "batch"});
      break;
    case 1:
      when.topics = Some({"general", "code"});
      break;
    case 2:
      when.urgencies = Some({"normal", "batch"});
      break;
    case 3:
      when.models = Some({"auto", "m0", "m?", "*@b0", "old", "m1@b1", "nothing*"});
      break;
    case 4:
      when.endpoints = Some({"chat", "embeddings", "messages"});
      break;
    case 5:
      when.keys = Some({"*", "search-*", "clinic"});
      break;
    case 6:
      when.teams = Some({"health", "s*", "*"});
      break;
    case 7:
      when.headers = {{"x-data-class", Some({"p*", "phi", "?ci", "*"})}};
      if (OneIn(2)) when.headers.push_back({"x-tenant", Some({"*a*", "acme"})});
      break;
    default:
      when.metadata = {{"job", Some({"*i", "nightly-*", "*"})}};
  }
}

void RandomPolicy::AddTestOfValue(int kind, config::When& when) {
  switch (kind) {
    case 9:
      when.stream = OneIn(2);
      break;
    case 10:
      when.tools = OneIn(2);
      break;
    case 11:
      when.images = OneIn(2);
      break;
    case 12:
      when.input_tokens = Compared(20'000);
      break;
    case 13:
      when.max_tokens = Compared(10'000);
      break;
    default:
      when.times = {Window(), Window()};
  }
}

// Each test holds for about half of the random requests; a condition has at most three tests.
config::When RandomPolicy::When(int depth, bool with_classes) {
  config::When when;
  for (int i = 0; i < Below(3); ++i) AddTest(with_classes, when);
  if (depth == 0) return when;
  for (std::vector<config::When>* parts : {&when.all, &when.any, &when.none}) {
    if (!OneIn(3)) continue;
    for (int i = 0; i < 1 + Below(2); ++i) parts->push_back(When(depth - 1, with_classes));
  }
  return when;
}

config::Require RandomPolicy::Require() {
  config::Require require;
  for (int i = 0; i < Below(3); ++i) {
    switch (Below(9)) {
      case 0:
        require.hosting = OneIn(2) ? config::Hosting::kSelfHosted : config::Hosting::kPaidApi;
        break;
      case 1:
        require.min_context = 1'000 * Below(40);
        break;
      case 2:
        require.labels["region"] = Some({"eu-*", "*"});
        break;
      case 3:
        require.licenses = Some({"mit", "*-2.0", "s?cret"});
        break;
      case 4:
        require.scores["mmlu"] = {{static_cast<config::Comparator>(Below(5)), 10.0 * Below(10)}};
        break;
      case 5:
        require.input_price = {{config::Comparator::kLess, Below(12) * kNanoPerUsd}};
        break;
      case 6:
        require.output_price = {{config::Comparator::kLessEqual, Below(30) * kNanoPerUsd}};
        break;
      case 7:
        require.supports = Some({"tools", "images"});
        break;
      default:
        require.ttft_p95 = Compared(3'000);
        if (OneIn(2)) require.error_rate = {{config::Comparator::kLess, Below(1'000'000)}};
    }
  }
  return require;
}

config::Route RandomPolicy::Route(const config::Config& config, int number) {
  config::Route route =
      RouteTo("r" + std::to_string(number), {}, static_cast<config::Prefer>(Below(6)));
  for (const config::Backend& backend : config.backends) {
    for (const config::ServedModel& served : backend.models) {
      if (OneIn(2)) route.targets.push_back(To(served.model, backend.name, Below(4)));
    }
  }
  std::shuffle(route.targets.begin(), route.targets.end(), random_);
  route.blend = {0.25 * Below(4), 0.25 * Below(4), 0.25};
  if (OneIn(2)) route.on_no_target = config::OnNoTarget::kRelax;
  if (number % 4 == 3) route.unpriced = config::OnUnpriced::kReject;
  route.when = When(2, true);
  for (int own = 0; own < static_cast<int>(config.classes.size()); ++own) {
    if (OneIn(3)) route.when.classes.push_back("own" + std::to_string(own));
  }
  route.require = Require();
  route.spill.when = OneOf(
      {config::Spill::When::kAfter, config::Spill::When::kWaitOver, config::Spill::When::kNever});
  route.spill.limit = config::Milliseconds(OneIn(3) ? 0 : Below(200));
  return route;
}

void RandomPolicy::AddTexts(std::vector<std::pair<std::string, std::string>>& texts) {
  for (const char* name : {"x-data-class", "x-data-class", "x-tenant", "job"}) {
    if (!OneIn(2)) continue;
    texts.emplace_back(name,
                       OneOf<const char*>({"phi", "PCI", "public", "acme", "nightly-1", "a", ""}));
  }
}

void RandomPolicy::SetState(Candidate& candidate) {
  candidate.available = !OneIn(3);
  candidate.in_flight = Below(4);
  candidate.slots = 2;
  candidate.ttft_samples = static_cast<std::uint32_t>(Below(40));
  candidate.ttft_median_ms = static_cast<float>(Below(3'000));
  candidate.ttft_p95_ms = static_cast<float>(Below(3'000));
  candidate.attempt_samples = static_cast<std::uint32_t>(Below(40));
  candidate.error_rate = 0.125f * static_cast<float>(Below(9));
  candidate.predicted_wait_ms = OneIn(2) ? 0.0f : static_cast<float>(Below(300));
  candidate.silent_wait_ms = OneIn(2) ? 0.0f : static_cast<float>(Below(300));
  candidate.expected_output_tokens = static_cast<float>(Below(900));
  candidate.ms_per_output_token = static_cast<float>(Below(30));
  candidate.tokens_per_byte = OneIn(2) ? 0.0f : 0.1f * static_cast<float>(1 + Below(5));
}

PlainRequest RandomPolicy::Request(const CompiledPolicy& policy) {
  const std::size_t any =
      static_cast<std::size_t>(Below(static_cast<int>(policy.targets().size())));
  const Target& target = policy.targets()[any];
  PlainRequest request;
  DecisionInput& input = request.input;
  input = Asking(policy, OneOf<std::string>({"auto", "any", target.model, "old", target.name,
                                             OneIn(4) ? "nothing" : "auto"}));
  input.classification.built_in_class = static_cast<Class>(Below(4));
  input.classification.topic = static_cast<Topic>(Below(3));
  input.classification.urgency = static_cast<Urgency>(Below(3));
  input.endpoint = OneIn(4) ? Endpoint::kEmbeddings : static_cast<Endpoint>(Below(2));
  input.stream = OneIn(2);
  for (const Ability ability : {kTools, kJsonSchema, kImages, kAudio}) {
    if (OneIn(4)) input.uses |= ability;
  }
  input.text_bytes = static_cast<std::size_t>(Below(100'000));
  input.other_input_tokens = OneIn(3) ? Below(10'000) : 0;
  if (OneIn(2)) input.max_tokens = Below(10'000);
  input.choices = 1 + Below(3);
  input.seed = static_cast<std::uint64_t>(Below(1'000));
  input.unix_seconds = 1'700'000'000 + Below(30 * 24 * 3'600);
  if (OneIn(3)) input.conversation_target = any;
  if (OneIn(3)) input.slo_ttft_ms = static_cast<std::uint32_t>(Below(300));
  for (Candidate& candidate : input.candidates) SetState(candidate);
  if (!OneIn(4)) request.key = static_cast<std::size_t>(Below(3));
  AddTexts(request.headers);
  AddTexts(request.metadata);
  request.metadata.erase(
      std::unique(request.metadata.begin(), request.metadata.end(),
                  [](const auto& a, const auto& b) { return a.first == b.first; }),
      request.metadata.end());
  if (OneIn(3)) input.endpoint = static_cast<Endpoint>(3 + Below(kEndpointCount - 3));
  if (OneIn(5)) input.native_only = "background";
  return request;
}

}  // namespace headgate::routing
