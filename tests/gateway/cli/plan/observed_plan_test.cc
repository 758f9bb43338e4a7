#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "gateway/cli/plan/plan_question.h"

namespace headgate::gateway {
namespace {

using testing::Contains;
using testing::HasSubstr;

config::Config TwoReplicas() {
  config::LoadResult loaded =
      config::LoadText(R"(
server: {auth: none}
backends:
  gpu:
    protocol: openai
    hosting: self_hosted
    replicas: [http://10.0.0.5:8000, http://10.0.0.6:8000]
    models: {qwen-2.5-32b: q}
    slots: 48
    cost: {per_replica_hour: 2.10}
  openai:
    protocol: openai
    hosting: paid_api
    url: https://api.openai.com/v1
    api_key: sk-0123456789abcdef0123
    models: {gpt-4.1: gpt-4.1}
routes: [{name: all}]
)",
                       "headgate.yaml", [](const std::string&) { return std::nullopt; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  return *std::move(loaded.config);
}

std::string Refusal(const PlanFlags& flags, const TrafficSource* traffic) {
  const config::Config config = TwoReplicas();
  const auto question = AskPlan(flags, &config, traffic);
  return question.ok() ? "" : std::string(question.status().message());
}

std::string ValueOf(const PlanQuestion& question, const std::string& input) {
  for (const Assumption& assumption : question.assumptions) {
    if (assumption.input == input) return assumption.value + " (" + assumption.source + ")";
  }
  return "";
}

// Each answer at the replicas has held slots worth a fourth of the rent of its five minutes, which
// is 0.35 USD for two replicas and 40 answers. As many tokens went to an API, for 0.1 USD a span.
TrafficSource QuarterBusy() {
  TrafficSource out;
  out.has_costs = true;
  for (std::int64_t span = 0; span < 2 * 288; ++span) {
    for (int i = 0; i < 40; ++i) {
      const std::int64_t time = 1'795'996'800 + span * 300 + i;
      const policy::Usage usage{.input = 1'000, .output = 500};
      out.traffic.Add({.unix_seconds = time,
                       .request_class = "code",
                       .target = "qwen-2.5-32b@gpu",
                       .usage = usage,
                       .cost = 2'187'500});
      out.traffic.Add({.unix_seconds = time,
                       .request_class = "code",
                       .target = "gpt-4.1@openai",
                       .usage = usage,
                       .cost = 2'500'000});
    }
  }
  return out;
}

TEST(ObservedPlanTest, rent_that_was_booked_says_how_busy_replicas_were) {
  const config::Config config = TwoReplicas();
  const TrafficSource traffic = QuarterBusy();
  PlanFlags flags;
  const auto question = AskPlan(flags, &config, &traffic);
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ(question->busy, 250'000);
  EXPECT_THAT(ValueOf(*question, "replicas were busy"), HasSubstr("25 % (observed: the rent"));
  ASSERT_TRUE(question->today);
  EXPECT_EQ(question->today->tokens, 2 * question->today->home_tokens);
  // 0.1 USD in 300 s, 30.4 days; the last second of the last span is not observed.
  EXPECT_NEAR(static_cast<double>(question->today->elsewhere) / 1e9, 0.1 * 30.4 * 288, 1.5);
  flags.busy = "80%";
  EXPECT_EQ(AskPlan(flags, &config, &traffic)->busy, 800'000);
  flags.busy = "0%";
  EXPECT_THAT(Refusal(flags, &traffic), HasSubstr("write 1% to 100%"));
  flags.busy = "80%";
  flags.throughput = "100";
  EXPECT_THAT(Refusal(flags, &traffic), HasSubstr("--busy 80%: is for a throughput that"));
}

TEST(ObservedPlanTest, a_volume_may_be_a_multiple_of_what_was_observed) {
  const config::Config config = TwoReplicas();
  const TrafficSource traffic = QuarterBusy();
  const auto tokens = [&](const PlanFlags& flags) {
    return policy::Total(policy::AllTokens(AskPlan(flags, &config, &traffic)->plan.demand));
  };
  PlanFlags flags;
  const std::int64_t observed = tokens(flags);
  flags.volumes = {"2x"};
  EXPECT_NEAR(static_cast<double>(tokens(flags)), 2.0 * static_cast<double>(observed), 4);
  EXPECT_THAT(Refusal(flags, nullptr), HasSubstr("there is no traffic; give traffic or --ledger"));
  flags.volumes = {"2x", "3x"};
  EXPECT_THAT(Refusal(flags, &traffic), HasSubstr("write one --volume"));
}

TEST(ObservedPlanTest, a_short_span_and_its_quiet_minutes_are_said) {
  TrafficSource traffic;
  for (const std::int64_t second : {0, 30, 70, 7'199}) {
    traffic.traffic.Add({.unix_seconds = 1'795'996'800 + second,
                         .request_class = "code",
                         .target = "m@gpu",
                         .usage = {.input = 5'000'000}});
  }
  const config::Config config = TwoReplicas();
  const auto question = AskPlan(PlanFlags(), &config, &traffic);
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ(question->short_span, "Extrapolated from 2 hours, with requests in 3 minutes of it.");
  EXPECT_THAT(question->cautions, Contains(HasSubstr("quiet minutes count")));
  EXPECT_THAT(ValueOf(*question, "volume, class code"),
              HasSubstr("requests came in 3 minutes of it"));
}

}  // namespace
}  // namespace headgate::gateway
