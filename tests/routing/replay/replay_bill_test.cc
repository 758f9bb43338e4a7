#include "routing/replay/replay_bill.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "routing/replay/replay.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

TEST(ReplayBill, an_amount_of_a_span_is_one_of_a_day_exactly_and_rounded_half_up) {
  EXPECT_EQ(PerDay(1'000'000'007, kDay), 1'000'000'007);
  EXPECT_EQ(PerDay(1, 2 * kDay), 1) << "half up";
  EXPECT_EQ(PerDay(1, 2 * kDay + 1), 0);
  EXPECT_EQ(PerDay(7, kHour), 7 * 24);
  EXPECT_EQ(PerDay(9'000'000'000'000'000'000 / 24, kHour), 9'000'000'000'000'000'000)
      << "in more than 64 bits";
  EXPECT_EQ(PerMonth(1'181'760'000'000), 35'925'504'000'000) << "49.24 USD an hour";
}

ReplaySpan Spanning(const std::vector<std::int64_t>& seconds) {
  ReplaySpan span;
  for (const std::int64_t second : seconds) span.Add(second);
  return span;
}

TEST(ReplaySpan, knows_its_ends_in_any_order_and_what_may_be_made_of_it) {
  const ReplaySpan span = Spanning({5'000, 100, 90'000});
  EXPECT_EQ(std::pair(span.first(), span.last()),
            std::pair(std::int64_t{100}, std::int64_t{90'000}));
  EXPECT_EQ(span.Seconds(), 89'901);
  EXPECT_TRUE(Spanning({0, 59}).CanExtrapolate());
  EXPECT_FALSE(Spanning({0, 58}).CanExtrapolate());
  EXPECT_TRUE(Spanning({0, kDay - 2}).IsUnderADay());
  EXPECT_FALSE(Spanning({0, kDay - 1}).IsUnderADay());
  EXPECT_TRUE(Spanning({0, 7 * kDay - 2}).IsUnderAWeek());
  EXPECT_FALSE(Spanning({0, 7 * kDay - 1}).IsUnderAWeek());
}

TEST(ReplaySpan, tells_bursts_and_silence_from_even_traffic) {
  ReplaySpan even;
  ReplaySpan burst;
  for (std::int64_t hour = 0; hour < 24; ++hour) {
    for (int i = 0; i < 10; ++i) even.Add(hour * kHour + i);
    burst.Add(hour * kHour);
  }
  for (int i = 0; i < 100; ++i) burst.Add(12 * kHour + i);
  EXPECT_FALSE(even.IsBursty());
  EXPECT_EQ(even.SilentHours(), 0);
  EXPECT_TRUE(burst.IsBursty());
  EXPECT_EQ(burst.SilentHours(), 0);
  EXPECT_EQ(Spanning({0, 10 * kHour}).SilentHours(), 9);
  EXPECT_EQ(Spanning({0, 10 * kHour}).Hours(), 11);
}

// Half a day at 1,000 nano-dollars a request; m@gpu: a replica for 7,200 USD an hour.
struct HalfADay {
  HalfADay() {
    config.routes = {RouteTo("all", {"gpu"})};
    old_policy = Compiled(config);
    recorded = RecordedUnder(*old_policy);
  }
  ReplayTotals To(const std::string& backend, std::size_t replicas,
                  const CompiledPolicy* against = nullptr) {
    config.backends[2].replicas.resize(replicas);
    config.routes = {RouteTo("all", {backend})};
    const auto new_policy = Compiled(config);
    Replay replay(*new_policy, against);
    for (const std::int64_t second : {std::int64_t{0}, kDay / 2 - 1}) {
      RecordedRequest request = Request(recorded, "x", 2, {Answer(2, 600, 200, 9)});
      request.input.unix_seconds = second;
      replay.Add(request);
    }
    return replay.Finish();
  }
  config::Config config = TwoPaidOneOwn();
  std::shared_ptr<const CompiledPolicy> old_policy;
  RecordedPolicy recorded;
};

TEST(ReplayBill, moving_off_self_hosted_saves_nothing_until_a_replica_goes) {
  HalfADay day;
  day.config.backends[2].replicas.resize(2);
  day.old_policy = Compiled(day.config);
  constexpr NanoUsd kReplicaDay = 24 * NanoUsd{7'200'000'000'000};

  const ReplayTotals moved = day.To("a", 2, day.old_policy.get());
  const ReplayBill before = BillOf(moved.before, moved.span);
  const ReplayBill after = BillOf(moved.after, moved.span);
  EXPECT_EQ(before.paid, 0);
  EXPECT_EQ(before.rent, 2 * kReplicaDay);
  EXPECT_EQ(after.paid, 2 * 2 * 1'000) << "two answers, twice a day";
  EXPECT_EQ(after.rent, before.rent);
  EXPECT_EQ(*after.Total() - *before.Total(), 4'000) << "the rent stays and the paid cost is added";

  const ReplayTotals fewer = day.To("a", 1, day.old_policy.get());
  EXPECT_EQ(BillOf(fewer.after, fewer.span).rent, kReplicaDay);
}

TEST(ReplayBill, the_rent_of_then_is_the_recorded_one_or_not_known) {
  HalfADay day;
  EXPECT_FALSE(day.To("gpu", 1).before.rents) << "an older recording";
  EXPECT_EQ(BillOf(day.To("gpu", 1).before, Spanning({0, kDay})).Total(), std::nullopt);
  day.recorded.rents = {{"gpu", 3, 2, 50}};
  const ReplayTotals totals = day.To("gpu", 1);
  EXPECT_EQ(BillOf(totals.before, totals.span).rent, 24 * 3 * 50);
  EXPECT_FALSE(totals.rents_changed);
}

TEST(ReplayBill, too_short_a_span_is_not_extrapolated) {
  HalfADay day;
  const ReplayTotals totals = day.To("a", 1);
  EXPECT_EQ(BillOf(totals.after, Spanning({0, 10})).paid, std::nullopt);
  EXPECT_EQ(BillOf(totals.after, Spanning({0, 10})).Total(), std::nullopt);
}

TEST(Replay, a_change_of_rent_while_recording_is_said_and_the_last_counts) {
  HalfADay day;
  RecordedPolicy first = day.recorded;
  RecordedPolicy second = day.recorded;
  first.rents = {{"gpu", 3, 2, 50}};
  second.rents = {{"gpu", 1, 2, 50}};
  Replay replay(*day.old_policy, nullptr);
  replay.Add(Request(first, "x", 2, {Answer(2, 1, 1, 9)}));
  replay.Add(Request(second, "y", 2, {Answer(2, 1, 1, 9)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_TRUE(totals.rents_changed);
  EXPECT_EQ(totals.before.rents, second.rents);
}

TEST(Replay, latency_of_a_route_and_class_is_its_own_where_answers_stay_and_the_targets_where_not) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("streams", {"a"}), RouteTo("rest", {"b"})};
  config.routes[0].when.stream = true;
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.routes[0] = RouteTo("streams", {"b"});
  config.routes[0].when.stream = true;
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  for (int i = 0; i < 4; ++i) {
    RecordedCall call = Answer(0, 1, 1, 3, 100'000);
    call.ttft_us = 10'000;
    RecordedRequest stream = Request(recorded, "stream", 0, {call});
    stream.input.stream = true;
    replay.Add(stream);
    RecordedRequest plain = Request(recorded, "plain", 1, {Answer(1, 1, 1, 8, 400'000)});
    plain.route = 1;
    plain.input.classification.request_class = Class::kCode;
    plain.input.classification.built_in_class = Class::kCode;
    replay.Add(plain);
  }
  const ReplayTotals totals = replay.Finish();
  const ReplayLatency& streams = totals.route_times.at("streams");
  EXPECT_NEAR(streams.before.duration.QuantileMs(0.5), 100, 2);
  EXPECT_NEAR(streams.before.ttft.QuantileMs(0.95), 10, 1);
  EXPECT_NEAR(streams.after.duration.QuantileMs(0.5), 400, 7) << "as recorded for m@b";
  EXPECT_EQ(streams.after.ttft_coverage.unknown, 4u) << "m@b has never streamed";
  EXPECT_EQ(totals.after.targets_without_ttft, std::vector<std::string>{"m@b"});
  const ReplayLatency& rest = totals.route_times.at("rest");
  EXPECT_EQ(rest.before.duration.QuantileMs(0.5), rest.after.duration.QuantileMs(0.5));
  EXPECT_NEAR(totals.class_times.at("code").after.duration.QuantileMs(0.95), 400, 7);
  EXPECT_EQ(totals.class_times.at("general").before.duration_coverage.known, 4u);
}

TEST(Replay, names_the_patterns_targets_and_keys_that_leave_requests_undecided) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config.backends.push_back(Backend("new", 0, 0));
  config.routes = {RouteTo("vip", {"b"}), RouteTo("odd", {"new"}), RouteTo("all", {"a"})};
  config.routes[0].when.headers = {{"x-tier", {"gold", "silver"}}};
  config.routes[0].when.stream = true;
  config.routes[1].when.tools = true;
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  RecordedRequest stream = Request(recorded, "x", 0, {Answer(0, 1, 1, 3)});
  stream.input.stream = true;
  for (int i = 0; i < 3; ++i) replay.Add(stream);
  RecordedRequest tools = Request(recorded, "y", 0, {Answer(0, 1, 1, 3)});
  tools.input.uses = kTools;
  replay.Add(tools);
  replay.Add(Request(recorded, "z", 0, {Answer(0, 1, 1, 3)}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.decided, 1u);
  ASSERT_EQ(totals.causes.size(), 3u);
  const auto text = [&](std::size_t i) {
    const ReplayCause& cause = totals.causes[i];
    return cause.reason + "|" + cause.name + "|" + cause.where + "|" +
           std::to_string(cause.requests);
  };
  EXPECT_EQ(text(0), "fact|header x-tier: gold|route vip|3");
  EXPECT_EQ(text(1), "fact|header x-tier: silver|route vip|3");
  EXPECT_EQ(text(2), "target|m@new||1");
}

TEST(Replay, names_the_class_that_hangs_on_a_pattern_and_a_topic_that_is_gone) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a"})};
  const auto old_policy = Compiled(config);
  RecordedPolicy recorded = RecordedUnder(*old_policy);
  recorded.topics.emplace_back("legal");
  config.classes.emplace_back().name = "checkout";
  config.classes[0].when.metadata = {{"app", {"shop"}}};
  config.routes = {RouteTo("shop", {"gpu"}), RouteTo("all", {"a"})};
  config.routes[0].when.classes = {"checkout"};
  const auto new_policy = Compiled(config);
  Replay replay(*new_policy, nullptr);
  replay.Add(Request(recorded, "x", 0, {Answer(0, 1, 1, 3)}));
  RecordedRequest legal = Request(recorded, "y", 0, {Answer(0, 1, 1, 3)});
  legal.input.classification.topic = static_cast<Topic>(recorded.topics.size() - 1);
  replay.Add(legal);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.undecided_fact, 2u);
  ASSERT_EQ(totals.causes.size(), 2u);
  EXPECT_EQ(totals.causes[0].name, "legal");
  EXPECT_EQ(totals.causes[0].where, "topic");
  EXPECT_EQ(totals.causes[1].name, "metadata app: shop");
  EXPECT_EQ(totals.causes[1].where, "class checkout");
}

TEST(Replay, another_number_of_replicas_counts_in_what_finds_a_free_slot) {
  config::Config config = TwoPaidOneOwn();
  config.backends[2].replicas.resize(1);
  config.routes = {RouteTo("all", {"gpu", "a"})};  // by cost: a free slot costs nothing
  const auto old_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  RecordedRequest request = Request(recorded, "x", 0, {Answer(0, 1, 1, 3)});
  request.input.candidates[2].in_flight = 2;  // both slots were taken
  request.input.candidates[2].slots = 2;
  for (const auto& [replicas, moves] : {std::pair(1u, 0u), {2u, 1u}}) {
    config.backends[2].replicas.resize(replicas);
    const auto new_policy = Compiled(config);
    Replay replay(*new_policy, nullptr);
    replay.UseConfiguredSlots("gpu");
    replay.Add(request);
    const ReplayTotals totals = replay.Finish();
    EXPECT_EQ(totals.moved, moves) << replicas;
    EXPECT_TRUE(totals.after.crowded.empty());
  }
  config.backends[2].replicas.resize(1);
  config.routes = {RouteTo("all", {"gpu"})};
  const auto only = Compiled(config);
  Replay replay(*only, nullptr);
  replay.Add(request);
  EXPECT_EQ(replay.Finish().after.crowded.at("gpu"), 1u);
}

}  // namespace
}  // namespace headgate::routing
