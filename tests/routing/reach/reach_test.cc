#include "routing/reach/reach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "routing/decide/estimates.h"
#include "routing/decide/request_facts.h"
#include "routing/decide/route_match.h"
#include "routing/reach/unrouted.h"
#include "tests/routing/fixture.h"
#include "tests/routing/many_routes.h"
#include "tests/routing/random_policy.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using config::When;
using VerdictKind = Reach::Verdict::Kind;

// A small language: every request that its conditions can tell apart is tried.
class SmallWorld {
 public:
  explicit SmallWorld(std::uint64_t seed) : random_(seed) {}

  config::Config Policy() {
    config::Config config = FiveTargets();
    config.keys = {KeyNamed("web", "shop"), KeyNamed("ward", "clinic"), KeyNamed("loner")};
    if (random_.OneIn(2)) config.classes.push_back({"own", Condition(1, false), {}});
    const int routes = 2 + random_.Below(4);
    for (int r = 0; r < routes; ++r) {
      config.routes.push_back(RouteTo("r" + std::to_string(r), {}));
      config.routes.back().when = Condition(2, true);
      if (!config.classes.empty() && random_.OneIn(4)) {
        config.routes.back().when.classes = {"own"};
      }
    }
    return config;
  }

  std::vector<DecisionInput> Requests(const CompiledPolicy& policy) {
    std::vector<DecisionInput> requests;
    for (const Class built_in :
         {Class::kBatch, Class::kLatencyCritical, Class::kCode, Class::kGeneral}) {
      for (const bool stream : {false, true}) {
        for (std::size_t key = 0; key < policy.keys().size(); ++key) {
          AddNumbers(policy, built_in, stream, key, requests);
        }
      }
    }
    return requests;
  }

 private:
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[random_.Below(static_cast<int>(values.size()))];
  }

  When Condition(int depth, bool with_classes) {
    When when;
    switch (random_.Below(8)) {
      case 0:
        if (with_classes)
          when.classes =
              OneOf<std::vector<std::string>>({{"code"}, {"batch", "latency_critical", "general"}});
        break;
      case 1:
        when.stream = random_.OneIn(2);
        break;
      case 2:
        when.keys = OneOf<std::vector<std::string>>({{"web"}, {"w*"}, {"ward", "loner"}});
        break;
      case 3:
        when.teams = OneOf<std::vector<std::string>>({{"*"}, {"shop"}, {"clinic"}});
        break;
      case 4:
        when.headers = {{"x-a", {OneOf<std::string>({"a", "a*", "*", "b"})}}};
        break;
      case 5:
        when.input_tokens = {{OneOf({Comparator::kLess, Comparator::kGreaterEqual}),
                              OneOf<std::int64_t>({100, 200})}};
        break;
      case 6:
        when.max_tokens = {{OneOf({Comparator::kLess, Comparator::kGreaterEqual}), 100}};
        break;
      default:
        when.times = {{}};
        when.times[0].days = OneOf<unsigned long long>({0x1f, 0x01, 0x60});
    }
    if (depth == 0) return when;
    for (std::vector<When>* parts : {&when.all, &when.any, &when.none}) {
      if (!random_.OneIn(3)) continue;
      for (int i = 0; i < 1 + random_.Below(2); ++i) {
        parts->push_back(Condition(depth - 1, with_classes));
      }
    }
    return when;
  }

  void AddNumbers(const CompiledPolicy& policy, Class built_in, bool stream, std::size_t key,
                  std::vector<DecisionInput>& requests) {
    DecisionInput input = AskingAs(policy, key);
    input.classification.built_in_class = built_in;
    input.stream = stream;
    // Tokens under, between and above the numbers compared with; Monday, Tuesday, Saturday.
    for (const std::size_t bytes : {200u, 600u, 2'000u}) {
      for (const std::int64_t max : {-1, 50, 500}) {
        for (const int day : {0, 1, 5}) {
          input.text_bytes = bytes;
          input.max_tokens.reset();
          if (max >= 0) input.max_tokens = max;
          input.unix_seconds = 4 * 86'400 + day * 86'400 + 3'600;  // 1970-01-05 was a Monday
          AddTexts(policy, input, requests);
        }
      }
    }
  }

  static void AddTexts(const CompiledPolicy& policy, const DecisionInput& without,
                       std::vector<DecisionInput>& requests) {
    using Values = std::vector<std::string>;
    for (const Values& values : {Values{}, Values{"a"}, Values{"ab"}, Values{"b"}, Values{"c"},
                                 Values{"a", "b"}, Values{"ab", "b"}}) {
      DecisionInput input = without;
      DecisionInput said;
      FillRequest(policy, Signals(), without.key, said);
      input.facts = said.facts;
      for (const std::string& value : values) AddHeader(policy, "x-a", value, input);
      EXPECT_TRUE(ApplyCustomClasses(policy, input));
      requests.push_back(input);
    }
  }

  RandomPolicy random_;
};

