#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/base/check.h"
#include "gateway/recording/record_reader.h"
#include "gateway/recording/record_text.h"
#include "gateway/recording/recorded_prices.h"
#include "routing/replay/record_translation.h"
#include "tests/gateway/recording/recording_fixture.h"

namespace headgate::gateway {
namespace {

using routing::CompiledPolicy;
using routing::Decision;
using routing::DecisionInput;
using Line = RecordReader::Line;

std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config) {
  auto policy = CompiledPolicy::Compile(config);
  HEADGATE_CHECK(policy.ok());
  return *std::move(policy);
}

// Reads one line as the reader gets it from a file: without its line end, and padded.
Line Read(RecordReader& reader, std::string line) {
  HEADGATE_CHECK(!line.empty() && line.back() == '\n');
  const std::size_t size = line.size() - 1;
  line.append(RecordReader::kPadding, 'x');
  return reader.Read({line.data(), size});
}

constexpr std::uint64_t kConversation = 0xfedcba9876543210;  // more than 63 bits

std::string RequestLine(const DecisionInput& input, const Decision& decision,
                        const std::string& model) {
  std::string line;
  AppendDecided(7, "req_0123", model, kConversation, input, decision, line);
  AppendOutcome({}, line);
  return line;
}

bool Same(const Decision& a, const Decision& b) {
  const auto same_plan = [](const routing::PlannedTarget& x, const routing::PlannedTarget& y) {
    return x.target == y.target && x.expected_cost == y.expected_cost &&
           x.expected_latency_ms == y.expected_latency_ms && x.cost_basis == y.cost_basis &&
           x.available == y.available && x.spilled == y.spilled && x.blend == y.blend;
  };
  const auto same_drop = [](const routing::DroppedTarget& x, const routing::DroppedTarget& y) {
    return x.target == y.target && x.reason == y.reason;
  };
  return a.outcome == b.outcome && a.route == b.route && a.input_tokens == b.input_tokens &&
         a.relax_level == b.relax_level && a.sticky == b.sticky &&
         a.spilled_from == b.spilled_from && !a.undecided && !b.undecided &&
         std::equal(a.plan.begin(), a.plan.end(), b.plan.begin(), b.plan.end(), same_plan) &&
         std::equal(a.dropped.begin(), a.dropped.end(), b.dropped.begin(), b.dropped.end(),
                    same_drop);
}

std::vector<std::size_t> SpilledIn(const Decision& decision) {
  std::vector<std::size_t> targets;
  for (const routing::PlannedTarget& planned : decision.plan) {
    if (planned.spilled) targets.push_back(planned.target);
  }
  return targets;
}

TEST(Recording, what_was_recorded_decides_as_it_did) {
  std::array<int, 5> outcomes{};
  int sticky = 0;
  int spilled = 0;
  int relaxed = 0;
  int own = 0;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    Draw draw(seed);
    const auto policy = Compiled(draw.Policy());
    RecordReader reader;
    ASSERT_EQ(Read(reader, PolicyLine(*policy, 7)), Line::kPolicy) << PolicyLine(*policy, 7);
    std::optional<routing::RecordTranslation> translation;
    for (int request = 0; request < 3; ++request) {
      DecisionInput input;
      const std::string model = draw.Request(*policy, input);
      Decision decision;
      Decide(*policy, input, decision);
      const std::string line = RequestLine(input, decision, model);
      ASSERT_EQ(Read(reader, line), Line::kRequest) << line;
      const routing::RecordedRequest& record = reader.request();
      ASSERT_EQ(record.input.candidates, input.candidates) << line;
      ASSERT_EQ(record.outcome, decision.outcome);
      ASSERT_EQ(record.spilled_from, decision.spilled_from) << line;
      ASSERT_EQ(std::vector(record.spilled.begin(), record.spilled.end()), SpilledIn(decision));

      if (!translation) translation.emplace(*record.policy, *policy);
      DecisionInput again;
      ASSERT_EQ(translation->Translate(record, again), routing::RecordTranslation::Result::kOk);
      ASSERT_EQ(again.facts, input.facts) << line;
      ASSERT_EQ(again.classification.request_class, input.classification.request_class);
      Decision replayed;
      Decide(*policy, again, replayed);
      ASSERT_TRUE(Same(decision, replayed)) << seed << ": " << line;
      ASSERT_FALSE(translation->DependsOnUnrecordedTarget(replayed));
      ++outcomes[static_cast<std::size_t>(decision.outcome)];
      sticky += decision.sticky ? 1 : 0;
      spilled += decision.spilled_from ? 1 : 0;
      relaxed += decision.relax_level != routing::RelaxLevel::kNothing ? 1 : 0;
      own += input.classification.class_reason == routing::Reason::kPolicy ? 1 : 0;
    }
  }
  // The random policies produce every kind of decision often.
  for (const int count : outcomes) EXPECT_GT(count, 200);
  EXPECT_GT(sticky, 200);
  EXPECT_GT(spilled, 100);
  EXPECT_GT(relaxed, 200);
  EXPECT_GT(own, 200);
}

