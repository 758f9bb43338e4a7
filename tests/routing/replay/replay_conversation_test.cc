#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/replay/replay.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;

std::shared_ptr<const CompiledPolicy> Ordered(std::vector<std::string> backends) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", std::move(backends), config::Prefer::kOrdered)};
  return Compiled(config);
}

struct Turn {
  std::optional<std::uint64_t> conversation;
  std::optional<std::size_t> last_target;  // the target of the conversation
  std::size_t target = kA;
};

// One request each minute, answered by its planned target.
RecordedRequest TurnOf(const RecordedPolicy& policy, const Turn& turn, std::int64_t minute = 0) {
  RecordedRequest record = Request(policy, "x", turn.target, {Answer(turn.target, 1, 1, 3)});
  record.conversation = turn.conversation;
  record.input.conversation_target = turn.last_target;
  record.input.unix_seconds = 1'000'000 + minute * 60;
  return record;
}

// Twenty interleaved conversations at m@a, ten of two turns and ten of three.
std::vector<Turn> FiftyTurns(bool numbered) {
  std::vector<Turn> turns;
  for (const std::uint64_t turn : {0u, 1u, 2u}) {
    for (std::uint64_t conversation = 0; conversation < (turn == 2 ? 10 : 20); ++conversation) {
      turns.push_back({numbered ? std::optional(conversation * 0x123456789abcdef) : std::nullopt,
                       turn > 0 ? std::optional(kA) : std::nullopt, kA});
    }
  }
  return turns;
}

ReplayTotals Replayed(const CompiledPolicy& recorded_under, const std::vector<Turn>& turns,
                      const CompiledPolicy& policy, const CompiledPolicy* against = nullptr) {
  const RecordedPolicy recorded = RecordedUnder(recorded_under);
  Replay replay(policy, against);
  std::int64_t minute = 0;
  for (const Turn& turn : turns) replay.Add(TurnOf(recorded, turn, ++minute / 5));
  return replay.Finish();
}

TEST(ReplayConversations, go_on_where_the_policy_would_have_begun_them) {
  const auto old_policy = Ordered({"a", "b"});
  const auto new_policy = Ordered({"b", "a"});
  for (const CompiledPolicy* against :
       {static_cast<const CompiledPolicy*>(nullptr), old_policy.get()}) {
    const ReplayTotals totals = Replayed(*old_policy, FiftyTurns(true), *new_policy, against);
    EXPECT_EQ(totals.decided, 50u);
    EXPECT_EQ(totals.moved, 50u);
    EXPECT_THAT(totals.moves, ElementsAre(Pair(Pair("m@a", "m@b"), 50u)));
    EXPECT_EQ(totals.before.cost, 50 * (1 + 2));
    EXPECT_EQ(totals.after.cost, 50 * (3 + 5));
    EXPECT_EQ(totals.unnumbered, 0u);
  }
}

TEST(ReplayConversations, of_the_policy_that_is_compared_with_go_their_own_way) {
  const auto old_policy = Ordered({"a", "b"});
  const auto other = Ordered({"b", "a"});
  const ReplayTotals totals = Replayed(*old_policy, FiftyTurns(true), *old_policy, other.get());
  EXPECT_THAT(totals.moves, ElementsAre(Pair(Pair("m@b", "m@a"), 50u)));
  EXPECT_EQ(Replayed(*old_policy, FiftyTurns(true), *other, other.get()).moved, 0u);
}

TEST(ReplayConversations, that_are_not_numbered_stay_and_are_counted) {
  const auto old_policy = Ordered({"a", "b"});
  const ReplayTotals totals = Replayed(*old_policy, FiftyTurns(false), *Ordered({"b", "a"}));
  EXPECT_EQ(totals.moved, 20u);
  EXPECT_EQ(totals.unnumbered, 30u);
}

TEST(ReplayConversations, of_the_same_policy_do_not_move) {
  const auto policy = Ordered({"a", "b"});
  std::vector<Turn> turns = FiftyTurns(true);
  // A conversation that failed over and stayed there, and a conversation of which only the end was
  // recorded.
  for (const Turn& turn : {Turn{7'777, kB, kB}, Turn{7'777, kB, kB}, Turn{8'888, kB, kB}}) {
    turns.push_back(turn);
  }
  EXPECT_EQ(Replayed(*policy, turns, *policy).moved, 0u);
  EXPECT_EQ(Replayed(*policy, turns, *policy, policy.get()).moved, 0u);
}

// The first request moves from m@a to m@b; later ones must follow.
class AfterAMove : public testing::Test {
 protected:
  void Add(const RecordedRequest& record) { replay_.Add(record); }
  void Move() { Add(TurnOf(recorded_, {.conversation = 1})); }
  std::uint64_t Moved() { return replay_.Finish().moved; }

  const std::shared_ptr<const CompiledPolicy> old_policy_ = Ordered({"a", "b"});
  const std::shared_ptr<const CompiledPolicy> new_policy_ = Ordered({"b", "a"});
  const RecordedPolicy recorded_ = RecordedUnder(*old_policy_);
  Replay replay_{*new_policy_, nullptr};
};

TEST_F(AfterAMove, another_conversation_stays) {
  Move();
  Add(TurnOf(recorded_, {.conversation = 2, .last_target = kA}));
  EXPECT_EQ(Moved(), 1u);
}

TEST_F(AfterAMove, half_an_hour_without_use_ends_it) {
  Move();
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kA}, 29));
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kA}, 58));
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = std::nullopt, .target = kB}, 98));
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kB, .target = kB}, 99));
  EXPECT_EQ(Moved(), 3u);
}

