#include "routing/policy/condition.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "routing/policy/condition_compiler.h"

namespace headgate::routing {
namespace {

using config::Comparator;

constexpr std::array kMatches = {Match::kNo, Match::kUnknown, Match::kYes};

// One pattern for each value of the logic.
constexpr std::size_t kNoFact = 0;
constexpr std::size_t kUnknownFact = 1;
constexpr std::size_t kYesFact = 2;

class Logic : public ::testing::Test {
 protected:
  Logic() {
    facts_.Reset(3);
    facts_.SetUnknown(kUnknownFact);
    facts_.Set(kYesFact);
    input_.facts = &facts_;
  }
  static Condition Of(Match match) {
    Condition condition;
    condition.AddFacts({static_cast<std::size_t>(match)});
    return condition;
  }
  Match Value(const Condition& condition) const { return Evaluate(condition, input_); }

  Facts facts_;
  ConditionInput input_;
};

TEST_F(Logic, an_empty_condition_holds) { EXPECT_EQ(Value(Condition{}), Match::kYes); }

TEST_F(Logic, a_fact_is_what_is_known_of_it) {
  for (const Match match : kMatches) EXPECT_EQ(Value(Of(match)), match);
}

TEST_F(Logic, all_is_kleenes_and) {
  constexpr Match kTable[3][3] = {{Match::kNo, Match::kNo, Match::kNo},
                                  {Match::kNo, Match::kUnknown, Match::kUnknown},
                                  {Match::kNo, Match::kUnknown, Match::kYes}};
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      Condition condition;
      condition.all = {Of(kMatches[a]), Of(kMatches[b])};
      EXPECT_EQ(Value(condition), kTable[a][b]) << a << " and " << b;
      condition = {};
      condition.AddFacts({a});
      condition.AddFacts({b});
      EXPECT_EQ(Value(condition), kTable[a][b]) << "groups " << a << " and " << b;
      condition = Of(kMatches[a]);
      condition.any = {Of(kMatches[b])};
      EXPECT_EQ(Value(condition), kTable[a][b]) << "group " << a << " and any " << b;
    }
  }
}

TEST_F(Logic, any_is_kleenes_or) {
  constexpr Match kTable[3][3] = {{Match::kNo, Match::kUnknown, Match::kYes},
                                  {Match::kUnknown, Match::kUnknown, Match::kYes},
                                  {Match::kYes, Match::kYes, Match::kYes}};
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      Condition condition;
      condition.any = {Of(kMatches[a]), Of(kMatches[b])};
      EXPECT_EQ(Value(condition), kTable[a][b]) << a << " or " << b;
      condition = {};
      condition.AddFacts({a, b});
      EXPECT_EQ(Value(condition), kTable[a][b]) << "one of " << a << ", " << b;
    }
  }
}

TEST_F(Logic, not_is_kleenes_nor_of_its_parts) {
  constexpr Match kTable[3][3] = {{Match::kYes, Match::kUnknown, Match::kNo},
                                  {Match::kUnknown, Match::kUnknown, Match::kNo},
                                  {Match::kNo, Match::kNo, Match::kNo}};
  for (std::size_t a = 0; a < 3; ++a) {
    Condition one;
    one.none = {Of(kMatches[a])};
    EXPECT_EQ(Value(one), kTable[a][0]) << "not " << a;
    for (std::size_t b = 0; b < 3; ++b) {
      Condition condition;
      condition.none = {Of(kMatches[a]), Of(kMatches[b])};
      EXPECT_EQ(Value(condition), kTable[a][b]) << "neither " << a << " nor " << b;
    }
  }
}

TEST_F(Logic, a_double_not_changes_nothing) {
  for (const Match match : kMatches) {
    Condition inner;
    inner.none = {Of(match)};
    Condition outer;
    outer.none = {inner};
    EXPECT_EQ(Value(outer), match);
  }
}

TEST_F(Logic, what_is_surely_not_so_needs_no_facts) {
  Condition condition = Of(Match::kUnknown);
  condition.input_tokens = {10, 20};
  EXPECT_EQ(Value(condition), Match::kNo);
  input_.input_tokens = 10;
  EXPECT_EQ(Value(condition), Match::kUnknown);
}

