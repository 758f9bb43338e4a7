// Bytes that were changed at random give an answer, an error or a refusal, and never more.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "backends/protocols/openai_chat/answer_reader.h"
#include "backends/protocols/openai_chat/conversation_reader.h"
#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

constexpr int kRounds = 3000;

// Replaces, removes or doubles a few bytes.
std::string Broken(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "{}[]\",:\\0-etn \n\r\xC3\xFF";
  for (auto change = random() % 3 + 1; change > 0; --change) {
    const std::size_t at = random() % text.size();
    switch (random() % 3) {
      case 0:
        text[at] = kBytes[random() % kBytes.size()];
        break;
      case 1:
        text.erase(at, random() % 8 + 1);
        break;
      default:
        text.insert(at, text.substr(at, random() % 16 + 1));
    }
  }
  return text;
}

const std::string kWholeStream =
    Delta(R"("role":"assistant","content":"","reasoning":"hm")") + Delta(R"("content":"a\n")") +
    Delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},)"
          R"({"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}])") +
    Delta(R"("tool_calls":[{"index":0,"function":{"arguments":"}"}}])", "\"tool_calls\"") +
    Event(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}})") + kDone;

TEST(ChatBrokenInputTest, Streams) {
  std::mt19937 random(1);
  for (int round = 0; round < kRounds; ++round) {
    const std::string stream = Broken(kWholeStream, random);
    const std::string events = EventsOf(stream);
    EXPECT_EQ(EventsOf(stream, 7), events) << stream;
    const bool begun_first = events.empty() || events.starts_with("start(") ||
                             events.starts_with("ping") || events.starts_with("error(") ||
                             events.starts_with(" malformed") || events == "end" ||
                             events.starts_with("usage(");
    EXPECT_TRUE(begun_first) << events;
  }
}

TEST(ChatBrokenInputTest, Answers) {
  std::mt19937 random(2);
  const std::string body =
      R"({"id":"c1","model":"m","choices":[{"index":0,"message":{"content":[{"type":"text",)"
      R"("text":"a"}],"reasoning":"hm","tool_calls":[{"id":"a","function":{"name":"f",)"
      R"("arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,)"
      R"("completion_tokens":5}})";
  for (int round = 0; round < kRounds; ++round) {
    EventLog log;
    const bool good = ReadAnswer(Broken(body, random), log);
    EXPECT_EQ(good, log.text.ends_with(" end")) << log.text;
  }
}

TEST(ChatBrokenInputTest, Bodies) {
  std::mt19937 random(3);
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a\ud83d"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},)"
      R"({"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"a","content":"1"}],"tools":[{"type":"function",)"
      R"("function":{"name":"f","parameters":{"type":"object"}}}],"stop":["a"],"seed":5,)"
      R"("response_format":{"type":"json_object"},"metadata":{"a":"b"},"temperature":0.5})";
  for (int round = 0; round < kRounds; ++round) {
    Conversation conversation;
    DroppedFields dropped;
    const auto problem = ReadConversation(Broken(body, random), conversation, dropped);
    if (problem) {
      EXPECT_FALSE(problem->message.empty());
    } else {
      EXPECT_FALSE(conversation.turns.empty() && conversation.system.empty());
    }
  }
}

}  // namespace
}  // namespace headgate::backends::openai_chat