// Older recordings do not say which requirements were relaxed.
TEST(Recording, is_read_when_it_is_older) {
  Draw draw(4);
  const auto policy = Compiled(draw.Policy());
  RecordReader reader;
  ASSERT_EQ(Read(reader, PolicyLine(*policy, 7)), Line::kPolicy);
  DecisionInput input;
  const std::string model = draw.Request(*policy, input);
  Decision decision;
  Decide(*policy, input, decision);
  decision.relaxed = routing::kRelaxedTtft | routing::kRelaxedScores;
  std::string line = RequestLine(input, decision, model);
  const std::size_t last = line.find(",9]", line.find(R"("decided":[)"));
  ASSERT_NE(last, std::string::npos) << line;
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  line.erase(last, 2);
  ASSERT_EQ(Read(reader, line), Line::kRequest) << line;
  EXPECT_EQ(reader.request().outcome, decision.outcome);
  line.erase(line.rfind(',', last - 1), 2);
  EXPECT_EQ(Read(reader, line), Line::kMalformed) << line;
}

TEST(Recording, keeps_the_rules_of_spilling_and_the_queues_that_were_left) {
  Draw draw(4);
  const auto policy = Compiled(draw.Policy());
  RecordReader reader;
  const std::string policy_line = PolicyLine(*policy, 7);
  ASSERT_EQ(Read(reader, policy_line), Line::kPolicy);
  DecisionInput input;
  const std::string model = draw.Request(*policy, input);
  Decision decision;
  Decide(*policy, input, decision);
  std::string line;
  AppendDecided(7, "req_0123", model, kConversation, input, decision, line);
  const std::string decided = line;
  const std::array<CallOutcome, 1> calls = {
      {{.call = {.target = policy->targets().size() - 1, .answered = true}, .result = "ok"}}};
  const std::array<std::size_t, 1> left = {0};
  AppendOutcome({.calls = calls, .left = left, .queued_us = 1'250, .refused = "queue_full"}, line);
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  const routing::RecordedRequest& record = reader.request();
  EXPECT_THAT(record.left, ::testing::ElementsAre(0));
  EXPECT_EQ(record.queued_us, 1'250);
  EXPECT_EQ(record.refused, "queue_full");
  EXPECT_EQ(record.SentTo(), policy->targets().size() - 1);
  ASSERT_TRUE(record.policy->spills);
  EXPECT_TRUE(record.policy->spills_free);
  ASSERT_EQ(record.policy->spills->size(), policy->routes().size());
  for (std::size_t i = 0; i < policy->routes().size(); ++i) {
    EXPECT_EQ((*record.policy->spills)[i].when, policy->routes()[i].spill.when);
    EXPECT_EQ((*record.policy->spills)[i].limit, policy->routes()[i].spill.limit);
  }

  line = decided;
  AppendOutcome({.calls = calls}, line);
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  EXPECT_EQ(record.queued_us, 0);
  EXPECT_TRUE(record.refused.empty());
  line = decided;
  const std::array<std::size_t, 1> unknown = {policy->targets().size()};
  AppendOutcome({.calls = calls, .left = unknown}, line);
  EXPECT_EQ(Read(reader, line), Line::kMalformed) << "a target that the policy does not have";

  // An older policy line has no waits, and no rules of spilling.
  std::string older = policy_line;
  const std::size_t waits = older.find(R"(,"waits":1)");
  ASSERT_NE(waits, std::string::npos);
  std::string wrong_waits = older;
  wrong_waits.replace(waits, 10, R"(,"waits":2)");
  EXPECT_EQ(Read(reader, wrong_waits), Line::kMalformed);
  older.erase(waits, 10);
  constexpr std::string_view kSpillsFree = R"(,"spills_free":1)";
  ASSERT_NE(older.find(kSpillsFree), std::string::npos);
  older.erase(older.find(kSpillsFree), kSpillsFree.size());
  const std::size_t begin = older.find(R"(,"spills":)");
  ASSERT_NE(begin, std::string::npos);
  older.erase(begin, older.find(R"(,"classes":)") - begin);
  ASSERT_EQ(Read(reader, older), Line::kPolicy);
  line = decided;
  AppendOutcome({.calls = calls}, line);
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  EXPECT_FALSE(reader.request().policy->spills);
  EXPECT_FALSE(reader.request().policy->spills_free);
  EXPECT_TRUE(reader.request().left.empty());
  EXPECT_FALSE(reader.request().queued_us);
  // What it has as a wait is the silence of a target.
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    EXPECT_EQ(reader.request().input.candidates[i].silent_wait_ms,
              input.candidates[i].predicted_wait_ms);
  }
  for (const char* const wrong : {"[3,0]", "[0]", "[0,1,2]", "[0,-1]", "[\"never\"]", "0"}) {
    std::string spoiled = older;
    spoiled.insert(begin, std::string(R"(,"spills":[)") + wrong + "]");
    EXPECT_EQ(Read(reader, spoiled), Line::kMalformed) << wrong;
  }
}

TEST(Recording, keeps_prices_and_what_became_of_a_request) {
  Draw draw(4);
  config::Config config = draw.Policy();
  config.backends.resize(1);
  config.routes.resize(1);
  config.routes[0].targets.clear();
  config.backends[0].hosting = config::Hosting::kPaidApi;
  if (config.keys.empty()) config.keys.emplace_back().name = "k";
  config.keys[0].trust_hints = {config::Hint::kSlo, config::Hint::kFim};
  config::Prices& prices = config.backends[0].models[0].price.emplace();
  prices.standard = {.input = 5, .cached_input = 2, .output = 7};
  prices.priority = {.row = config::PriceRow{.input = 50, .cache_write = 60, .output = 70}};
  prices.batch = {.row = {}, .share = 500'000};
  prices.fast = {.row = {}, .share = 6'000'000};
  prices.per_request = 1'234;
  prices.per_web_search = 77;
  config::PriceList night;
  night.standard = {.input = 9, .cache_write_1h = 11, .output = 10};
  night.flex = {.row = {}, .share = 250'000};
  prices.hours = {{{1'300, 60}, {}, 300'000}, {{600, 660}, night}};
  config::PriceChange change;
  change.from = 100'000;
  change.standard = {.input = 12, .cache_write = 13, .cache_write_1h = 14, .output = 15};
  change.hours = {{{0, 1'440}, {}, 900'000}};
  prices.changes = {change};
  prices.context_tiers = {{1'000, {.input = 3, .output = 4}}, {9'000, {.input = 8, .output = 9}}};
  const auto policy = Compiled(config);
  RecordReader reader;
  ASSERT_EQ(Read(reader, PolicyLine(*policy, 7)), Line::kPolicy);

  DecisionInput input;
  const std::string model = draw.Request(*policy, input);
  Decision decision;
  Decide(*policy, input, decision);
  std::string line;
  AppendDecided(7, "req_0123", model, kConversation, input, decision, line);
  const std::array<CallOutcome, 2> calls = {
      {{.call = {.target = 0, .cost = 11, .duration_us = 12}, .result = "reset"},
       {.call = {.target = 0,
                 .answered = true,
                 .exact = true,
                 .usage = {.input = 1,
                           .cached_input = 2,
                           .cache_write = 3,
                           .cache_write_1h = 6,
                           .output = 4,
                           .reasoning = 5,
                           .web_searches = 7},
                 .tier = policy::ServiceTier::kPriority,
                 .cost = 9'007'199'254'740'993,
                 .ttft_us = 13,
                 .duration_us = 14,
                 .ended_after_s = 15},
        .result = "ok"}}};
  AppendOutcome({.calls = calls}, line);
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  const routing::RecordedRequest& record = reader.request();
  EXPECT_EQ(record.id, "req_0123");
  EXPECT_EQ(record.model, model);
  EXPECT_EQ(record.conversation, kConversation);
  ASSERT_EQ(record.calls.size(), 2u);
  EXPECT_EQ(record.calls[0].cost, 11);
  EXPECT_FALSE(record.calls[0].answered);
  const routing::RecordedCall& answer = record.calls[1];
  EXPECT_TRUE(answer.answered && answer.exact);
  EXPECT_EQ(answer.cost, 9'007'199'254'740'993);
  EXPECT_EQ(answer.tier, policy::ServiceTier::kPriority);
  EXPECT_EQ(answer.usage.reasoning, 5);
  EXPECT_EQ(answer.ttft_us, 13);
  EXPECT_EQ(answer.usage.cache_write_1h, 6);
  EXPECT_EQ(answer.usage.web_searches, 7);
  EXPECT_EQ(answer.ended_after_s, 15);
  EXPECT_EQ(record.calls[0].duration_us, 12);
  EXPECT_EQ(record.calls[0].ended_after_s, 0);

  ASSERT_EQ(record.policy->keys.size(), policy->keys().size());
  for (std::size_t i = 0; i < policy->keys().size(); ++i) {
    EXPECT_EQ(record.policy->keys[i].trust.value().trusted, policy->keys()[i].trust.trusted);
  }
  EXPECT_EQ(record.policy->keyless_trust.value().trusted, policy->TrustOf({}).trusted);

  const config::Prices& read = record.policy->targets[0].prices.value();
  for (std::size_t tier = 0; tier < policy::kServiceTierNames.size(); ++tier) {
    for (const std::int64_t tokens : {500, 5'000, 50'000}) {
      const policy::Usage usage{.input = tokens * 1'000'000,
                                .cached_input = 17'000'000,
                                .cache_write = 19'000'000,
                                .cache_write_1h = 5'000'000,
                                .output = 23'000'000,
                                .web_searches = 3};
      for (std::int64_t time = 0; time < 200'000; time += 1'799) {
        const auto as = static_cast<policy::ServiceTier>(tier);
        ASSERT_EQ(CostOf(read, usage, as, time), CostOf(prices, usage, as, time)) << time;
      }
    }
  }
}

TEST(Recording, half_lines_and_foreign_ones_are_passed_over) {
  Draw draw(1);
  const auto policy = Compiled(draw.Policy());
  DecisionInput input;
  const std::string model = draw.Request(*policy, input);
  Decision decision;
  Decide(*policy, input, decision);
  const std::string line = RequestLine(input, decision, model);
  RecordReader reader;
  EXPECT_EQ(Read(reader, line), Line::kMalformed) << "no policy yet";
  ASSERT_EQ(Read(reader, PolicyLine(*policy, 7)), Line::kPolicy);
  ASSERT_EQ(Read(reader, line), Line::kRequest);
  for (std::size_t cut = 1; cut + 1 < line.size(); ++cut) {
    ASSERT_EQ(Read(reader, line.substr(0, cut) + "\n"), Line::kMalformed) << cut;
  }
  const std::string policy_line = PolicyLine(*policy, 7);
  for (std::size_t cut = 1; cut + 1 < policy_line.size(); ++cut) {
    ASSERT_EQ(Read(reader, policy_line.substr(0, cut) + "\n"), Line::kMalformed) << cut;
  }
  EXPECT_EQ(Read(reader, "{\"recording\":2,\"gen\":1}\n"), Line::kOtherVersion);
  EXPECT_EQ(Read(reader, "{\"id\":\"x\",\"gen\":8}\n"), Line::kMalformed);
  EXPECT_EQ(Read(reader, line.substr(0, line.size() - 2) + ",\"later\":{\"a\":[1]}}\n"),
            Line::kRequest);
  ASSERT_EQ(Read(reader, line), Line::kRequest) << "the lines before have changed nothing";
}

}  // namespace
}  // namespace headgate::gateway