TEST_F(Logic, parts_are_joined_by_and) {
  // One of the three kinds fails at a time.
  for (int no = 0; no < 4; ++no) {
    Condition condition;
    condition.all = {Of(no == 0 ? Match::kNo : Match::kYes)};
    condition.any = {Of(Match::kNo), Of(no == 1 ? Match::kNo : Match::kYes)};
    condition.none = {Of(no == 2 ? Match::kYes : Match::kNo)};
    EXPECT_EQ(Value(condition), no == 3 ? Match::kYes : Match::kNo) << no;
  }
}

TEST(Condition, a_request_without_max_tokens_meets_none_about_them) {
  Facts facts;
  ConditionInput input;
  input.facts = &facts;
  Condition condition;
  condition.rare.resize(1);
  condition.rare[0].max_tokens = {1, 100};
  EXPECT_EQ(Evaluate(condition, input), Match::kNo);
  input.max_tokens = 100;
  EXPECT_EQ(Evaluate(condition, input), Match::kYes);
  input.max_tokens = 101;
  EXPECT_EQ(Evaluate(condition, input), Match::kNo);
}

TEST(Condition, models_are_bits) {
  Facts facts;
  ConditionInput input;
  input.facts = &facts;
  Condition condition;
  condition.rare.resize(1);
  condition.rare[0].asked = {0, 2};
  for (const std::size_t asked : {0u, 1u, 63u, 64u, 65u, 66u, 127u}) {
    input.asked = asked;
    EXPECT_EQ(Evaluate(condition, input), asked == 65 ? Match::kYes : Match::kNo) << asked;
  }
}

TEST(Condition, a_group_of_patterns_may_lie_in_several_words) {
  Condition condition;
  condition.AddFacts({3, 130, 7});
  condition.AddFacts({64, 65});
  struct Case {
    std::vector<std::size_t> known;
    std::vector<std::size_t> unknown;
    Match match;
  };
  const Case cases[] = {
      {{}, {}, Match::kNo},           {{3}, {}, Match::kNo},         {{64}, {}, Match::kNo},
      {{3, 64}, {}, Match::kYes},     {{130, 65}, {}, Match::kYes},  {{7, 64, 65}, {}, Match::kYes},
      {{4, 129, 66}, {}, Match::kNo}, {{3}, {65}, Match::kUnknown},  {{65}, {130}, Match::kUnknown},
      {{65, 130}, {3}, Match::kYes},  {{65, 3}, {130}, Match::kYes}, {{65}, {4}, Match::kNo},
      {{}, {3, 64}, Match::kUnknown}, {{}, {3}, Match::kNo},
  };
  for (const Case& c : cases) {
    Facts facts;
    facts.Reset(131);
    for (const std::size_t pattern : c.known) facts.Set(pattern);
    for (const std::size_t pattern : c.unknown) facts.SetUnknown(pattern);
    ConditionInput input;
    input.facts = &facts;
    EXPECT_EQ(Evaluate(condition, input), c.match) << ::testing::PrintToString(c.known);
    EXPECT_TRUE(GateOf(condition).Opens(input) || c.match == Match::kNo);
  }
}

TEST(Condition, a_group_without_patterns_never_matches) {
  Condition condition;
  condition.AddFacts({});
  Facts facts;
  facts.Reset(1);
  facts.Set(0);
  ConditionInput input;
  input.facts = &facts;
  EXPECT_EQ(Evaluate(condition, input), Match::kNo);
}

