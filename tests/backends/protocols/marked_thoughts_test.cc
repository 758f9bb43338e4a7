#include "backends/protocols/marked_thoughts.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

// The body without its thoughts, or "-" if it stays as it is.
std::string CutText(std::string_view body) {
  const std::optional<CutBody> cut = WithoutMarkedThoughts(body, {});
  return cut ? cut->body : "-";
}

TEST(MarkedThoughtsTest, LeavesOtherBodiesAlone) {
  EXPECT_EQ(CutText(R"({"model":"m","messages":[]})"), "-");
  EXPECT_EQ(CutText(R"({"messages":[{"role":"user","content":"what is hg1.chat.x?"}]})"), "-");
  EXPECT_EQ(
      CutText(
          R"({"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hg1.","signature":"EqQB"}]}]})"),
      "-")
      << "a signature of an answer that passed";
}

TEST(MarkedThoughtsTest, CutsThoughtsOfMessages) {
  EXPECT_EQ(
      CutText(
          R"({"messages":[{"role":"user","content":"a"}, {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"hg1.chat.0123abcd."},{"type":"text","text":"b"},{"type":"redacted_thinking","data":"hg1.responses.0123abcd.x"}],"x":1}],"model":"m"})"),
      R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"b"}],"x":1}],"model":"m"})");
}

TEST(MarkedThoughtsTest, LeavesOutAMessageOfNothingElse) {
  EXPECT_EQ(
      CutText(
          R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"hg1.chat.0123abcd."}]},{"role":"user","content":"b"}]})"),
      R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]})");
}

// Anthropic: "Expected `thinking` or `redacted_thinking`, but found `tool_use`."
TEST(MarkedThoughtsTest, StopsABudgetWithinAToolLoop) {
  const auto body = [](std::string_view thinking, std::string_view thought) {
    return R"({"thinking":)" + std::string(thinking) +
           R"(,"messages":[{"role":"assistant","content":[)" + std::string(thought) +
           R"({"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]})";
  };
  constexpr std::string_view kThought =
      R"({"type":"thinking","thinking":"t","signature":"hg1.chat.0123abcd."},)";
  constexpr std::string_view kBudget = R"({"type":"enabled","budget_tokens":2000})";
  EXPECT_EQ(CutText(body(kBudget, kThought)), body(R"({"type":"disabled"})", ""));
  EXPECT_EQ(CutText(body(R"({"type":"adaptive"})", kThought)), body(R"({"type":"adaptive"})", ""));
}

TEST(MarkedThoughtsTest, CutsItemsOfResponsesAndBlocksOfChatCompletions) {
  EXPECT_EQ(
      CutText(
          R"({"input":[{"type":"reasoning","summary":[],"encrypted_content":"hg1.messages.0123abcd.s"},{"type":"reasoning","summary":[],"encrypted_content":"gAAA"}]})"),
      R"({"input":[{"type":"reasoning","summary":[],"encrypted_content":"gAAA"}]})");
  EXPECT_EQ(
      CutText(
          R"({"messages":[{"role":"assistant","content":"a","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"hg1.messages.0123abcd.s"}]}]})"),
      R"({"messages":[{"role":"assistant","content":"a","thinking_blocks":[]}]})");
}

// The same thought stands there twice.
TEST(MarkedThoughtsTest, CutsTheTextOfBlocksOfChatCompletions) {
  const auto body = [](std::string_view reasoning, std::string_view blocks) {
    return R"({"messages":[{"role":"assistant","reasoning_content":)" + std::string(reasoning) +
           R"(,"content":"a","thinking_blocks":[)" + std::string(blocks) + R"(],"reasoning":)" +
           std::string(reasoning) + "}]}";
  };
  constexpr std::string_view kBlock =
      R"({"type":"thinking","thinking":"t","signature":"hg1.messages.0123abcd.s"})";
  EXPECT_EQ(CutText(body(R"("t")", kBlock)), body("null", ""));
  EXPECT_EQ(CutText(body("null", kBlock)), body("null", ""));
  EXPECT_EQ(
      CutText(R"({"messages":[{"role":"assistant","content":"hg1.","reasoning_content":"t"}]})"),
      "-")
      << "thoughts without a signature stay";
}

TEST(MarkedThoughtsTest, MovesThePlacesBehindTheCut) {
  const std::string body =
      R"({"a":"b","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"hg1.chat.0123abcd."},{"type":"text","text":"b"}]}],"model":"m","stream":true,"priority":5})";
  SplicePoints splice;
  splice.object_begin = 1;
  splice.model.begin = body.find(R"("m","stream")");
  splice.model.end = splice.model.begin + 3;
  splice.priority.emplace();
  splice.priority->begin = body.find("5}");
  splice.priority->end = splice.priority->begin + 1;
  const std::optional<CutBody> cut = WithoutMarkedThoughts(body, splice);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->splice.priority->begin, cut->body.size() - 2);
  EXPECT_EQ(cut->splice.priority->end, cut->body.size() - 1);
  EXPECT_LT(cut->splice.model.begin, splice.model.begin);
  EXPECT_EQ(
      cut->body.substr(cut->splice.model.begin, cut->splice.model.end - cut->splice.model.begin),
      R"("m")");
  EXPECT_EQ(cut->splice.object_begin, 1u);
  EXPECT_EQ(cut->dropped, "thinking");
}

}  // namespace
}  // namespace headgate::backends
