#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/replay/replay.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

// Each side has the price that held when the answer ended.
TEST(Replay, prices_are_those_of_the_time_of_the_answer) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  config::PriceChange change;
  change.from = 1'000'060;
  change.standard = {.input = 50'000'000, .output = 70'000'000};
  config.backends[0].models[0].price->changes = {change};
  const auto policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*policy);
  const config::PriceRow& before = policy->targets()[0].prices->standard;
  Replay replay(*policy, nullptr);
  for (const std::int64_t ended_after : {59, 60}) {
    RecordedCall call = Answer(0, 10, 100, 0, 1'000);
    call.ended_after_s = ended_after;
    RecordedRequest request = Request(recorded, "r", 0, {call});
    request.input.unix_seconds = 1'000'000;
    replay.Add(request);
  }
  const ReplayTotals totals = replay.Finish();
  const NanoUsd cost =
      (10 * before.input + 100 * before.output) / 1'000'000 + NanoUsd{10} * 50 + NanoUsd{100} * 70;
  EXPECT_EQ(totals.before.cost, cost);
  EXPECT_EQ(totals.after.cost, cost);
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
  ASSERT_EQ(totals.most_expensive_moves.size(), 1u);
  EXPECT_EQ(totals.most_expensive_moves[0].id, "code");
  EXPECT_EQ(totals.most_expensive_moves[0].Increase(), 530);
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
  EXPECT_EQ(totals.after.rent_coverage.known, 0u);
  EXPECT_EQ(totals.after.rent_coverage.unknown, 3u);
  EXPECT_EQ(totals.after.cost_coverage.known, 3u) << "it costs nothing per token";
  EXPECT_EQ(totals.before.rent_coverage.unknown, 0u);
  EXPECT_EQ(totals.after.duration.samples(), 0);
}

TEST(Replay, expected_times_count_what_they_leave_out_and_first_tokens_are_those_of_streams) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("small", {"a", "b", "gpu"}, config::Prefer::kOrdered)};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  const auto request = [&](std::size_t target, bool stream, std::int64_t ttft_us) {
    RecordedCall call = Answer(target, 1, 1, 3, 10 * ttft_us + 1'000'000);
    call.ttft_us = stream ? ttft_us : 0;
    RecordedRequest made = Request(recorded, "x", target, {call});
    made.input.stream = stream;
    if (target == 1) made.input.candidates[0].available = false;
    return made;
  };
  // All streams, recorded at m@a, move to m@gpu. The other requests stay at m@b.
  config.routes = {RouteTo("small", {"gpu"}), RouteTo("large", {"b"})};
  config.routes[0].when.stream = true;
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  for (int i = 0; i < 6; ++i) replay.Add(request(0, true, 100'000));
  for (int i = 0; i < 2; ++i) replay.Add(request(1, false, 0));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.before.duration_coverage.known, 8u);
  EXPECT_EQ(totals.before.duration_coverage.unknown, 0u);
  EXPECT_EQ(totals.before.ttft_coverage.known, 6u);
  EXPECT_DOUBLE_EQ(totals.before.ttft.samples(), 6) << "a non-streamed answer does not count";
  EXPECT_EQ(totals.after.duration_coverage.known, 2u);
  EXPECT_EQ(totals.after.duration_coverage.unknown, 6u) << "m@gpu has not answered";
  EXPECT_EQ(totals.after.ttft_coverage.known, 0u);
  EXPECT_EQ(totals.after.ttft_coverage.unknown, 6u);
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
  replay.Add(refused);  // goes to self-hosted backends
  refused.input.stream = true;
  replay.Add(refused);  // to m@a
  replay.Add(refused);
  RecordedRequest same = Request(recorded, "y", 0, {});  // planned as recorded, and not answered
  same.input.stream = true;
  replay.Add(same);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.newly_planned, 3u);
  EXPECT_EQ(totals.before.without_usage, 0u);
  EXPECT_EQ(totals.after.without_usage, 3u);
  EXPECT_EQ(totals.after.cost_coverage.unknown, 2u);
  EXPECT_EQ(totals.after.rent_coverage.unknown, 1u);
  const ReplayRow& row = totals.targets.at("m@a");
  EXPECT_EQ(row.after_coverage.unknown, 2u);
  EXPECT_EQ(row.after_coverage.known, 1u);
  EXPECT_EQ(row.before_coverage.unknown, 0u);
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
    EXPECT_EQ(dear.cost_coverage.unknown, 1u);
    EXPECT_TRUE(totals.most_expensive_moves.empty())
        << "an increase from unknown to 3 is not known";
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

TEST(Replay, the_ten_most_expensive_moves_are_kept_in_order) {
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
  ASSERT_EQ(totals.most_expensive_moves.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(totals.most_expensive_moves[static_cast<std::size_t>(i)].id, std::to_string(29 - i));
    EXPECT_EQ(totals.most_expensive_moves[static_cast<std::size_t>(i)].Increase(), (29 - i) * 2);
  }
}

}  // namespace
}  // namespace headgate::routing
