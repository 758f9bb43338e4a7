#include "gateway/cli/plan/plan_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr const char* kYaml = R"(
server: {auth: none}
backends:
  gpu:
    protocol: openai
    hosting: self_hosted
    replicas: [http://10.0.0.5:8000, http://10.0.0.6:8000]
    models: {qwen-2.5-32b: Qwen/Qwen2.5-32B-Instruct}
    slots: 48
    cost: {per_replica_hour: 2.10}
  openai:
    protocol: openai
    hosting: paid_api
    url: https://api.openai.com/v1
    api_key: sk-0123456789abcdef0123
    models: {gpt-4.1: gpt-4.1, gpt-4.1-mini: gpt-4.1-mini, text-embedding-3-small: e}
  other:
    protocol: openai
    hosting: paid_api
    url: https://other.example/v1
    api_key: sk-fedcba9876543210fedc
    models:
      qwen-2.5-32b: {name: q, price: {input: 5, output: 20}}
      mystery: {name: m}
models: {mystery: {context: 1000}}
classes: [{class: nightly, band: batch, when: {metadata: {job: nightly}}}]
routes: [{name: all}]
)";

config::Config Load(const std::string& text) {
  config::LoadResult loaded =
      config::LoadText(text, "headgate.yaml", [](const std::string&) { return std::nullopt; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  return *std::move(loaded.config);
}

PlanFlags Flags() {
  PlanFlags flags;
  flags.volumes = {"50M/month"};
  flags.rent = "2500/month";
  flags.replicas = "1";
  flags.apis = {"3.00"};
  return flags;
}

std::string Problem(const PlanFlags& flags, const config::Config* config = nullptr,
                    const TrafficSource* traffic = nullptr) {
  const auto question = AskPlan(flags, config, traffic);
  return question.ok() ? "" : std::string(question.status().message());
}

const Assumption& Find(const PlanQuestion& question, const std::string& input) {
  for (const Assumption& assumption : question.assumptions) {
    if (assumption.input == input) return assumption;
  }
  ADD_FAILURE() << "no assumption about " << input;
  return question.assumptions.front();
}

TEST(PlanQuestionTest, flags_alone_are_enough_and_what_is_assumed_is_said) {
  const auto question = AskPlan(Flags(), nullptr, nullptr);
  ASSERT_TRUE(question.ok()) << question.status();
  const policy::Usage tokens = policy::AllTokens(question->plan.demand);
  EXPECT_EQ(tokens.input, 37'500'000);
  EXPECT_EQ(tokens.output, 12'500'000);
  EXPECT_EQ(question->plan.self.rent_per_replica_month, 2'500 * kNanoPerUsd);
  EXPECT_FALSE(question->plan.self.tokens_per_hour);
  EXPECT_EQ(Find(*question, "mix").source, kAssumed);
  EXPECT_EQ(Find(*question, "volume").source, kGiven);
  EXPECT_EQ(Find(*question, "peak").value, "1.5 times the average");
  EXPECT_EQ(question->why_target, "the only target with a price");
  EXPECT_THAT(question->cautions, ElementsAre(HasSubstr("1 replica is taken as enough")));
}

TEST(PlanQuestionTest, classes_have_their_own_mix_and_batch_can_wait) {
  PlanFlags flags = Flags();
  flags.volumes = {"code=10M/month", "batch=20M/month", "30M/month"};
  flags.output_shares = {"10%", "code=50%"};
  flags.cached_shares = {"batch=40%"};
  const auto question = AskPlan(flags, nullptr, nullptr);
  ASSERT_TRUE(question.ok()) << question.status();
  const auto& classes = question->plan.demand.classes;
  ASSERT_EQ(classes.size(), 3u);
  EXPECT_EQ(classes[0].tokens.output, 5'000'000);
  EXPECT_FALSE(classes[0].deferrable);
  EXPECT_EQ(classes[1].tokens.output, 2'000'000);
  EXPECT_EQ(classes[1].tokens.cached_input, 7'200'000);
  EXPECT_TRUE(classes[1].deferrable);
  EXPECT_EQ(classes[2].name, "all");
  EXPECT_EQ(classes[2].tokens.output, 3'000'000);
}

TEST(PlanQuestionTest, a_configuration_gives_rent_replicas_and_priced_targets) {
  const config::Config config = Load(kYaml);
  PlanFlags flags;
  flags.config = "headgate.yaml";
  flags.volumes = {"500M/day", "nightly=1M/day"};
  flags.throughput = "2500";
  const auto question = AskPlan(flags, &config, nullptr);
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ(question->plan.self.name, "gpu");
  EXPECT_EQ(question->plan.self.rent_per_replica_month, policy::MonthFromHour(2'100'000'000));
  EXPECT_EQ(question->plan.self.tokens_per_hour, 9'000'000);
  EXPECT_EQ(question->replicas, 2);
  std::vector<std::string> names;
  for (const policy::PaidTarget& target : question->targets) names.push_back(target.name);
  EXPECT_THAT(names, ElementsAre("gpt-4.1@openai", "gpt-4.1-mini@openai", "qwen-2.5-32b@other"));
  EXPECT_THAT(question->cautions, ElementsAre(HasSubstr("no price: mystery@other")));
  // The most expensive target, but it is the same model.
  EXPECT_EQ(question->plan.api.name, "qwen-2.5-32b@other");
  EXPECT_EQ(question->why_target, "the same model at an API");
  EXPECT_TRUE(question->plan.demand.classes[1].deferrable) << "a class of the band batch";
  EXPECT_EQ(Find(*question, "rent of a replica").source, "headgate.yaml");
  EXPECT_EQ(Find(*question, "price of gpt-4.1@openai").source, "headgate.yaml (the catalogue)");

  flags.against = "gpt-4.1@openai";
  EXPECT_EQ(AskPlan(flags, &config, nullptr)->plan.api.name, "gpt-4.1@openai");
  flags.against = "gpt-4.1@opnai";
  EXPECT_THAT(Problem(flags, &config), HasSubstr("did you mean"));
}

TEST(PlanQuestionTest, without_the_same_model_the_cheapest_target_is_compared) {
  PlanFlags flags = Flags();
  flags.apis = {"dear=3.00", "cheap=1.00"};
  const auto question = AskPlan(flags, nullptr, nullptr);
  EXPECT_EQ(question->plan.api.name, "cheap");
  EXPECT_THAT(question->why_target, HasSubstr("quality is not compared"));
}

TEST(PlanQuestionTest, peaks_below_the_assumed_hours_make_them_flatter) {
  PlanFlags flags = Flags();
  flags.peak = "1.2";
  const auto question = AskPlan(flags, nullptr, nullptr);
  EXPECT_EQ(policy::PeakOf(question->plan.demand), 1'200'000);
  flags.peak = "4";
  EXPECT_EQ(policy::PeakOf(AskPlan(flags, nullptr, nullptr)->plan.demand), 4'000'000);
  flags.hours = "office";
  flags.peak = "2";
  EXPECT_THAT(Problem(flags), HasSubstr("write at least 2.4"));
}

TEST(PlanQuestionTest, every_problem_says_what_to_write) {
  struct Case {
    const char* part;
    void (*change)(PlanFlags&);
  };
  for (const Case& c : {
           Case{"write --volume 500M/day", [](PlanFlags& f) { f.volumes.clear(); }},
           Case{"write --rent 2.10", [](PlanFlags& f) { f.rent.clear(); }},
           Case{"write --throughput 2500", [](PlanFlags& f) { f.replicas.clear(); }},
           Case{"write --api 0.55/2.19", [](PlanFlags& f) { f.apis.clear(); }},
           Case{"--volume 5: has no period; write tokens", [](PlanFlags& f) { f.volumes = {"5"}; }},
           Case{"name each class once",
                [](PlanFlags& f) {
                  f.volumes = {"5M/day", "6M/day"};
                }},
           Case{"more than 1000T",
                [](PlanFlags& f) {
                  f.volumes = {"a=900T/month", "b=900T/month"};
                }},
           Case{"without --volume", [](PlanFlags& f) { f.output_shares = {"code=5%"}; }},
           Case{"write it once",
                [](PlanFlags& f) {
                  f.output_shares = {"5%", "6%"};
                }},
           Case{"--output 5:", [](PlanFlags& f) { f.output_shares = {"5"}; }},
           Case{"--growth fast:", [](PlanFlags& f) { f.growth = "fast"; }},
           Case{"--rent x:", [](PlanFlags& f) { f.rent = "x"; }},
           Case{"--replicas 0:", [](PlanFlags& f) { f.replicas = "0"; }},
           Case{"write 1% to 100%", [](PlanFlags& f) { f.utilisation = "0%"; }},
           Case{"--hours noon:", [](PlanFlags& f) { f.hours = "noon"; }},
           Case{"--ttft 1s: selects what is observed", [](PlanFlags& f) { f.ttft = "1s"; }},
           Case{"--api NAME=4",
                [](PlanFlags& f) {
                  f.apis = {"3", "4"};
                }},
           Case{"--against b:", [](PlanFlags& f) { f.against = "b"; }},
           Case{"--backend gpu:", [](PlanFlags& f) { f.backend = "gpu"; }},
       }) {
    PlanFlags flags = Flags();
    c.change(flags);
    EXPECT_THAT(Problem(flags), HasSubstr(c.part));
  }
}

TEST(PlanQuestionTest, several_self_hosted_backends_need_a_name) {
  std::string text = kYaml;
  text.insert(text.find("  openai:\n"), R"(  small:
    protocol: openai
    hosting: self_hosted
    replicas: [http://10.0.0.7:8000]
    models: {qwen-2.5-32b: q}
    slots: 8
    cost: {per_replica_hour: 1}
)");
  const config::Config config = Load(text);
  PlanFlags flags;
  flags.volumes = {"1M/day"};
  EXPECT_THAT(Problem(flags, &config), HasSubstr("--backend gpu, --backend small"));
  flags.backend = "small";
  EXPECT_EQ(AskPlan(flags, &config, nullptr)->plan.self.name, "small");
  flags.backend = "smal";
  EXPECT_THAT(Problem(flags, &config), HasSubstr("did you mean"));
}

// Two days of 30 answers every five minutes, 1,000 tokens in and 500 out each, and 10 of batch.
TrafficSource TwoDays() {
  TrafficSource source;
  for (std::int64_t span = 0; span < 2 * 288; ++span) {
    for (int i = 0; i < 40; ++i) {
      source.traffic.Add({.unix_seconds = 1'795'996'800 + span * 300 + i,
                          .request_class = i < 30 ? "code" : "batch",
                          .target = "qwen-2.5-32b@gpu",
                          .usage = {.input = 1'000, .output = 500},
                          .ttft_us = 400'000});
    }
  }
  return source;
}

TEST(PlanQuestionTest, traffic_gives_volume_mix_hours_and_throughput) {
  const config::Config config = Load(kYaml);
  const TrafficSource traffic = TwoDays();
  PlanFlags flags;
  flags.config = "headgate.yaml";
  const auto question = AskPlan(flags, &config, &traffic);
  ASSERT_TRUE(question.ok()) << question.status();
  const auto& classes = question->plan.demand.classes;
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_TRUE(classes[0].deferrable);
  EXPECT_EQ(classes[1].name, "code");
  // 60,000 tokens in 300 s from two replicas: 100 tokens/s each.
  EXPECT_EQ(question->plan.self.tokens_per_hour, 360'000);
  EXPECT_THAT(Find(*question, "throughput of a replica").source, HasSubstr("p95"));
  EXPECT_THAT(question->cautions,
              AllOf(Contains(HasSubstr("less than a week")), Contains(HasSubstr("load test"))));
  EXPECT_THAT(Find(*question, "volume, class code").source,
              HasSubstr("observed in 23,040 answers"));
  EXPECT_EQ(policy::BusiestHour(question->plan.demand.hours), 1'000'000);

  flags.ttft = "100ms";  // it was never so fast
  EXPECT_FALSE(AskPlan(flags, &config, &traffic)->plan.self.tokens_per_hour);
  flags.ttft.clear();
  flags.volumes = {"1B/month"};
  const auto scaled = AskPlan(flags, &config, &traffic);
  EXPECT_NEAR(static_cast<double>(policy::Total(policy::AllTokens(scaled->plan.demand))), 1e9, 4);
  flags.volumes = {"code=1B/month"};
  EXPECT_THAT(Problem(flags, &config, &traffic), HasSubstr("write one --volume without a class"));
  flags.volumes.clear();
  flags.output_shares = {"5%"};
  EXPECT_THAT(Problem(flags, &config, &traffic), HasSubstr("leave them out"));
}

TEST(PlanQuestionTest, traffic_of_less_than_a_minute_is_too_short) {
  TrafficSource traffic;
  traffic.traffic.Add(
      {.unix_seconds = 1, .request_class = "code", .target = "m@gpu", .usage = {.input = 5}});
  PlanFlags flags = Flags();
  flags.volumes.clear();
  EXPECT_THAT(Problem(flags, nullptr, &traffic), HasSubstr("less than a minute"));
}

}  // namespace
}  // namespace headgate::gateway
