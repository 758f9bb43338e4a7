#include "routing/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/routing/replay_fixture.h"

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
  // The first choice failed, at a cost, and the other one answered: both are carried over.
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
    // All were recorded at m@a, the cheaper one then. They move to m@b, which now costs the same.
    replay.Add(Request(recorded, "one", 0, {Answer(0, 10, 100, 210)}));
    replay.Add(Request(recorded, "two", 0, {Answer(0, 1'000, 7, 1'014)}));
    // This one failed over from a to b: its first choice moves to b, at the new price of b.
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
    EXPECT_TRUE(totals.dearest.empty());
  }
}

TEST(Replay, own_hardware_is_rent_and_not_paid_by_the_token) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"gpu"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes = {RouteTo("code", {"b"}), RouteTo("all", {"gpu"})};
  config.routes[0].when.classes = {"code"};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  RecordedRequest code = Request(recorded, "code", 2, {Answer(2, 10, 100, 999, 2'000)});
  code.input.classification.built_in_class = Class::kCode;
  code.input.classification.request_class = Class::kCode;
  replay.Add(code);
  replay.Add(Request(recorded, "rest", 2, {Answer(2, 10, 100, 999, 4'000)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.before.cost, 0);
  EXPECT_EQ(totals.before.rent, 6'000 * 1'000);
  EXPECT_EQ(totals.after.cost, 10 * 3 + 100 * 5);
  EXPECT_EQ(totals.after.rent, 4'000 * 1'000);
  EXPECT_EQ(totals.booked_rent, 2 * 999);
  ASSERT_EQ(totals.dearest.size(), 1u);
  EXPECT_EQ(totals.dearest[0].id, "code");
  EXPECT_EQ(totals.dearest[0].Increase(), 530);
}

TEST(Replay, a_move_to_own_hardware_takes_its_median_time) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a", "gpu"}, config::Prefer::kOrdered)};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes = {RouteTo("all", {"gpu"})};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  replay.Add(Request(recorded, "paid", 0, {Answer(0, 1, 1, 3, 90'000)}));
  for (const std::int64_t us : {100, 110, 120}) {
    replay.Add(Request(recorded, "own", 2, {Answer(2, 1, 1, 0, us)}));
  }
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.moved, 1u);
  EXPECT_EQ(totals.after.rent, (100 + 110 + 120 + 110) * 1'000);
  EXPECT_DOUBLE_EQ(totals.after.duration.QuantileMs(0.5), 0.110);
  EXPECT_NEAR(totals.before.duration.QuantileMs(0.95), 90, 1);
  EXPECT_DOUBLE_EQ(totals.after.duration.samples(), 4);
}

TEST(Replay, own_hardware_that_has_answered_nothing_has_a_rent_that_is_not_known) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a", "gpu"}, config::Prefer::kOrdered)};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes = {RouteTo("all", {"gpu"})};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  for (int i = 0; i < 3; ++i) replay.Add(Request(recorded, "x", 0, {Answer(0, 1, 1, 3)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.after.of_rent.known, 0u);
  EXPECT_EQ(totals.after.of_rent.unknown, 3u);
  EXPECT_EQ(totals.after.of_cost.known, 3u) << "it costs nothing by the token";
  EXPECT_EQ(totals.before.of_rent.unknown, 0u);
  EXPECT_EQ(totals.after.duration.samples(), 0);
}

TEST(Replay, what_was_refused_and_is_served_has_a_cost_that_is_not_known) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("stream", {"a"}), RouteTo("all", {"gpu"})};
  config.routes[0].when.stream = true;
  const auto new_policy = Compiled(config);
  config.routes = {RouteTo("big", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  Replay replay(*new_policy, nullptr);
  RecordedRequest refused = Request(recorded, "x", 0, {});
  refused.outcome = Outcome::kNoRoute;
  replay.Add(refused);  // to own hardware
  refused.input.stream = true;
  replay.Add(refused);  // to m@a
  replay.Add(refused);
  RecordedRequest same = Request(recorded, "y", 0, {});  // planned as then, and nobody answered
  same.input.stream = true;
  replay.Add(same);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.newly_planned, 3u);
  EXPECT_EQ(totals.before.without_usage, 0u);
  EXPECT_EQ(totals.after.without_usage, 3u);
  EXPECT_EQ(totals.after.of_cost.unknown, 2u);
  EXPECT_EQ(totals.after.of_rent.unknown, 1u);
  const ReplayRow& row = totals.targets.at("m@a");
  EXPECT_EQ(row.of_after.unknown, 2u);
  EXPECT_EQ(row.of_after.known, 1u);
  EXPECT_EQ(row.of_before.unknown, 0u);
}

TEST(Replay, a_target_without_a_price_costs_nobody_knows_what) {
  config::Config config = TwoPaidOneOwn();
  config.backends.push_back(Backend("dear", std::nullopt, 0));
  config.routes = {RouteTo("all", {"a", "dear"}, config::Prefer::kOrdered)};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes = {RouteTo("all", {"dear", "a"}, config::Prefer::kOrdered)};
  const auto new_policy = Compiled(config);
  for (const bool back : {false, true}) {
    Replay replay(back ? *old_policy : *new_policy, back ? new_policy.get() : nullptr);
    replay.Add(Request(recorded, "x", 0, {Answer(0, 1, 1, 3)}));
    const ReplayTotals totals = replay.Finish();
    const ReplaySide& dear = back ? totals.before : totals.after;
    EXPECT_EQ(totals.moved, 1u);
    EXPECT_EQ(dear.unpriced, 1u);
    EXPECT_EQ(dear.of_cost.unknown, 1u);
    EXPECT_TRUE(totals.dearest.empty()) << "from unknown to 3 is no increase that is known";
  }
}

TEST(Replay, money_of_undecided_requests_is_kept_apart_as_paid_and_rent) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.keys[0].name = "another";
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  RecordedCall failed = Answer(2, 1, 1, 70);
  failed.answered = false;
  replay.Add(Request(recorded, "x", 2, {failed, Answer(0, 1, 1, 3)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.undecided_cost, 3);
  EXPECT_EQ(totals.undecided_rent, 70);
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

// What the new policy decides of a request of whose header the old one found `matched`.
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
  EXPECT_EQ(Replayed({"phi"}, {0}, {"phi", "pci"}).targets.count("m@b"), 1u) << "one is enough";
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
  EXPECT_TRUE(goes_to_b(Replayed({"phi"}, {0}, {"*"}))) << "it was there";
  EXPECT_TRUE(goes_to_b(Replayed({"phi"}, {0}, {"PH?"}))) << "its value is known";
  EXPECT_TRUE(goes_to_a(Replayed({"*"}, {}, {"pci"}))) << "it was not there";
  EXPECT_TRUE(goes_to_a(Replayed({"p*"}, {}, {"pci"}))) << "no value began with p";
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

TEST(Replay, the_ten_dearest_moves_are_kept_dearest_first) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes = {RouteTo("all", {"b"})};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  for (int i = 0; i < 30; ++i) {
    const std::string id = std::to_string(i * 7 % 30);
    replay.Add(Request(recorded, id, 0, {Answer(0, i * 7 % 30, 0, 0)}));
  }
  const ReplayTotals totals = replay.Finish();
  ASSERT_EQ(totals.dearest.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(totals.dearest[static_cast<std::size_t>(i)].id, std::to_string(29 - i));
    EXPECT_EQ(totals.dearest[static_cast<std::size_t>(i)].Increase(), (29 - i) * 2);
  }
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
