#include "routing/decide/words/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using ::testing::HasSubstr;
using ::testing::Not;

// The refusal of one request under a policy that is `FiveTargets` with one route named clinic.
class Refused {
 public:
  Refused(const std::function<void(config::Config&)>& change,
          const std::function<void(const CompiledPolicy&, DecisionInput&)>& ask = {}) {
    config_ = WithRoute(RouteTo("clinic", {To("small", "gpu"), To("small", "cheap")}));
    config_.models[0].supports = {"json_schema"};  // without any it might support everything
    change(config_);
    policy_ = Compiled(config_);
    input_ = config_.keys.empty() ? Asking(*policy_) : AskingAs(*policy_, 0);
    if (ask) ask(*policy_, input_);
    decision_ = Decided(*policy_, input_);
    EXPECT_EQ(decision_.outcome, Outcome::kNoTarget);
  }
  std::string Precise() const { return WhyNoTarget(config_, *policy_, input_, decision_); }
  std::string General() const { return WhyNoTargetInGeneral(*policy_, input_, decision_); }

 private:
  config::Config config_;
  std::shared_ptr<const CompiledPolicy> policy_;
  DecisionInput input_;
  Decision decision_;
};

constexpr auto kNoChange = [](config::Config&) {};

auto Using(std::uint8_t abilities) {
  return [=](const CompiledPolicy&, DecisionInput& input) { input.uses = abilities; };
}

TEST(Refusal, says_which_ability_no_target_has) {
  const Refused one(kNoChange, Using(kImages));
  EXPECT_EQ(one.Precise(), "needs images, which no target of route clinic supports");
  EXPECT_EQ(one.General(), "No model is available for this request: it needs images.");
  const Refused two(kNoChange, Using(kTools | kImages));
  EXPECT_EQ(two.Precise(), "needs tools and images, which no target of route clinic supports");
}

TEST(Refusal, names_only_the_ability_that_is_missing_everywhere) {
  const auto large_too = [](config::Config& config) {
    config.routes[0].targets.push_back(To("large", "dear"));  // it has tools
  };
  EXPECT_EQ(Refused(large_too, Using(kTools | kImages)).Precise(),
            "needs images, which no target of route clinic supports");
  const auto each_has_one = [](config::Config& config) {
    config.models[0].supports = {"images"};
    config.routes[0].targets.push_back(To("large", "dear"));
  };
  EXPECT_EQ(Refused(each_has_one, Using(kTools | kImages)).Precise(),
            "needs tools and images, which no target of route clinic supports together");
}

TEST(Refusal, a_pinned_target_or_model_is_named) {
  const auto pin = [](const char* model) {
    return [=](const CompiledPolicy& policy, DecisionInput& input) {
      input.model = policy.Resolve(model);
      input.uses = kImages;
    };
  };
  EXPECT_EQ(Refused(kNoChange, pin("small@gpu")).Precise(),
            "needs images, which small@gpu does not support");
  // Not a target of the route: all targets of the model were looked at.
  EXPECT_EQ(Refused(kNoChange, pin("large")).Precise(),
            "needs images, which no target of model large on route clinic supports");
}

TEST(Refusal, says_how_long_the_request_is_and_what_there_is_room_for) {
  const auto ask = [](const CompiledPolicy&, DecisionInput& input) {
    input.text_bytes = 400'000;
    input.max_tokens = 500;
  };
  const Refused refused(kNoChange, ask);
  EXPECT_EQ(refused.Precise(),
            "needs room for about 100000 input tokens and 500 of output, which no target of route "
            "clinic has (at most 32768 tokens)");
  EXPECT_EQ(refused.General(),
            "No model is available for this request: it needs room for about 100000 input tokens "
            "and 500 of output.");
}

TEST(Refusal, endpoints) {
  const auto embed = [](const CompiledPolicy&, DecisionInput& input) {
    input.endpoint = Endpoint::kEmbeddings;
  };
  const Refused embeddings(kNoChange, embed);
  EXPECT_EQ(embeddings.Precise(), "needs embeddings, which no target of route clinic makes");
  EXPECT_EQ(embeddings.General(), "No model is available for this request: it needs embeddings.");
  const Refused chat(
      [](config::Config& config) { config.routes[0].targets = {To("embed", "cheap")}; });
  EXPECT_EQ(chat.Precise(),
            "needs generated text, but no target of route clinic makes anything but embeddings");
}

