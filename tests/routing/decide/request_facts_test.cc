#include "routing/decide/request_facts.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

bool Matches(const CompiledPolicy& policy, const DecisionInput& input) {
  return Decided(policy, input).outcome == Outcome::kPlanned;
}

TEST(RequestFacts, a_header_matches_if_one_of_its_values_does) {
  struct Case {
    std::vector<std::string> globs;
    std::vector<std::string_view> values;
    bool matches;
  };
  const Case cases[] = {
      {{"phi"}, {}, false},
      {{"phi"}, {"phi"}, true},
      {{"phi"}, {"PHI"}, true},
      {{"phi"}, {"public"}, false},
      {{"phi"}, {"public", "phi"}, true},
      {{"phi"}, {"phi", "public"}, true},  // a second value does not hide the first
      {{"phi", "pci"}, {"pci"}, true},
      {{"p?i"}, {"pci"}, true},
      {{"p*"}, {"internal", "p"}, true},
      {{"*"}, {"anything"}, true},
      {{"*"}, {}, false},
      {{"*"}, {""}, true},  // an empty value is present
      {{"**"}, {""}, true},
      {{"?*", "phi"}, {""}, false},
      {{}, {"phi"}, false},  // without globs nothing matches
  };
  for (const Case& c : cases) {
    config::Config config = WithRoute(RouteTo("r", {}));
    config.routes[0].when.headers = {{"x-data-class", c.globs}};
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    AddHeader(*policy, "x-other", "phi", input);
    for (const std::string_view value : c.values) {
      AddHeader(*policy, "x-data-class", value, input);
    }
    EXPECT_EQ(Matches(*policy, input), c.matches)
        << ::testing::PrintToString(c.globs) << " over " << ::testing::PrintToString(c.values);
  }
}

TEST(RequestFacts, a_key_that_is_trusted_with_it_may_name_a_deadline) {
  struct Case {
    std::string_view written;
    std::optional<std::uint32_t> milliseconds;
  };
  const Case cases[] = {{"", {}},       {"300", 300},  {" 300 ", 300},      {"0", 0},
                        {"250.9", 250}, {"-1", {}},    {"soon", {}},        {"1e3", {}},
                        {"inf", {}},    {"300ms", {}}, {"4294967295", ~0u}, {"99999999999", ~0u}};
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("trusted"), KeyNamed("untrusted")};
  config.keys[0].trust_hints = {config::Hint::kSlo};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (const Case& c : cases) {
    Signals signals;
    signals.slo_ttft_header = c.written;
    FillRequest(*policy, signals, 0, input);
    EXPECT_EQ(input.slo_ttft_ms, c.milliseconds) << c.written;
    FillRequest(*policy, signals, 1, input);
    EXPECT_EQ(input.slo_ttft_ms, std::nullopt) << c.written;
  }
}

TEST(RequestFacts, several_headers_must_all_match) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.routes[0].when.headers = {{"x-a", {"1"}}, {"x-b", {"2"}}};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  AddHeader(*policy, "x-a", "1", input);
  EXPECT_FALSE(Matches(*policy, input));
  AddHeader(*policy, "x-b", "1", input);
  EXPECT_FALSE(Matches(*policy, input));
  AddHeader(*policy, "x-b", "2", input);
  EXPECT_TRUE(Matches(*policy, input));
}

TEST(RequestFacts, metadata_is_no_header) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.routes[0].when.metadata = {{"customer", {"acme*"}}};
  const auto policy = Compiled(config);
  const auto asking = [&](std::string_view name, std::string_view value) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    signals.model = "auto";
    signals.metadata = {{"other", "acme"}, {name, value}};
    DecisionInput input = Asking(*policy);
    FillRequest(*policy, signals, std::nullopt, input);
    return input;
  };
  EXPECT_TRUE(Matches(*policy, asking("customer", "ACME Ltd")));
  EXPECT_FALSE(Matches(*policy, asking("customer", "other")));
  EXPECT_FALSE(Matches(*policy, asking("Customer", "acme"))) << "names of entries are exact";
  DecisionInput input = asking("job", "1");
  AddHeader(*policy, "customer", "acme", input);
  EXPECT_FALSE(Matches(*policy, input));
}

