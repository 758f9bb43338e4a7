// routing::Signals combines the facts of the body with those of the headers.
#include "gateway/decide/request_signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/allocations.h"

namespace headgate::gateway {
namespace {

using backends::ApiEndpoint;
using backends::BodyFacts;
using backends::TextRole;
using routing::Endpoint;
using routing::Role;
using ::testing::ElementsAre;

BodyFacts RichFacts() {
  BodyFacts facts;
  facts.model = "m";
  facts.stream = true;
  facts.body_bytes = 1000;
  facts.text_bytes = 12;
  facts.tool_bytes = 30;
  facts.other_input_tokens = 1500;
  facts.max_tokens = 64;
  facts.choices = 3;
  facts.native_only = "logprobs";
  facts.has_suffix = true;
  facts.uses_tools = true;
  facts.uses_json_schema = true;
  facts.uses_images = true;
  facts.uses_audio = true;
  facts.uses_documents = true;
  facts.tool_loop = true;
  facts.message_count = 5;
  facts.has_assistant_turn = true;
  facts.service_tier = "flex";
  facts.reasoning_effort = "low";
  facts.session_id = "of the body";
  facts.metadata_class = "batch";
  facts.metadata = {{"class", "batch"}, {"who", "me"}};
  facts.texts = {{TextRole::kSystem, "a"},
                 {TextRole::kUser, "bc"},
                 {TextRole::kAssistant, "def"},
                 {TextRole::kTool, "g"},
                 {TextRole::kPrompt, "hi"}};
  facts.tool_names = {"bash", "apply_patch"};
  return facts;
}

RequestHead HeadWith(const std::vector<HeaderField>& fields) {
  RequestHead head;
  for (const HeaderField& field : fields) head.AddField(field);
  return head;
}

TEST(FillSignals, each_prompt_of_a_completion_has_its_choices) {
  struct {
    Endpoint endpoint;
    int choices;
    int prompts;
    int all;
  } const cases[] = {
      {Endpoint::kCompletions, 1, 20, 20},
      {Endpoint::kCompletions, 4, 20, 80},
      {Endpoint::kCompletions, 128, 1 << 30, 1 << 22},  // the most
      {Endpoint::kEmbeddings, 1, 20, 1},                // inputs generate nothing
      {Endpoint::kChat, 4, 1, 4},
  };
  for (const auto& c : cases) {
    BodyFacts facts;
    facts.choices = c.choices;
    facts.prompts = c.prompts;
    routing::Signals s;
    FillSignals(c.endpoint, facts, RequestHead{}, s);
    EXPECT_EQ(s.choices, c.all) << c.choices << " x " << c.prompts;
  }
}

TEST(FillSignals, carries_everything_that_the_body_says) {
  routing::Signals s;
  FillSignals(Endpoint::kCompletions, RichFacts(), RequestHead{}, s);
  EXPECT_EQ(s.endpoint, Endpoint::kCompletions);
  EXPECT_EQ(s.model, "m");
  EXPECT_TRUE(s.stream);
  EXPECT_EQ(s.body_bytes, 1000u);
  EXPECT_EQ(s.text_bytes, 42u);
  EXPECT_EQ(s.other_input_tokens, 1500);
  EXPECT_EQ(s.max_tokens, 64);
  EXPECT_EQ(s.choices, 3);
  EXPECT_EQ(s.native_only, "logprobs");
  EXPECT_TRUE(s.has_suffix && s.uses_tools && s.uses_json_schema && s.uses_images && s.uses_audio);
  EXPECT_TRUE(s.uses_documents);
  EXPECT_TRUE(s.tool_loop && s.has_assistant_turn);
  EXPECT_EQ(s.message_count, 5);
  EXPECT_EQ(s.service_tier, "flex");
  EXPECT_EQ(s.reasoning_effort, "low");
  EXPECT_EQ(s.session_id, "of the body");
  EXPECT_EQ(s.metadata_class, "batch");
  EXPECT_EQ(s.metadata, RichFacts().metadata);
  EXPECT_THAT(s.tool_names, ElementsAre("bash", "apply_patch"));
  std::vector<std::pair<Role, std::string_view>> texts;
  for (const routing::TextPiece& piece : s.texts) texts.emplace_back(piece.role, piece.text);
  EXPECT_THAT(texts, ElementsAre(std::pair(Role::kSystem, "a"), std::pair(Role::kUser, "bc"),
                                 std::pair(Role::kAssistant, "def"), std::pair(Role::kTool, "g"),
                                 std::pair(Role::kPrompt, "hi")));
}

TEST(FillSignals, adds_what_headers_say) {
  const RequestHead head = HeadWith({{"x-headgate-class", "code"},
                                     {"x-slo-ttft-ms", "200"},
                                     {"x-initiator", "agent"},
                                     {"x-session-id", "of the head"},
                                     {"x-claude-code-session-id", "cc"},
                                     {"x-claude-code-parent-agent-id", "p"}});
  routing::Signals s;
  FillSignals(Endpoint::kChat, BodyFacts{}, head, s);
  EXPECT_EQ(s.class_header, "code");
  EXPECT_EQ(s.slo_ttft_header, "200");
  EXPECT_EQ(s.initiator_header, "agent");
  EXPECT_TRUE(s.coding_agent);
  EXPECT_TRUE(s.subagent);
  EXPECT_EQ(s.session_id, "of the head");
  FillSignals(Endpoint::kChat, RichFacts(), head, s);
  EXPECT_EQ(s.session_id, "of the body");  // the body's session counts before the header's
  FillSignals(Endpoint::kChat, BodyFacts{}, HeadWith({{"x-claude-code-session-id", "cc"}}), s);
  EXPECT_EQ(s.session_id, "cc");
  EXPECT_TRUE(s.class_header.empty());
  EXPECT_FALSE(s.subagent);
}

TEST(FillSignals, keeps_nothing_of_the_request_before) {
  routing::Signals s;
  FillSignals(Endpoint::kChat, RichFacts(), HeadWith({{"x-initiator", "agent"}}), s);
  s.conversation_topic = routing::Topic::kCode;
  FillSignals(Endpoint::kEmbeddings, BodyFacts{}, RequestHead{}, s);
  EXPECT_EQ(s.endpoint, Endpoint::kEmbeddings);
  EXPECT_TRUE(s.texts.empty() && s.metadata.empty() && s.tool_names.empty());
  EXPECT_TRUE(s.model.empty() && s.session_id.empty() && s.initiator_header.empty());
  EXPECT_FALSE(s.stream || s.uses_tools || s.max_tokens || s.conversation_topic);
  EXPECT_EQ(s.choices, 1);
  EXPECT_TRUE(s.native_only.empty());
}

// Signals are filled for every request.
TEST(FillSignals, takes_no_memory_once_there_is_room) {
  const BodyFacts facts = RichFacts();
  const RequestHead head;
  routing::Signals s;
  EXPECT_GT(AllocationsIn([&] { FillSignals(Endpoint::kChat, facts, head, s); }), 0u);
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 100; ++i) FillSignals(Endpoint::kChat, facts, head, s);
            }),
            0u);
}

TEST(BodyOf, knows_every_endpoint) {
  EXPECT_EQ(BodyOf(Endpoint::kChat), ApiEndpoint::kChat);
  EXPECT_EQ(BodyOf(Endpoint::kCompletions), ApiEndpoint::kCompletions);
  EXPECT_EQ(BodyOf(Endpoint::kEmbeddings), ApiEndpoint::kEmbeddings);
  EXPECT_EQ(BodyOf(Endpoint::kMessages), ApiEndpoint::kMessages);
  EXPECT_EQ(BodyOf(Endpoint::kResponses), ApiEndpoint::kResponses);
  EXPECT_EQ(BodyOf(Endpoint::kCountTokens), ApiEndpoint::kCountTokens);
}

}  // namespace
}  // namespace headgate::gateway
