#include "routing/classify/topic.h"

#include <gtest/gtest.h>

#include <string>

#include "routing/classify/topic_model.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kPatch = "diff --git a/a.c b/a.c\n@@ -1,2 +1,2 @@\n-int a;\n+int b;\n";
constexpr std::string_view kProgram =
    "int main() {\n  int total = add(1, 2);\n  return total;\n}\n";

Classification Of(const Signals& signals) { return Classify(signals, HintTrust{}); }

TEST(Topic, explicit_class_sets_it_for_anyone) {
  Signals signals = Chat({{Role::kUser, "What is the capital of Peru?"}});
  signals.class_header = "code";
  Classification c = Of(signals);
  EXPECT_EQ(c.topic, Topic::kCode);
  EXPECT_EQ(c.topic_reason, Reason::kExplicit);
  EXPECT_EQ(c.topic_confidence, 1);
  EXPECT_EQ(c.request_class, Class::kCode);
  EXPECT_EQ(c.class_reason, Reason::kExplicit);
  EXPECT_FALSE(c.clamped);

  signals = Chat({{Role::kUser, kPatch}});
  signals.metadata_class = "general";
  c = Of(signals);
  EXPECT_EQ(c.topic, Topic::kGeneral);
  EXPECT_EQ(c.topic_reason, Reason::kExplicit);
  EXPECT_EQ(c.request_class, Class::kGeneral);
}

TEST(Topic, embeddings_are_general_whatever_they_contain) {
  Signals signals = Chat({{Role::kPrompt, kPatch}});
  signals.endpoint = Endpoint::kEmbeddings;
  const Classification c = Of(signals);
  EXPECT_EQ(c.topic, Topic::kGeneral);
  EXPECT_EQ(c.topic_reason, Reason::kEndpoint);
  EXPECT_EQ(c.request_class, Class::kGeneral);
}

TEST(Topic, coding_tools_and_their_loop) {
  Signals signals = Chat({{Role::kUser, "what is the weather like today?"}});
  signals.tool_names = {"apply_patch", "get_time"};
  Classification c = Of(signals);
  EXPECT_EQ(c.topic, Topic::kCode);
  EXPECT_EQ(c.topic_reason, Reason::kCodingTools);
  EXPECT_EQ(c.class_reason, Reason::kCodingTools);
  const float declared = c.topic_confidence;

  signals.tool_loop = true;
  c = Of(signals);
  EXPECT_EQ(c.topic_reason, Reason::kToolLoop);
  EXPECT_GT(c.topic_confidence, declared);

  signals.tool_names = {"get_time"};
  EXPECT_EQ(Of(signals).topic, Topic::kGeneral);
}

TEST(Topic, fill_in_the_middle_before_tools) {
  Signals signals = Chat({{Role::kPrompt, "dear diary, "}});
  signals.endpoint = Endpoint::kCompletions;
  signals.has_suffix = true;
  signals.tool_names = {"bash"};
  EXPECT_EQ(Of(signals).topic_reason, Reason::kFillInTheMiddle);
}

TEST(Topic, last_user_message_counts_before_older_ones) {
  const Classification now = Of(Chat({{Role::kUser, "Prove $x^2 \\geq 0$ for all $x$."},
                                      {Role::kAssistant, "Done."},
                                      {Role::kUser, kPatch}}));
  EXPECT_EQ(now.topic_reason, Reason::kDiff);

  const Classification before =
      Of(Chat({{Role::kUser, kPatch}, {Role::kAssistant, "Done."}, {Role::kUser, "thanks"}}));
  EXPECT_EQ(before.topic_reason, Reason::kDiff);
  EXPECT_LT(before.topic_confidence, now.topic_confidence);
  EXPECT_GT(before.topic_confidence, 0.5f);
}

TEST(Topic, pieces_of_one_message_count_together) {
  const Classification c =
      Of(Chat({{Role::kUser, kProgram}, {Role::kUser, "What is wrong here?"}}));
  EXPECT_EQ(c.topic_reason, Reason::kCodeDensity);
  EXPECT_GT(c.topic_confidence, 0.8f);
}

TEST(Topic, newest_of_the_older_messages_wins) {
  const Classification c = Of(Chat({{Role::kUser, kPatch},
                                    {Role::kUser, "and now"},
                                    {Role::kAssistant, "$\\frac{1}{2}$ of $\\pi$"},
                                    {Role::kUser, "go on"}}));
  EXPECT_EQ(c.topic, Topic::kMath);
  EXPECT_EQ(c.request_class, Class::kGeneral);
  EXPECT_EQ(c.class_reason, Reason::kMathNotation);
}

TEST(Topic, system_prompts_show_formats_not_work) {
  const Classification c = Of(Chat({{Role::kSystem, "Answer with\n```python\nx = f(1)\n```"},
                                    {Role::kUser, "What is the capital of Peru?"}}));
  EXPECT_EQ(c.topic, Topic::kGeneral);
}

TEST(Topic, of_tool_results_only_patches_and_traces_count) {
  const auto with_result = [](std::string_view result) {
    return Of(Chat({{Role::kUser, "and what do you make of it"}, {Role::kTool, result}}));
  };
  EXPECT_EQ(with_result(kProgram).topic, Topic::kGeneral);
  EXPECT_EQ(with_result(kPatch).topic_reason, Reason::kDiff);
  EXPECT_EQ(with_result("Traceback (most recent call last):\n").topic_reason, Reason::kStackTrace);
}