TEST(RequestFacts, keys_and_teams_are_globs) {
  struct Case {
    const char* name;
    std::vector<std::string> keys;
    std::vector<std::string> teams;
    std::vector<std::size_t> matching;  // of the keys below
  };
  const Case cases[] = {
      {"key", {"search-prod"}, {}, {0}},
      {"keys", {"search-prod", "clinic"}, {}, {0, 2}},
      {"key glob", {"search-*"}, {}, {0, 1}},
      {"any key", {"*"}, {}, {0, 1, 2, 3}},
      {"team", {}, {"search"}, {0, 1}},
      {"team glob", {}, {"he?lth", "none"}, {2}},
      {"any team", {}, {"*"}, {0, 1, 2}},
      {"key of a team", {"*-prod"}, {"search"}, {0}},
      {"key of another team", {"clinic"}, {"search"}, {}},
  };
  for (const Case& c : cases) {
    config::Config config = WithRoute(RouteTo("r", {}));
    config.keys = {KeyNamed("search-prod", "search"), KeyNamed("search-test", "search"),
                   KeyNamed("clinic", "health"), KeyNamed("loner")};
    config.routes[0].when.keys = c.keys;
    config.routes[0].when.teams = c.teams;
    const auto policy = Compiled(config);
    std::vector<std::size_t> matching;
    for (std::size_t key = 0; key < config.keys.size(); ++key) {
      if (Matches(*policy, AskingAs(*policy, key))) matching.push_back(key);
    }
    EXPECT_EQ(matching, c.matching) << c.name;
    EXPECT_FALSE(Matches(*policy, Asking(*policy))) << c.name << ", without a key";
  }
}

TEST(RequestFacts, a_request_leaves_no_facts_to_the_next) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("a"), KeyNamed("b")};
  config.routes[0].when.any = {config::When{}, config::When{}};
  config.routes[0].when.any[0].keys = {"a"};
  config.routes[0].when.any[1].headers = {{"x-a", {"*"}}};
  const auto policy = Compiled(config);
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.model = "auto";
  DecisionInput input = Asking(*policy);
  FillRequest(*policy, signals, 0, input);
  EXPECT_TRUE(Matches(*policy, input));
  FillRequest(*policy, signals, 1, input);
  EXPECT_FALSE(Matches(*policy, input));
  AddHeader(*policy, "x-a", "1", input);
  EXPECT_TRUE(Matches(*policy, input));
  FillRequest(*policy, signals, std::nullopt, input);
  EXPECT_FALSE(Matches(*policy, input));
}

TEST(RequestFacts, fills_in_what_the_request_says) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.endpoint = Endpoint::kCompletions;
  signals.model = "large@dear";
  signals.stream = true;
  signals.uses_tools = signals.uses_audio = signals.uses_documents = true;
  signals.other_input_tokens = 7;
  signals.max_tokens = 9;
  signals.choices = 2;
  signals.native_only = "logprobs";
  DecisionInput input = Asking(*policy);
  input.seed = 11;
  input.unix_seconds = 12;
  input.conversation_target = 3;
  input.classification.request_class = Class::kCode;
  FillRequest(*policy, signals, std::nullopt, input);
  EXPECT_EQ(input.endpoint, Endpoint::kCompletions);
  EXPECT_EQ(input.model.target, 4u);
  EXPECT_TRUE(input.stream);
  EXPECT_EQ(input.uses, kTools | kAudio | kDocuments);
  EXPECT_EQ(input.text_bytes, 5u);
  EXPECT_EQ(input.other_input_tokens, 7);
  EXPECT_EQ(input.max_tokens, 9);
  EXPECT_EQ(input.choices, 2);
  EXPECT_EQ(input.native_only, "logprobs");
  // All other fields stay.
  EXPECT_EQ(input.seed, 11u);
  EXPECT_EQ(input.unix_seconds, 12);
  EXPECT_EQ(input.conversation_target, 3u);
  EXPECT_EQ(input.classification.request_class, Class::kCode);
  EXPECT_EQ(input.candidates.size(), 5u);
}

}  // namespace
}  // namespace headgate::routing