TEST(Gate, knows_of_every_condition_something_that_must_be_so) {
  const auto with = [](const std::vector<std::size_t>& patterns) {
    Condition condition;
    condition.AddFacts(patterns);
    return condition;
  };
  struct Case {
    const char* name;
    Condition condition;
    std::uint64_t mask;
  };
  Condition all;
  all.all = {Condition{}, with({1}), with({2})};
  Condition any;
  any.any = {with({1}), with({2, 3})};
  Condition any_open;
  any_open.any = {with({1}), Condition{}, with({2})};
  Condition any_apart;
  any_apart.any = {with({1}), with({64})};
  Condition none;
  none.none = {with({1})};
  Condition own_and_any = any;
  own_and_any.AddFacts({5});
  const Case cases[] = {
      {"empty", {}, 0},
      {"one", with({1}), 0b10},
      {"two words", with({1, 64}), 0},
      {"all", all, 0b10},
      {"any", any, 0b1110},
      {"any, one of which is open", any_open, 0},
      {"any in two words", any_apart, 0},
      {"not", none, 0},
      {"own before any", own_and_any, 0b100000},
  };
  for (const Case& c : cases) EXPECT_EQ(GateOf(c.condition).mask, c.mask) << c.name;
}

TEST(Interval, is_what_all_comparisons_allow) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  struct Case {
    config::Comparisons comparisons;
    std::int64_t least;
    std::int64_t most;
  };
  const Case cases[] = {
      {{}, kLeast, kMost},
      {{{Comparator::kLess, 10}}, kLeast, 9},
      {{{Comparator::kLessEqual, 10}}, kLeast, 10},
      {{{Comparator::kGreater, 10}}, 11, kMost},
      {{{Comparator::kGreaterEqual, 10}}, 10, kMost},
      {{{Comparator::kEqual, 10}}, 10, 10},
      {{{Comparator::kGreater, 5}, {Comparator::kLess, 10}, {Comparator::kLessEqual, 20}}, 6, 9},
      {{{Comparator::kEqual, 5}, {Comparator::kEqual, 6}}, 6, 5},
  };
  for (const Case& c : cases) {
    const Interval interval = IntervalOf(c.comparisons);
    EXPECT_EQ(interval.least, c.least);
    EXPECT_EQ(interval.most, c.most);
    EXPECT_EQ(interval.Empty(), c.least > c.most);
  }
}

TEST(Interval, nothing_lies_beyond_the_numbers) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(IntervalOf({{Comparator::kGreater, kMost}}).Empty());
  EXPECT_TRUE(IntervalOf({{Comparator::kLess, kLeast}}).Empty());
}

TEST(Traits, hold_a_request_that_has_no_other) {
  const Traits request = Traits::None().Add(Class::kCode).Add(Topic::kCode).AddStream(true);
  EXPECT_TRUE(Traits::Any().Holds(request));
  EXPECT_FALSE(Traits::None().Holds(request));
  EXPECT_TRUE((Traits::AllClasses() | Traits::AllTopics() | Traits::AllStreams()).Holds(request));
  EXPECT_FALSE((Traits::AllClasses() | Traits::AllTopics()).Holds(request));
  EXPECT_TRUE(Traits::Any().Possible());
  EXPECT_FALSE(request.Possible()) << "no urgency, no endpoint";
}

TEST(Facts, are_set_unknown_and_reset) {
  Facts facts;
  const auto is_unknown = [&](std::size_t pattern) {
    return facts.IsUnknownOneOf(pattern / 64, std::uint64_t{1} << (pattern % 64));
  };
  facts.Reset(130);
  EXPECT_EQ(facts.words(), 3u);
  for (const std::size_t pattern : {0u, 63u, 64u, 129u}) {
    EXPECT_FALSE(facts.Has(pattern));
    EXPECT_FALSE(is_unknown(pattern));
  }
  facts.Set(64);
  facts.SetUnknown(129);
  EXPECT_TRUE(facts.Has(64));
  EXPECT_FALSE(facts.Has(65));
  EXPECT_TRUE(is_unknown(129));
  EXPECT_FALSE(is_unknown(64));

  Facts more;
  more.Reset(130);
  more.Set(0);
  facts.Add(more);
  EXPECT_TRUE(facts.Has(0));
  EXPECT_TRUE(facts.Has(64));

  facts.Reset(130);
  EXPECT_FALSE(facts.Has(0));
  EXPECT_FALSE(is_unknown(129));
}

}  // namespace
}  // namespace headgate::routing