TEST(Topic, words_without_structure_are_the_models) {
  struct Case {
    std::string_view text;
    Topic topic;
  };
  constexpr Case kCases[] = {
      {"Explain how a binary search tree works and write a python function for it.", Topic::kCode},
      {"How do I rebase my git branch onto main without losing commits?", Topic::kCode},
      {"Tom has 12 apples and gives 5 of them to Ann. How many are left?", Topic::kMath},
      {"Write a friendly letter to my landlord about the broken heating.", Topic::kGeneral},
  };
  for (const Case& c : kCases) {
    const Classification found = Of(Chat({{Role::kUser, c.text}}));
    EXPECT_EQ(ToString(found.topic), ToString(c.topic)) << c.text;
    EXPECT_EQ(found.topic_reason, Reason::kModel) << c.text;
    EXPECT_GE(found.topic_confidence, TopicModel::Shipped().threshold(Script::kLatin));
  }
}

// A patch has lines that are no code by themselves. What is
// asked about it decides in any language, unless that says nothing or the operator wants more
// certainty.
TEST(Topic, what_is_asked_about_a_patch_decides) {
  struct Case {
    std::string_view ask;
    Topic topic;
  };
  constexpr Case kCases[] = {
      {"Write a short mail to our guests: the booking works again.", Topic::kGeneral},
      {"Prepara un avviso gentile per i soci: il guasto è finito.", Topic::kGeneral},
      {"Hazme un resumen para la dirección, sin tecnicismos.", Topic::kGeneral},
      {"用通俗的话给家长写一则通知。", Topic::kGeneral},
      {"Add a unit test for this function.", Topic::kCode},
      {"Perché il compilatore segnala un errore qui?", Topic::kCode},
      {"what does this do?", Topic::kCode},
  };
  constexpr std::string_view kChange =
      "diff --git a/a.py b/a.py\n@@ -1,4 +1,4 @@\n def fee(days):\n-    return 2\n+    return 3\n"
      "     # a note\n";
  for (const Case& c : kCases) {
    const std::string text = std::string(c.ask) + "\n\n" + std::string(kChange);
    EXPECT_EQ(ToString(Of(Chat({{Role::kUser, text}})).topic), ToString(c.topic)) << c.ask;
    const std::string below = std::string(kChange) + "\n" + std::string(c.ask);
    EXPECT_EQ(ToString(Of(Chat({{Role::kUser, below}})).topic), ToString(c.topic)) << c.ask;
    const Classification doubted =
        Classify(Chat({{Role::kUser, text}}), HintTrust{}, {.threshold = 1.01f});
    EXPECT_EQ(doubted.topic_reason, Reason::kDiff) << c.ask;
  }
}

TEST(Topic, in_doubt_it_abstains_and_is_general) {
  const Signals signals = Chat({{Role::kUser, "How do I rebase my git branch onto main?"}});
  const Classification c = Classify(signals, HintTrust{}, {.threshold = 1.01f});
  EXPECT_EQ(c.topic, Topic::kGeneral);
  EXPECT_EQ(c.topic_reason, Reason::kAbstained);
  EXPECT_EQ(c.class_reason, Reason::kAbstained);
  EXPECT_EQ(Of(Signals{}).topic_reason, Reason::kDefault);
  EXPECT_EQ(Of(Chat({{Role::kSystem, "be kind"}})).topic_reason, Reason::kDefault);
}

TEST(Topic, bare_follow_ups_inherit) {
  for (const std::string_view text : {"yes", "fix it", "now in German", "go on please"}) {
    Signals signals = Chat({{Role::kUser, "How do I rebase my git branch onto main?"},
                            {Role::kAssistant, "Shall I show it?"},
                            {Role::kUser, text}});
    Classification c = Of(signals);
    EXPECT_EQ(c.topic, Topic::kCode) << text;
    EXPECT_EQ(c.topic_reason, Reason::kSession) << text;
    signals.conversation_topic = Topic::kMath;
    c = Of(signals);
    EXPECT_EQ(c.topic, Topic::kMath) << text;
    EXPECT_EQ(c.topic_reason, Reason::kSession) << text;
  }
  Signals moved = Chat(
      {{Role::kAssistant, "Done."},
       {Role::kUser, "Thanks. Now write a friendly letter to my landlord about the heating."}});
  moved.conversation_topic = Topic::kCode;
  EXPECT_EQ(Of(moved).topic, Topic::kGeneral);
  EXPECT_EQ(Of(moved).topic_reason, Reason::kModel);
}

TEST(Topic, structure_at_either_end_of_a_long_text_is_found) {
  std::string prose;
  while (prose.size() < 200'000) prose += "It was a quiet evening by the sea, and nobody spoke.\n";
  const std::string head = std::string(kPatch) + prose;
  const std::string tail = prose + std::string(kPatch);
  EXPECT_EQ(Of(Chat({{Role::kUser, head}})).topic_reason, Reason::kDiff);
  EXPECT_EQ(Of(Chat({{Role::kUser, tail}})).topic_reason, Reason::kDiff);
  EXPECT_EQ(Of(Chat({{Role::kUser, prose}})).topic, Topic::kGeneral);
}

}  // namespace
}  // namespace headgate::routing
