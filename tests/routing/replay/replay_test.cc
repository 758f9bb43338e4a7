#include "routing/replay/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Replay, the_same_policy_moves_nothing_and_finds_the_booked_cost) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"b", "a"})};
  const auto policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*policy);
  Replay replay(*policy, nullptr);
  replay.Add(Request(recorded, "one", 0, {Answer(0, 10, 100, 210)}));
  // The first choice failed, at a cost, and another target answered: both are carried over.
  RecordedCall failed = Answer(0, 4, 0, 4);
  failed.answered = false;
  replay.Add(Request(recorded, "two", 0, {failed, Answer(1, 10, 100, 530)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.decided, 2u);
  EXPECT_EQ(totals.moved, 0u);
  EXPECT_EQ(totals.booked_cost, 744);
  for (const ReplaySide* side : {&totals.before, &totals.after}) {
    EXPECT_EQ(side->cost, 740);
    EXPECT_EQ(side->failed_cost, 4);
    EXPECT_EQ(side->planned, 2u);
  }
}

TEST(Replay, counts_requests_whose_topics_are_of_another_model) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"b", "a"})};
  const auto policy = Compiled(config);
  const RecordedPolicy same = RecordedUnder(*policy);
  RecordedPolicy older = same;
  older.topic_model.clear();  // not recorded: not known to be another
  RecordedPolicy other = same;
  other.topic_model = "1a2b3c4d00000000";
  Replay replay(*policy, nullptr);
  const std::vector<const RecordedPolicy*> all = {&same, &older, &other, &other};
  for (const RecordedPolicy* recorded : all) {
    replay.Add(Request(*recorded, "one", 0, {Answer(0, 10, 100, 210)}));
  }
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.requests, 4u);
  EXPECT_EQ(totals.other_topic_model, 2u);
}

TEST(Replay, swapped_prices_save_what_arithmetic_says) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a", "b"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config::Config swapped = TwoPaidOneOwn(3, 5, 1, 2);
  swapped.routes = config.routes;
  const auto new_policy = Compiled(swapped);
  for (const CompiledPolicy* against :
       {static_cast<const CompiledPolicy*>(nullptr), old_policy.get()}) {
    Replay replay(*new_policy, against);
    // All requests were recorded at m@a, the cheaper target then. They move to m@b, which now costs
    // the same.
    replay.Add(Request(recorded, "one", 0, {Answer(0, 10, 100, 210)}));
    replay.Add(Request(recorded, "two", 0, {Answer(0, 1'000, 7, 1'014)}));
    // This request failed over from a to b: its first choice moves to b, at the new price of b.
    RecordedCall failed = Answer(0, 6, 0, 6);
    failed.answered = false;
    replay.Add(Request(recorded, "three", 0, {failed, Answer(1, 20, 30, 210)}));
    const ReplayTotals totals = replay.Finish();
    EXPECT_EQ(totals.moved, 3u);
    EXPECT_THAT(totals.moves, UnorderedElementsAre(Pair(Pair("m@a", "m@b"), 3u)));
    EXPECT_EQ(totals.before.cost, 210 + 1'014 + (20 * 3 + 30 * 5));
    EXPECT_EQ(totals.after.cost, 210 + 1'014 + (20 * 1 + 30 * 2));
    EXPECT_EQ(totals.before.failed_cost, 6);
    EXPECT_EQ(totals.after.failed_cost, 6 * 3);
    EXPECT_EQ(totals.teams.at("team").cost_after, totals.after.cost);
    EXPECT_EQ(totals.routes.at("all").cost_before, totals.before.cost);
    EXPECT_EQ(totals.classes.at("general").requests_after, 3u);
    EXPECT_TRUE(totals.most_expensive_moves.empty());
  }
}

TEST(Replay, refusals_are_counted_by_reason) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes[0].require.hosting = config::Hosting::kSelfHosted;
  config.keys[0].models = {"another"};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  replay.Add(Request(recorded, "none left", 0, {Answer(0, 1, 1, 3)}));
  RecordedRequest pinned = Request(recorded, "pinned", 0, {Answer(0, 1, 1, 3)});
  pinned.model = "m";
  replay.Add(pinned);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.newly_refused, 2u);
  EXPECT_EQ(totals.after.refused[static_cast<std::size_t>(Outcome::kNoTarget)], 1u);
  EXPECT_EQ(totals.after.refused[static_cast<std::size_t>(Outcome::kModelNotAllowed)], 1u);
  EXPECT_EQ(totals.before.cost, 6);
  EXPECT_EQ(totals.after.cost, 0);
  EXPECT_THAT(totals.moves, UnorderedElementsAre(Pair(Pair("m@a", "none"), 2u)));
}