std::set<std::size_t> RoutesThatMatch(const CompiledPolicy& policy,
                                      const std::vector<DecisionInput>& requests) {
  std::set<std::size_t> matched;
  for (const DecisionInput& input : requests) {
    const std::int64_t tokens = EstimateInputTokens(input.text_bytes, 0, 0);
    if (const auto route = FindRoute(policy, input, tokens).route) matched.insert(*route);
  }
  return matched;
}

// A sanitizer build tries a tenth of the policies: it takes twenty times as long and looks for
// memory errors, not for wrong verdicts.
#ifdef HEADGATE_SANITIZED
constexpr int kShare = 10;
#else
constexpr int kShare = 1;
#endif

// There is never a false alarm, and in this small language hardly a miss: Reach misses only routes
// that depend on custom classes which exclude each other.
TEST(ReachProperty, says_unreachable_of_just_the_routes_that_no_request_comes_to) {
  int unreachable = 0;
  int impossible = 0;
  int several = 0;
  int missed = 0;
  for (std::uint64_t seed = 0; seed < 2'000 / kShare; ++seed) {
    SmallWorld world(seed);
    const config::Config config = world.Policy();
    const auto policy = Compiled(config);
    const std::set<std::size_t> matched = RoutesThatMatch(*policy, world.Requests(*policy));
    Reach reach(config, *policy);
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
      const Reach::Verdict verdict = reach.Of(i);
      if (verdict.kind == VerdictKind::kMaybe) {
        missed += !matched.contains(i);
        continue;
      }
      ASSERT_FALSE(matched.contains(i)) << "seed " << seed << ", route " << i;
      ++unreachable;
      impossible += verdict.kind == VerdictKind::kImpossible;
      several += verdict.takers.size() > 1;
    }
  }
  RecordProperty("missed", missed);
  EXPECT_GT(unreachable, 1'000 / kShare) << "too few routes are unreachable";
  EXPECT_GT(impossible, 200 / kShare);
  EXPECT_GT(several, 15 / kShare);
  if (kShare == 1) {
    EXPECT_LT(missed * 20, unreachable) << "under 5 % are missed";
  }
}

bool SomeMatchNoRoute(const CompiledPolicy& policy, const std::vector<DecisionInput>& requests) {
  return std::any_of(requests.begin(), requests.end(), [&](const DecisionInput& input) {
    const std::int64_t tokens = EstimateInputTokens(input.text_bytes, 0, 0);
    return !FindRoute(policy, input, tokens).route;
  });
}

// There is never a false alarm, and hardly a miss: FindUnrouted misses only dependent days of the
// week.
TEST(ReachProperty, says_that_requests_match_no_route_just_where_some_match_none) {
  int unrouted = 0;
  int complete = 0;
  int missed = 0;
  for (std::uint64_t seed = 0; seed < 600 / kShare; ++seed) {
    SmallWorld world(seed);
    config::Config config = world.Policy();
    // In a third of the policies a last route matches the rest. Without it, some requests nearly
    // always match no route.
    if (seed % 3 == 0) {
      config::Route rest = RouteTo("rest", {});
      for (const config::Route& route : config.routes) rest.when.none.push_back(route.when);
      config.routes.push_back(rest);
    }
    const auto policy = Compiled(config);
    const bool some = SomeMatchNoRoute(*policy, world.Requests(*policy));
    Reach reach(config, *policy);
    const bool said = FindUnrouted(reach).has_value();
    ASSERT_TRUE(some || !said) << "seed " << seed;
    unrouted += said;
    complete += !some;
    missed += some && !said;
  }
  RecordProperty("missed", missed);
  EXPECT_GT(unrouted, 100 / kShare) << "too few policies leave requests without a route";
  EXPECT_GT(complete, 50 / kShare);
  if (kShare == 1) {
    EXPECT_LT(missed * 20, unrouted) << "under 5 % are missed";
  }
}