TEST_F(AfterAMove, coming_back_to_what_was_recorded_ends_it) {
  Move();
  // The recorded conversation failed over to the target of the new policy: both agree from here on.
  RecordedCall failed = Answer(kA, 1, 0, 1);
  failed.answered = false;
  RecordedRequest over = TurnOf(recorded_, {.conversation = 1, .last_target = kA});
  over.calls = {failed, Answer(kB, 1, 1, 8)};
  Add(over);
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kB, .target = kB}));
  // The recorded target counts again.
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kA}));
  EXPECT_EQ(Moved(), 2u);
}

TEST_F(AfterAMove, an_ejected_target_is_left_as_the_daemon_leaves_it) {
  Move();
  RecordedRequest down = TurnOf(recorded_, {.conversation = 1, .last_target = kA});
  down.input.candidates[kB].available = false;
  Add(down);
  Add(TurnOf(recorded_, {.conversation = 1, .last_target = kA}));
  EXPECT_EQ(Moved(), 1u) << "both are at m@a since then";
}

TEST(ReplayConversations, about_something_else_begin_anew) {
  const auto old_policy = Ordered({"a", "b", "gpu"});
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("code", {"gpu", "b", "a"}, config::Prefer::kOrdered),
                   RouteTo("all", {"b", "gpu", "a"}, config::Prefer::kOrdered)};
  config.routes[0].when.classes = {"code"};
  const auto new_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  Replay replay(*new_policy, nullptr);
  replay.Add(TurnOf(recorded, {.conversation = 1}));
  RecordedRequest code = TurnOf(recorded, {.conversation = 1});
  code.input.classification.topic = Topic::kCode;
  code.input.classification.built_in_class = Class::kCode;
  replay.Add(code);
  EXPECT_THAT(replay.Finish().moves,
              ElementsAre(Pair(Pair("m@a", "m@b"), 1u), Pair(Pair("m@a", "m@gpu"), 1u)));
}

TEST(ReplayConversations, that_were_refused_at_first_are_not_known_to_the_policy) {
  const auto old_policy = Ordered({"b", "a"});
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"a", "b"}, config::Prefer::kOrdered)};
  config.routes[0].when.stream = true;
  const auto new_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  Replay replay(*new_policy, nullptr);
  replay.Add(TurnOf(recorded, {.conversation = 1, .last_target = std::nullopt, .target = kB}));
  RecordedRequest stream = TurnOf(recorded, {.conversation = 1, .last_target = kB, .target = kB});
  stream.input.stream = true;
  replay.Add(stream);
  EXPECT_THAT(replay.Finish().moves,
              ElementsAre(Pair(Pair("m@b", "m@a"), 1u), Pair(Pair("m@b", "none"), 1u)));
}

TEST(ReplayConversations, are_undecided_after_a_request_that_is) {
  const auto old_policy = Ordered({"a", "b"});
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("marked", {"b", "a"}, config::Prefer::kOrdered),
                   RouteTo("all", {"a", "b"}, config::Prefer::kOrdered)};
  config.routes[0].when.headers = {{"x-mark", {"yes"}}};
  config.routes[0].when.stream = true;
  const auto new_policy = Compiled(config);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  Replay replay(*new_policy, nullptr);
  RecordedRequest stream = TurnOf(recorded, {.conversation = 1});
  stream.input.stream = true;
  replay.Add(stream);
  replay.Add(TurnOf(recorded, {.conversation = 1, .last_target = kA}));
  RecordedRequest pinned = TurnOf(recorded, {.conversation = 1, .last_target = kA});
  pinned.model = "m@a";
  replay.Add(pinned);
  replay.Add(TurnOf(recorded, {.conversation = 1, .last_target = kA}));
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.undecided_fact, 1u);
  EXPECT_EQ(totals.undecided_conversation, 1u) << "undecided until a record shows its target again";
  EXPECT_EQ(totals.decided, 2u);
}

// The pool, then an API; requests spill from the pool at once.
std::shared_ptr<const CompiledPolicy> PoolThenA(config::Spill spill = {config::Spill::When::kAfter,
                                                                       config::Milliseconds(0)}) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("all", {"gpu", "a"}, config::Prefer::kOrdered)};
  config.routes[0].spill = spill;
  return Compiled(config);
}
constexpr config::Spill kStay{config::Spill::When::kNever, config::Milliseconds(0)};