config::Config WithHeader(std::vector<std::string> globs) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("first", {"b"}), RouteTo("rest", {"a"})};
  config.routes[0].when.headers = {{"x-data", std::move(globs)}};
  return config;
}

// The decision of the new policy about a request whose header matched `matched` in the old policy.
ReplayTotals Replayed(const std::vector<std::string>& looked_for,
                      const std::vector<std::size_t>& matched,
                      const std::vector<std::string>& asked) {
  const auto old_policy = Compiled(WithHeader(looked_for));
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  const auto new_policy = Compiled(WithHeader(asked));
  Replay replay(*new_policy, nullptr);
  RecordedRequest record = Request(recorded, "x", 0, {Answer(0, 1, 1, 3)});
  record.route = 1;
  for (const std::size_t pattern : matched) record.input.facts.Set(pattern);
  replay.Add(record);
  return replay.Finish();
}

TEST(Replay, a_pattern_never_looked_for_leaves_a_request_undecided) {
  EXPECT_EQ(Replayed({"phi"}, {}, {"pci"}).undecided_fact, 1u);
  EXPECT_EQ(Replayed({"phi"}, {}, {"pci"}).undecided_cost, 3);
  EXPECT_EQ(Replayed({"phi"}, {0}, {"pci"}).undecided_fact, 1u) << "there may be two values";
  EXPECT_EQ(Replayed({"p*"}, {0}, {"pci"}).undecided_fact, 1u);
  EXPECT_EQ(Replayed({"phi"}, {0}, {"phi", "pci"}).targets.count("m@b"), 1u)
      << "one matching value is enough";
}

TEST(Replay, what_follows_from_patterns_that_were_looked_for_is_known) {
  const auto goes_to_b = [](const ReplayTotals& totals) {
    EXPECT_EQ(totals.decided, 1u);
    return totals.targets.at("m@b").requests_after == 1;
  };
  const auto goes_to_a = [](const ReplayTotals& totals) {
    EXPECT_EQ(totals.decided, 1u);
    return totals.targets.at("m@a").requests_after == 1;
  };
  EXPECT_TRUE(goes_to_b(Replayed({"phi", "pci"}, {1}, {"pci"})));
  EXPECT_TRUE(goes_to_b(Replayed({"phi"}, {0}, {"*"}))) << "the header was present";
  EXPECT_TRUE(goes_to_b(Replayed({"phi"}, {0}, {"PH?"}))) << "its value is known";
  EXPECT_TRUE(goes_to_a(Replayed({"*"}, {}, {"pci"}))) << "the header was absent";
  EXPECT_TRUE(goes_to_a(Replayed({"p*"}, {}, {"pci"}))) << "no value began with p";
}

TEST(Replay, a_class_that_is_not_known_matters_only_where_the_first_choice_hangs_on_it) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("stream", {"b"}), RouteTo("rest", {"a"})};
  config.routes[0].when.stream = true;
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  RecordedRequest plain = Request(recorded, "plain", 0, {Answer(0, 1, 1, 3)});
  plain.route = 1;
  RecordedRequest stream = Request(recorded, "stream", 1, {Answer(1, 1, 1, 8)});
  stream.input.stream = true;

  config::CustomClass& custom_class = config.classes.emplace_back();
  custom_class.name = "checkout";
  custom_class.when.headers = {{"x-shop", {"yes"}}};
  const auto totals_of = [&] {
    const auto new_policy = Compiled(config);
    Replay replay(*new_policy, nullptr);
    replay.Add(plain);
    replay.Add(stream);
    return replay.Finish();
  };
  const ReplayTotals unused = totals_of();
  EXPECT_EQ(unused.decided, 2u) << "no route looks at the class";
  EXPECT_EQ(unused.moved, 0u);
  EXPECT_EQ(unused.classes.at("not known").requests_after, 2u);
  EXPECT_EQ(unused.routes.at("rest").requests_after, 1u);

  config.routes.insert(config.routes.begin() + 1, RouteTo("shop", {"gpu"}));
  config.routes[1].when.classes = {"checkout"};
  const ReplayTotals used = totals_of();
  EXPECT_EQ(used.decided, 1u) << "streams go to b in any class";
  EXPECT_EQ(used.undecided_fact, 1u);
  EXPECT_EQ(used.targets.at("m@b").requests_after, 1u);

  config.routes[1] = RouteTo("shop", {"a"});
  config.routes[1].when.classes = {"checkout"};
  const ReplayTotals same = totals_of();
  EXPECT_EQ(same.decided, 2u) << "another route to the same target";
  EXPECT_EQ(same.routes.at("not known").requests_after, 1u);
  EXPECT_EQ(same.moved, 0u);
}

