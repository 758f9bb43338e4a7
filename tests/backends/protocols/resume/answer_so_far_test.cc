#include "backends/protocols/resume/answer_so_far.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/translator.h"

namespace headgate::backends {
namespace {

constexpr ChatProtocol kChat = ChatProtocol::kChatCompletions;
constexpr ChatProtocol kMessages = ChatProtocol::kMessages;
constexpr ChatProtocol kResponses = ChatProtocol::kResponses;

std::string SentEvent(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

std::string SentChunk(std::string_view delta, std::string_view finish = "null") {
  return SentEvent(R"({"id":"chatcmpl-1","created":1700000000,"model":"m","choices":[{"index":0,)"
                   R"("delta":{)" +
                   std::string(delta) + R"(},"finish_reason":)" + std::string(finish) + "}]}");
}

std::string SentResponse(std::string_view type, std::string_view members, int number) {
  return SentEvent(R"({"type":"response.)" + std::string(type) + R"(",)" + std::string(members) +
                   R"(,"sequence_number":)" + std::to_string(number) + "}");
}

const std::string kMessageStart =
    SentEvent(R"({"type":"message_start","message":{"id":"msg_9","model":"claude","usage":)"
              R"({"input_tokens":7,"output_tokens":1}}})");
const std::string kTextStart = SentEvent(
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
const std::string kTextDelta = SentEvent(
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})");
const std::string kTextStop = SentEvent(R"({"type":"content_block_stop","index":0})");
const std::string kCreated =
    SentResponse("created", R"("response":{"id":"resp_9","model":"m","created_at":1700000001})", 0);
const std::string kItem =
    SentResponse("output_item.added",
                 R"("output_index":0,"item":{"type":"message","id":"msg_8","content":[]})", 1);
const std::string kContent = SentResponse(
    "content_part.added", R"("item_id":"msg_8","output_index":0,"content_index":0,"part":{})", 2);
const std::string kOutputDelta = SentResponse(
    "output_text.delta", R"("item_id":"msg_8","output_index":0,"content_index":0,"delta":"Hi")", 3);

struct Seen {
  explicit Seen(ChatProtocol client, std::string_view sent)
      : answer(client, MakeStreamReader(client)) {
    answer.Sent(sent);
  }
  AnswerSoFar answer;
};

TEST(AnswerSoFarTest, HasNotBegunWithoutAnEvent) {
  Seen seen(kChat, ": ping\n\n");
  EXPECT_FALSE(seen.answer.begun());
  EXPECT_EQ(seen.answer.WhyNot(), "");
}

TEST(AnswerSoFarTest, ReadsAChat) {
  Seen seen(kChat, SentChunk(R"("role":"assistant","content":"")") +
                       SentChunk(R"("content":"H\u00e9")") + ": ping\n\n" +
                       SentChunk(R"("content":" you")"));
  ASSERT_TRUE(seen.answer.begun());
  ASSERT_EQ(seen.answer.WhyNot(), "");
  const ClientSeam& seam = seen.answer.seam();
  EXPECT_EQ(seam.id, "chatcmpl-1");
  EXPECT_EQ(seam.model, "m");
  EXPECT_EQ(seam.created, 1700000000);
  EXPECT_EQ(seam.text, "Hé you");
}

TEST(AnswerSoFarTest, ReadsMessages) {
  struct Row {
    std::string sent;
    bool open;
    std::int64_t index;
  };
  const Row rows[] = {
      {kMessageStart, false, 0},
      {kMessageStart + SentEvent(R"({"type":"ping"})"), false, 0},
      {kMessageStart + kTextStart, true, 0},
      {kMessageStart + kTextStart + kTextDelta, true, 0},
      {kMessageStart + kTextDelta, true, 0},  // some servers leave out the start
      {kMessageStart + kTextStart + kTextDelta + kTextStop, false, 1},
  };
  for (const Row& row : rows) {
    Seen seen(kMessages, row.sent);
    ASSERT_TRUE(seen.answer.begun()) << row.sent;
    ASSERT_EQ(seen.answer.WhyNot(), "") << row.sent;
    const ClientSeam& seam = seen.answer.seam();
    EXPECT_EQ(seam.id, "msg_9");
    EXPECT_EQ(seam.part_open, row.open) << row.sent;
    EXPECT_EQ(seam.index, row.index) << row.sent;
  }
}

TEST(AnswerSoFarTest, ReadsResponses) {
  struct Row {
    std::string sent;
    bool open, content;
    std::int64_t next;
    std::string_view text;
  };
  const Row rows[] = {
      {kCreated, false, false, 1, ""},
      {kCreated + kItem, true, false, 2, ""},
      {kCreated + kItem + kContent, true, true, 3, ""},
      {kCreated + kItem + kContent + kOutputDelta, true, true, 4, "Hi"},
      {kCreated + kOutputDelta, true, true, 4, "Hi"},
  };
  for (const Row& row : rows) {
    Seen seen(kResponses, row.sent);
    ASSERT_EQ(seen.answer.WhyNot(), "") << row.sent;
    const ClientSeam& seam = seen.answer.seam();
    EXPECT_EQ(seam.id, "resp_9");
    EXPECT_EQ(seam.created, 1700000001);
    EXPECT_EQ(seam.part_open, row.open) << row.sent;
    EXPECT_EQ(seam.content_open, row.content) << row.sent;
    EXPECT_EQ(seam.item_id, row.open ? "msg_8" : "") << row.sent;
    EXPECT_EQ(seam.sequence, row.next) << row.sent;
    EXPECT_EQ(seam.text, row.text) << row.sent;
  }
}

TEST(AnswerSoFarTest, SaysWhyAnAnswerCannotGoOn) {
  struct Row {
    ChatProtocol client;
    std::string sent;
    std::string_view why;
  };
  const std::string word = SentChunk(R"("content":"a")");
  const Row rows[] = {
      {kChat, word + SentChunk(R"("tool_calls":[{"index":0,"id":"x","function":{"name":"f"}}])"),
       "the model has called a tool"},
      {kChat, SentChunk(R"("reasoning_content":"Hm")") + word,
       "it has thoughts of the model in it"},
      {kChat, SentChunk(R"("refusal":"No")"), "it is a refusal"},
      {kChat, word + SentChunk("", R"("stop")"), "it has ended"},
      {kChat, word + SentChunk(R"("audio":{"data":"QQ=="})"), "it has parts that are not text"},
      {kChat, word + SentChunk(R"("content":"b","annotations": [{"type":"url_citation"}])"),
       "it has parts that are not text"},
      {kChat, SentChunk(R"("content":"\"audio\":1","images":[],"audio":null)"), ""},
      {kMessages,
       kMessageStart + SentEvent(R"({"type":"content_block_start","index":0,"content_block":)"
                                 R"({"type":"tool_use","id":"x","name":"f","input":{}}})"),
       "the model has called a tool"},
      {kMessages,
       kMessageStart + SentEvent(R"({"type":"content_block_start","index":0,"content_block":)"
                                 R"({"type":"server_tool_use","id":"x"}})"),
       "it has parts that are not text"},
      {kMessages,
       kMessageStart + kTextStart + kTextDelta + kTextStop +
           SentEvent(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"),
       "it has ended"},
      {kResponses,
       kCreated + SentResponse("output_item.added",
                               R"("output_index":0,"item":{"type":"reasoning","id":"rs_1"})", 1),
       "it has parts that are not text"},
      {kResponses,
       kCreated + kItem + kContent + kOutputDelta +
           SentResponse("output_text.done", R"("item_id":"msg_8","text":"Hi")", 4),
       "its text is whole"},
      {kResponses,
       kCreated + kItem + kContent +
           SentResponse("content_part.added",
                        R"("item_id":"msg_8","output_index":0,"content_index":1,"part":{})", 3),
       "it has parts that are not text"},
  };
  for (const Row& row : rows) {
    Seen seen(row.client, row.sent);
    EXPECT_EQ(seen.answer.WhyNot(), row.why) << row.sent;
    seen.answer.Sent(row.sent);
    EXPECT_EQ(seen.answer.WhyNot(), row.why);
  }
}

TEST(AnswerSoFarTest, ALongTextIsNotResumedAndNotKept) {
  AnswerSoFar answer(kChat, MakeStreamReader(kChat), 1000);
  const std::string word = SentChunk(R"("content":"0123456789")");
  for (int i = 0; i < 100; ++i) answer.Sent(word);
  ASSERT_EQ(answer.WhyNot(), "");
  EXPECT_EQ(answer.seam().text.size(), 1000u);
  answer.Sent(word);
  EXPECT_EQ(answer.WhyNot(), "its text is too long to be sent again");
  for (int i = 0; i < 1000; ++i) answer.Sent(word);
  EXPECT_LT(answer.HeldBytes(), 100u);
}

// What was sent is read now and then, so that it does not add up to many times the text.
TEST(AnswerSoFarTest, KeepsLittleMoreThanTheText) {
  AnswerSoFar answer(kChat, MakeStreamReader(kChat));
  const std::string word = SentChunk(R"("content":"0123456789")");
  for (int i = 0; i < 10000; ++i) {
    answer.Sent(word);
    ASSERT_LT(answer.HeldBytes(), 500u << 10);
  }
  ASSERT_EQ(answer.WhyNot(), "");
  EXPECT_EQ(answer.seam().text.size(), 100000u);
}

TEST(AnswerSoFarTest, ReadsWhatWasSentInAnyPieces) {
  const std::string sent = kCreated + kItem + kContent + kOutputDelta;
  for (std::size_t cut = 0; cut <= sent.size(); ++cut) {
    AnswerSoFar answer(kResponses, MakeStreamReader(kResponses));
    answer.Sent(std::string_view(sent).substr(0, cut));
    EXPECT_EQ(answer.WhyNot(), "");
    answer.Sent(std::string_view(sent).substr(cut));
    ASSERT_EQ(answer.seam().text, "Hi") << cut;
    ASSERT_EQ(answer.seam().sequence, 4) << cut;
  }
}

}  // namespace
}  // namespace headgate::backends