// A turn of conversation 1 that finds the pool full, or not.
RecordedRequest PoolTurn(const RecordedPolicy& policy, bool full, const Turn& turn) {
  RecordedRequest record = TurnOf(policy, turn);
  record.input.candidates[kGpu].slots = 2;
  record.input.candidates[kGpu].in_flight = full ? 2 : 1;
  if (full && turn.target == kA) record.spilled_from = kGpu;
  return record;
}

ReplayTotals PoolTurnsReplayed(const CompiledPolicy& policy,
                               const std::vector<RecordedRequest>& turns) {
  Replay replay(policy, nullptr);
  for (const RecordedRequest& turn : turns) replay.Add(turn);
  return replay.Finish();
}

TEST(ReplayConversations, that_spilled_are_decided_anew_as_when_recorded) {
  const auto policy = PoolThenA();
  const RecordedPolicy recorded = RecordedUnder(*policy);
  const std::vector<RecordedRequest> turns = {
      PoolTurn(recorded, true, {.conversation = 1, .target = kA}),
      PoolTurn(recorded, false, {.conversation = 1, .target = kGpu}),
      PoolTurn(recorded, true, {.conversation = 1, .last_target = kGpu, .target = kA}),
      PoolTurn(recorded, false, {.conversation = 1, .last_target = kGpu, .target = kGpu})};
  EXPECT_EQ(PoolTurnsReplayed(*policy, turns).moved, 0u);
}

// In an older recording the conversation stayed at the API.
TEST(ReplayConversations, that_spilled_in_an_older_recording_go_back_to_the_pool) {
  const auto policy = PoolThenA();
  RecordedPolicy recorded = RecordedUnder(*policy);
  recorded.spills_free = false;
  const std::vector<RecordedRequest> turns = {
      PoolTurn(recorded, true, {.conversation = 1, .target = kA}),
      PoolTurn(recorded, false, {.conversation = 1, .last_target = kA, .target = kA}),
      PoolTurn(recorded, false, {.conversation = 1, .last_target = kA, .target = kA})};
  const ReplayTotals totals = PoolTurnsReplayed(*policy, turns);
  EXPECT_THAT(totals.moves, ElementsAre(Pair(Pair("m@a", "m@gpu"), 2u)));
}

TEST(ReplayConversations, that_spill_under_the_new_policy_keep_its_place) {
  const auto old_policy = PoolThenA(kStay);
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  const std::vector<RecordedRequest> turns = {
      PoolTurn(recorded, true, {.conversation = 1, .target = kGpu}),
      PoolTurn(recorded, false, {.conversation = 1, .last_target = kGpu, .target = kGpu}),
      PoolTurn(recorded, true, {.conversation = 1, .last_target = kGpu, .target = kGpu}),
      PoolTurn(recorded, false, {.conversation = 1, .last_target = kGpu, .target = kGpu})};
  const ReplayTotals totals = PoolTurnsReplayed(*PoolThenA(), turns);
  EXPECT_THAT(totals.moves, ElementsAre(Pair(Pair("m@gpu", "m@a"), 2u)));
}

// The recorded requests spilled to the API that the new policy chooses first.
TEST(ReplayConversations, stay_at_a_target_that_the_new_policy_chooses) {
  const auto old_policy = PoolThenA();
  const RecordedPolicy recorded = RecordedUnder(*old_policy);
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("short", {"a", "gpu"}, config::Prefer::kOrdered),
                   RouteTo("all", {"gpu", "a"}, config::Prefer::kOrdered)};
  config.routes[0].when.stream = true;
  RecordedRequest first = PoolTurn(recorded, true, {.conversation = 1, .target = kA});
  first.input.stream = true;
  const ReplayTotals totals = PoolTurnsReplayed(
      *Compiled(config), {first, PoolTurn(recorded, false, {.conversation = 1, .target = kGpu})});
  EXPECT_THAT(totals.moves, ElementsAre(Pair(Pair("m@gpu", "m@a"), 1u)));
}

TEST(ReplayedConversations, remember_those_used_last_within_their_bound) {
  ReplayedConversations conversations(2);
  const auto set = [&](std::uint64_t conversation) {
    conversations.Set(conversation, {.used = 1});
    EXPECT_LE(conversations.size(), 4u);
  };
  const auto knows = [&](std::uint64_t conversation) {
    return conversations.Find(conversation, 1, false) != nullptr;
  };
  set(1);
  for (std::uint64_t other = 2; other < 100; ++other) {
    set(other);
    EXPECT_TRUE(knows(1)) << other;
  }
  EXPECT_TRUE(knows(99));
  EXPECT_FALSE(knows(90));
  conversations.AsRecorded(1);
  EXPECT_FALSE(knows(1));
}

}  // namespace
}  // namespace headgate::routing