TEST(Replay, targets_and_keys_never_recorded_leave_requests_undecided) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.backends.push_back(Backend("new", 0, 0));
  const auto totals_of = [&](std::vector<std::string> backends, config::Prefer prefer) {
    config.routes = {RouteTo("all", std::move(backends), prefer)};
    const auto new_policy = Compiled(config);
    Replay replay(*new_policy, nullptr);
    replay.Add(Request(recorded, "x", 0, {Answer(0, 1, 1, 3)}));
    return replay.Finish();
  };
  EXPECT_EQ(totals_of({"a", "new"}, config::Prefer::kLowestCost).undecided_target, 1u);
  EXPECT_EQ(totals_of({"new", "a"}, config::Prefer::kOrdered).undecided_target, 1u);
  EXPECT_EQ(totals_of({"a", "new"}, config::Prefer::kOrdered).decided, 1u);
  config.keys[0].name = "another";
  EXPECT_EQ(totals_of({"a"}, config::Prefer::kOrdered).undecided_key, 1u);
}

TEST(Replay, a_hint_that_is_trusted_otherwise_leaves_those_undecided_that_hang_on_it) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  config.keys[0].trust_hints = {config::Hint::kSlo};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  RecordedRequest plain = Request(recorded, "plain", 0, {Answer(0, 1, 1, 3)});
  RecordedRequest raised = plain;
  raised.input.classification.urgency = Urgency::kLatencyCritical;
  raised.input.classification.urgency_reason = Reason::kSlo;
  RecordedRequest clamped = plain;
  clamped.input.classification.clamped = true;
  clamped.input.classification.urgency_reason = Reason::kClamped;
  const auto undecided = [&](const RecordedRequest& record, std::vector<config::Hint> trusted) {
    config.keys[0].trust_hints = std::move(trusted);
    const auto new_policy = Compiled(config);
    Replay replay(*new_policy, nullptr);
    replay.Add(record);
    const ReplayTotals totals = replay.Finish();
    EXPECT_EQ(totals.undecided_hints, totals.Undecided());
    return totals.undecided_hints == 1;
  };
  using config::Hint;
  for (const auto& trusted : {std::vector{Hint::kSlo}, {}, {Hint::kSlo, Hint::kClass}}) {
    EXPECT_FALSE(undecided(plain, trusted));
  }
  EXPECT_FALSE(undecided(raised, {Hint::kSlo}));
  EXPECT_FALSE(undecided(raised, {Hint::kSlo, Hint::kClass}));
  EXPECT_TRUE(undecided(raised, {}));
  EXPECT_FALSE(undecided(clamped, {Hint::kSlo}));
  EXPECT_FALSE(undecided(clamped, {})) << "still refused";
  EXPECT_TRUE(undecided(clamped, {Hint::kSlo, Hint::kHeader}));
  EXPECT_TRUE(undecided(clamped, {Hint::kSlo, Hint::kClass}));

  RecordedPolicy older = recorded;
  older.keys[0].trust.reset();
  raised.policy = clamped.policy = &older;
  EXPECT_TRUE(undecided(raised, {})) << "the recording shows that it was trusted";
  EXPECT_FALSE(undecided(raised, {Hint::kSlo}));
  EXPECT_FALSE(undecided(clamped, {Hint::kSlo})) << "as far as is known";
}

TEST(DurationHistogram, quantiles_are_within_one_and_a_half_percent) {
  DurationHistogram histogram;
  for (std::int64_t us = 1; us <= 1'000'000; us += 7) histogram.Add(us);
  EXPECT_NEAR(histogram.QuantileMs(0.5), 500, 8);
  EXPECT_NEAR(histogram.QuantileMs(0.95), 950, 15);
  DurationHistogram other;
  other.Add(5);
  histogram.Mix(other, 10'000'000);
  EXPECT_DOUBLE_EQ(histogram.QuantileMs(0.5), 0.005);
  EXPECT_EQ(DurationHistogram().QuantileMs(0.5), 0);
}

}  // namespace
}  // namespace headgate::routing