// Uses the whole language, in which the test can only look for false alarms.
TEST(ReachProperty, raises_no_false_alarm) {
  int unreachable = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    RandomPolicy draw(seed);
    config::Config config = draw.Policy();
    config.server.auth = config::AuthMode::kNone;  // its requests may come without a key
    const auto policy = Compiled(config);
    Reach reach(config, *policy);
    std::set<std::size_t> never;
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
      if (reach.Of(i).kind != VerdictKind::kMaybe) never.insert(i);
    }
    unreachable += static_cast<int>(never.size());
    for (int i = 0; i < 40 && !never.empty(); ++i) {
      const PlainRequest request = draw.Request(*policy);
      DecisionInput input = request.input;
      input.key = request.key;
      Signals signals;
      for (const auto& [name, value] : request.metadata) signals.metadata.emplace_back(name, value);
      DecisionInput said;
      FillRequest(*policy, signals, request.key, said);
      input.facts = said.facts;
      for (const auto& [name, value] : request.headers) AddHeader(*policy, name, value, input);
      ApplyCustomClasses(*policy, input);
      const Decision decision = Decided(*policy, input);
      if (decision.outcome != Outcome::kPlanned && decision.outcome != Outcome::kNoTarget) continue;
      ASSERT_FALSE(never.contains(decision.route)) << seed << ", route " << decision.route;
    }
  }
  EXPECT_GT(unreachable, 200);
}

TEST(Reach, names_the_fewest_routes_that_take_everything) {
  config::Config config = FiveTargets();
  for (const char* name : {"bystander", "streams", "others", "never"}) {
    config.routes.push_back(RouteTo(name, {}));
  }
  config.routes[0].when.tools = true;
  config.routes[1].when.stream = true;
  config.routes[2].when.stream = false;
  const auto policy = Compiled(config);
  const Reach::Verdict verdict = Reach(config, *policy).Of(3);
  EXPECT_EQ(verdict.kind, VerdictKind::kTaken);
  EXPECT_EQ(verdict.takers, (std::vector<std::size_t>{1, 2}));
}

// A condition whose normal form would have 4^12 boxes.
TEST(Reach, says_nothing_about_what_is_too_much) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("knot", {}), RouteTo("rest", {})};
  for (int i = 0; i < 12; ++i) {
    When one;
    for (int j = 0; j < 4; ++j) {
      When& part = one.any.emplace_back();
      part.headers = {{"x-" + std::to_string(i), {std::to_string(j)}}};
    }
    config.routes[0].when.all.push_back(one);
  }
  const auto policy = Compiled(config);
  Reach reach(config, *policy);
  EXPECT_EQ(reach.Of(0).kind, VerdictKind::kMaybe);
  EXPECT_EQ(reach.Of(1).kind, VerdictKind::kMaybe);
}

// The cost of a search is bounded, and beyond the bound the result is "maybe". A long policy must
// stay far below it.
TEST(Reach, says_what_a_thousand_routes_leave_over) {
  for (const auto& [kind, say] : kKindsOfManyRoutes) {
    config::Config config = ToldApart(1'000, say);
    config.routes.push_back(RouteTo("too late", {}));
    const auto policy = Compiled(config);
    Reach reach(config, *policy);
    const std::size_t last = config.routes.size() - 1;
    EXPECT_EQ(reach.Of(last).kind, VerdictKind::kTaken) << kind;
    EXPECT_EQ(reach.Of(last - 1).kind, VerdictKind::kMaybe) << kind;
    EXPECT_EQ(reach.Of(last - 2).kind, VerdictKind::kMaybe) << kind;
  }
}

}  // namespace
}  // namespace headgate::routing