TEST(Refusal, endpoints_that_no_backend_serves) {
  const auto at = [](Endpoint endpoint) {
    return [=](const CompiledPolicy&, DecisionInput& input) { input.endpoint = endpoint; };
  };
  const auto only_messages = [](config::Config& config) {
    for (config::Backend& backend : config.backends) backend.endpoints = {"messages"};
  };
  const Refused completions(only_messages, at(Endpoint::kCompletions));
  EXPECT_EQ(completions.Precise(),
            "needs legacy completions, which no target of route clinic serves");
  EXPECT_EQ(completions.General(),
            "No model is available for this request: it needs legacy completions.");
  const auto only_embeddings = [](config::Config& config) {
    for (config::Backend& backend : config.backends) backend.endpoints = {"embeddings"};
  };
  EXPECT_EQ(Refused(only_embeddings, at(Endpoint::kResponses)).Precise(),
            "needs Responses, which no target of route clinic serves");
}

TEST(Refusal, what_cannot_be_translated) {
  const auto several = [](const CompiledPolicy&, DecisionInput& input) {
    input.native_only = "more than one choice (n)";
  };
  const auto only_messages = [](config::Config& config) {
    for (config::Backend& backend : config.backends) backend.endpoints = {"messages"};
  };
  const Refused refused(only_messages, several);
  EXPECT_EQ(refused.Precise(),
            "needs more than one choice (n), which only a backend that serves chat completions "
            "itself takes; no target of route clinic has such a backend");
  EXPECT_EQ(refused.General(),
            "No model is available for this request: it needs more than one choice (n), which only "
            "a backend that serves chat completions itself takes.");
  const Refused pinned(only_messages, [](const CompiledPolicy& policy, DecisionInput& input) {
    input.model = policy.Resolve("small@gpu");
    input.native_only = "logprobs";
  });
  EXPECT_EQ(pinned.Precise(),
            "needs logprobs, which only a backend that serves chat completions itself takes; "
            "small@gpu does not have such a backend");
  const Refused counted(
      [](config::Config& config) {
        config.backends[0].endpoints = {"messages"};
        config.routes[0].targets = {To("small", "gpu"), To("embed", "cheap")};
      },
      several);
  EXPECT_EQ(counted.Precise(),
            "no target of route clinic is left: 1 target does not serve chat completions itself, "
            "and more than one choice (n) cannot be translated; 1 target does not make anything "
            "but embeddings");
}

struct Rule {
  const char* name;
  std::function<void(config::Require&)> require;
  const char* precise;  // the text between "requires " and ", which"
  const char* general;
};

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> kRules = {
      {"hosting", [](auto& r) { r.hosting = config::Hosting::kSelfHosted; }, "hosting self_hosted",
       "where it may be processed"},
      {"labels",
       [](auto& r) {
         r.labels["region"] = {"eu", "ch"};
       },
       "region eu or ch", "where it may be processed"},
      {"license",
       [](auto& r) {
         r.licenses = {"apache-2.0", "mit"};
       },
       "license apache-2.0 or mit", "the license of models"},
      {"context", [](auto& r) { r.min_context = 1'000'000; }, "a context window of 1000000 tokens",
       "the context window"},
      {"scores",
       [](auto& r) {
         r.scores["mmlu"] = {{Comparator::kGreaterEqual, 82.5}, {Comparator::kLess, 90}};
       },
       "mmlu >= 82.5 and mmlu < 90", "quality"},
      {"price",
       [](auto& r) {
         r.input_price = {{Comparator::kLessEqual, kNanoPerUsd / 2}};
         r.output_price = {{Comparator::kLess, 1}};
       },
       "an input price <= $0.5 and an output price < $0.000000001", "price"},
      {"supports",
       [](auto& r) {
         r.supports = {"tools", "audio"};
       },
       "support of tools and audio", "what models support"},
  };
  return kRules;
}

TEST(Refusal, says_what_the_route_requires_and_clients_only_learn_its_kind) {
  for (const Rule& rule : Rules()) {
    SCOPED_TRACE(rule.name);
    const Refused refused([&](config::Config& config) {
      config.routes[0].targets = {To("small", "cheap")};
      rule.require(config.routes[0].require);
    });
    EXPECT_EQ(refused.Precise(), std::string("route clinic requires ") + rule.precise +
                                     ", which no target of route clinic meets");
    EXPECT_EQ(refused.General(), std::string("No model is available for this request: the "
                                             "gateway's policy has rules on ") +
                                     rule.general + ".");
  }
}

TEST(Refusal, says_whose_rule_it_is) {
  for (const bool of_team : {false, true}) {
    const Refused refused([&](config::Config& config) {
      config.keys = {KeyNamed("intern", "legal")};
      config.teams = {config::Team{.name = "legal", .require = {}, .location = {}}};
      config::Require& require = of_team ? config.teams[0].require : config.keys[0].require;
      require.labels["region"] = {"eu"};
    });
    EXPECT_EQ(refused.Precise(), std::string(of_team ? "team legal" : "key intern") +
                                     " requires region eu, which no target of route clinic meets");
    EXPECT_THAT(refused.General(), Not(HasSubstr("legal")));
    EXPECT_THAT(refused.General(), Not(HasSubstr("intern")));
  }
}

TEST(Refusal, models_that_the_key_may_not_use) {
  const Refused refused([](config::Config& config) {
    config.keys = {KeyNamed("intern")};
    config.keys[0].models = {"large"};
  });
  EXPECT_EQ(refused.Precise(), "key intern may not use any model of route clinic");
  EXPECT_EQ(refused.General(),
            "No model is available for this request: this key may not use the models that could "
            "serve it.");
}

TEST(Refusal, live_windows_are_of_the_moment) {
  const auto slow = [](config::Config& config) {
    config.routes[0].require.ttft_p95 = {{Comparator::kLessEqual, 600}};
  };
  const auto measured = [](const CompiledPolicy&, DecisionInput& input) {
    for (Candidate& candidate : input.candidates) {
      candidate.ttft_samples = candidate.attempt_samples = 100;
      candidate.ttft_p95_ms = 900;
      candidate.error_rate = 0.2f;
    }
  };
  EXPECT_EQ(Refused(slow, measured).Precise(),
            "route clinic requires ttft_p95 <= 600ms, which no target of route clinic meets at the "
            "moment");
  EXPECT_EQ(Refused(slow, measured).General(),
            "No model is available for this request: no model is quick enough at the moment.");
  const auto failing = [](config::Config& config) {
    config.keys = {KeyNamed("intern")};
    config.keys[0].require.error_rate = {{Comparator::kLess, 2'500}};
  };
  EXPECT_EQ(Refused(failing, measured).Precise(),
            "key intern requires error_rate < 0.25%, which no target of route clinic meets at the "
            "moment");
}

TEST(Refusal, several_reasons_are_counted) {
  const Refused refused(
      [](config::Config& config) {
        config.routes[0].targets.push_back(To("large", "dear"));
        config.routes[0].targets.push_back(To("embed", "cheap"));
        config.routes[0].require.scores["mmlu"] = {{Comparator::kGreaterEqual, 50}};
        config.models[0].scores["mmlu"] = 60;
      },
      Using(kTools));
  EXPECT_EQ(refused.Precise(),
            "no target of route clinic is left: 2 targets do not support tools; 1 target does not "
            "meet mmlu >= 50, which route clinic requires; 1 target does not make anything but "
            "embeddings");
  EXPECT_EQ(refused.General(),
            "No model is available for this request, for these reasons: it needs tools; it needs "
            "generated text; the gateway's policy has rules on quality.");
}

TEST(Refusal, clients_learn_no_name) {
  for (const Rule& rule : Rules()) {
    const Refused refused([&](config::Config& config) { rule.require(config.routes[0].require); },
                          Using(kImages));
    for (const char* name : {"clinic", "small", "gpu", "cheap", "eu", "apache", "82.5", "$"}) {
      EXPECT_THAT(refused.General(), Not(HasSubstr(name))) << rule.name;
    }
  }
}

}  // namespace
}  // namespace headgate::routing
