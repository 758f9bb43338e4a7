#include "backends/protocols/openai_chat/stream_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

const std::string kRole = Delta(R"("role":"assistant","content":"")");
const std::string kStop = Delta("", "\"stop\"");
const std::string kUsage =
    Event(R"({"id":"c1","model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,)"
          R"("total_tokens":14,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},)"
          R"("completion_tokens_details":{"reasoning_tokens":3}},"service_tier":"flex"})");
constexpr std::string_view kStart = "start(c1,m) ";

std::string TextDelta(std::string_view text) {
  return Delta("\"content\":\"" + std::string(text) + "\"");
}

struct StreamCase {
  std::string_view name;
  std::string stream;
  std::string events;  // behind the start
};

const StreamCase kStreamCases[] = {
    {"usage behind the finish",
     kRole + TextDelta("Hé") + TextDelta("\\u006c\\no\\\"") + kStop + kUsage + kDone,
     "text(Hé) text(l\no\") | usage(9/4/2>5/3 flex) finish(stop) end"},
    {"without usage", kRole + TextDelta("a") + kStop + kDone, "text(a) | finish(stop) end"},
    {"usage in the last chunk",
     TextDelta("a") +
         Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":)"
               R"({"prompt_tokens":7,"completion_tokens":1}})") +
         kDone,
     "text(a) | usage(7/0/0>1/0) finish(length) end"},
    {"usage in every chunk, as vLLM can send it",
     Event(R"({"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":)"
           R"({"prompt_tokens":7,"completion_tokens":1}})") +
         Event(R"({"choices":[{"index":0,"delta":{"content":"b"}}],"usage":)"
               R"({"prompt_tokens":7,"completion_tokens":2}})") +
         kStop + kDone,
     "text(a) text(b) | usage(7/0/0>2/0) finish(stop) end"},
    {"usage of Groq and a null of OpenAI's",
     Event(R"({"id":"c1","model":"m","choices":[{"delta":{"content":"a"}}],"usage":null})") +
         Event(R"({"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":)"
               R"({"prompt_tokens":3,"completion_tokens":1}}})") +
         kDone,
     "text(a) | usage(3/0/0>1/0) finish(stop) end"},
    {"thoughts of DeepSeek, SGLang and llama.cpp",
     Delta(R"("role":"assistant","content":null,"reasoning_content":"hm")") +
         Delta(R"("content":null,"reasoning_content":", so")") + TextDelta("Yes") + kStop + kDone,
     "think(hm) think(, so) | text(Yes) | finish(stop) end"},
    {"thoughts of vLLM and OpenRouter",
     Delta(R"("reasoning":"hm","content":"")") + TextDelta("Yes") + kStop + kDone,
     "think(hm) | text(Yes) | finish(stop) end"},
    {"a thought under both names counts once",
     Delta(R"("reasoning":"hm","reasoning_content":"hm")") + kStop + kDone,
     "think(hm) | finish(stop) end"},
    {"the last thought and the first text in one chunk",
     Delta(R"("content":"Yes","reasoning_content":"hm")") + kStop + kDone,
     "think(hm) | text(Yes) | finish(stop) end"},
    {"blocks of LiteLLM",
     Delta(R"("reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm"}])") +
         Delta(
             R"("content":"","thinking_blocks":[{"type":"thinking","thinking":"","signature":"S"}])") +
         Delta(R"("thinking_blocks":[{"type":"redacted_thinking","data":"H"}])") +
         TextDelta("Yes") + kStop + kDone,
     "think(hm) chat-sign(S) | chat-sign(H) | text(Yes) | finish(stop) end"},
    {"content as parts, as Mistral sends it",
     Delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}])") +
         Delta(R"("content":[{"type":"text","text":"Y"},{"type":"text","text":"es"}])") + kStop +
         kDone,
     "think(hm) | text(Yes) | finish(stop) end"},
    {"refusal",
     Delta(R"("content":null,"refusal":"I can")") + Delta(R"("refusal":"not")") + kStop + kDone,
     "refuse(I can) refuse(not) | finish(stop) end"},
    {"a filter", TextDelta("a") + Delta("", "\"content_filter\"") + kDone,
     "text(a) | finish(refusal) end"},
    {"blank reasons are null",
     Delta(R"("content":"a")", "\"\"") + Delta(R"("content":"b")", "\"null\"") + kStop + kDone,
     "text(a) text(b) | finish(stop) end"},
    {"no reason at all", TextDelta("a") + kDone, "text(a) | finish(stop) end"},
    {"a reason that nobody knows", TextDelta("a") + Delta("", "\"done\"") + kDone,
     "text(a) | finish(stop) end"},
    {"given up by vLLM", TextDelta("a") + Delta("", "\"abort\"") + kDone,
     R"(text(a) error({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"abort"}]}))"},
    {"the stop sequence of vLLM",
     TextDelta("a") +
         Event(
             R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","stop_reason":"END"}]})") +
         kDone,
     "text(a) | finish(sequence END) end"},
    {"token ids are not a stop sequence",
     TextDelta("a") +
         Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","matched_stop":2}]})") +
         kDone,
     "text(a) | finish(stop) end"},
    {"comments and blank data",
     ": OPENROUTER PROCESSING\n\n" + TextDelta("a") + "data:\n\n:\n\n" + kStop + kDone,
     "text(a) ping | finish(stop) end"},
    {"another choice is not this one",
     TextDelta("a") +
         Event(R"({"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]})") +
         kStop + kDone,
     "text(a) | finish(stop) end"},
    {"a chunk of Azure's filter ahead",
     Event(R"({"id":"","model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]})") +
         TextDelta("a") + kStop + kDone,
     "text(a) | finish(stop) end"},
    {"an error",
     TextDelta("a") + Event(R"({"error":{"message":"out of memory","code":500}})") + kDone,
     R"(text(a) error({"error":{"message":"out of memory","code":500}}))"},
    {"an event that is named an error",
     TextDelta("a") + "event: error\n" + Event(R"({"message":"x"})"),
     R"(text(a) error({"message":"x"}))"},
    {"an error in a choice",
     TextDelta("a") + Event(R"({"choices":[{"index":0,"delta":{},"error":{"message":"x"}}]})"),
     R"(text(a) error({"choices":[{"index":0,"delta":{},"error":{"message":"x"}}]}))"},
    {"an answer that ends with an error",
     TextDelta("a") + Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]})") +
         kDone,
     R"(text(a) error({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}))"},
    {"usage before an error",
     Event(R"({"id":"c1","model":"m","choices":[{"delta":{"content":"a"}}],"usage":)"
           R"({"prompt_tokens":7,"completion_tokens":1}})") +
         Event(R"({"error":"x"})"),
     R"(text(a) usage(7/0/0>1/0) error({"error":"x"}))"},
    {"a cut stream", kRole + TextDelta("a"), "text(a)"},
    {"a stream without its end", TextDelta("a") + kStop + kUsage,
     "text(a) | usage(9/4/2>5/3 flex)"},
    {"not JSON", TextDelta("a") + Event("{\"choices\":[{]}") + TextDelta("b") + kStop + kDone,
     "text(a) text(b) | finish(stop) end"},
    {"a cut string", TextDelta("a") + Event("{\"choices\":\"}") + TextDelta("b"),
     "text(a) text(b)"},
    {"not JSON and no finish", TextDelta("a") + Event("{\"choices\":\"}") + kDone,
     "text(a) malformed"},
    {"half a surrogate pair", TextDelta("\\ud83d") + TextDelta("\\ud83d\\ude00") + kStop + kDone,
     "text(\xEF\xBF\xBD😀) | finish(stop) end"},
    {"members of wrong types",
     Delta(R"("content":5,"refusal":{},"reasoning":[1],"tool_calls":"x","function_call":3)") +
         Event(R"({"choices":[5,{"delta":null},{"delta":{"content":"b"},"finish_reason":7}]})") +
         TextDelta("a") + kStop + kDone,
     "text(a) | finish(stop) end"},
};

std::string WithStart(const StreamCase& one) {
  const bool ping_first = one.stream.starts_with(':');
  return (ping_first ? "ping " : "") + std::string(kStart) + one.events;
}

TEST(ChatStreamReaderTest, EventsOfDialects) {
  for (const StreamCase& one : kStreamCases) {
    EXPECT_EQ(EventsOf(one.stream), WithStart(one)) << one.name;
  }
}

TEST(ChatStreamReaderTest, EventsDoNotDependOnTheCut) {
  for (const StreamCase& one : kStreamCases) {
    EXPECT_EQ(EventsOf(one.stream, 1), WithStart(one)) << one.name;
    for (std::size_t cut = 1; cut < one.stream.size(); ++cut) {
      EventLog log;
      StreamReader reader(1 << 16);
      reader.Feed(std::string_view(one.stream).substr(0, cut), log);
      EXPECT_FALSE(log.text.ends_with(" end")) << one.name;
      reader.Feed(std::string_view(one.stream).substr(cut), log);
      EXPECT_EQ(log.text + (reader.malformed() ? " malformed" : ""), WithStart(one)) << one.name;
    }
  }
}

TEST(ChatStreamReaderTest, LinesMayEndInCrLf) {
  std::string stream = "\xEF\xBB\xBF" + TextDelta("a") + kStop + kDone;
  for (std::size_t at = 0; (at = stream.find('\n', at)) != std::string::npos; at += 2) {
    stream.replace(at, 1, "\r\n");
  }
  EXPECT_EQ(EventsOf(stream), "start(c1,m) text(a) | finish(stop) end");
  EXPECT_EQ(EventsOf(stream, 1), "start(c1,m) text(a) | finish(stop) end");
}

// Who knows that the connection was closed in order may take a finish for the end.
TEST(ChatStreamReaderTest, ACloseBehindTheFinishMayCountAsTheEnd) {
  EventLog log;
  StreamReader reader;
  reader.Feed(TextDelta("a"), log);
  EXPECT_FALSE(reader.finished());
  reader.Feed(kStop + kUsage, log);
  EXPECT_TRUE(reader.finished());
  EXPECT_FALSE(reader.ended());
  reader.EndAtClose(log);
  EXPECT_TRUE(reader.ended());
  EXPECT_EQ(log.text, "start(c1,m) text(a) | usage(9/4/2>5/3 flex) finish(stop) end");
}

TEST(ChatStreamReaderTest, PutsASplitSurrogatePairTogether) {
  EXPECT_EQ(
      EventsOf(Delta(R"("reasoning_content":"\ud83d")") + Delta(R"("reasoning_content":"\ude00")") +
               Delta(R"("content":"a\ud83d")") + Delta(R"("content":"\ude00b")") + kDone),
      "start(c1,m) think(😀) | text(a) text(😀b) | finish(stop) end");
}

TEST(ChatStreamReaderTest, NothingButTheEndIsNoAnswer) {
  EXPECT_EQ(EventsOf(kDone), "end");
  EXPECT_EQ(EventsOf(Event(R"({"id":"c1","choices":[]})") + kDone), "end");
  EXPECT_EQ(EventsOf("<html>\n\n"), "");
  EXPECT_EQ(EventsOf("data: <html>\n\n"), " malformed");
}

TEST(ChatStreamReaderTest, AnEventMayBeTooLong) {
  EXPECT_EQ(EventsOf(TextDelta(std::string(1 << 16, 'a'))), " malformed");
  EXPECT_EQ(EventsOf("data: " + std::string(1 << 17, 'a')), " malformed");
}

TEST(ChatStreamReaderTest, DeepNestingIsSkipped) {
  const std::string deep(3000, '[');
  const std::string shut(3000, ']');
  EXPECT_EQ(EventsOf(Delta("\"content\":\"a\",\"x\":" + deep + shut) + kStop + kDone),
            "start(c1,m) text(a) | finish(stop) end");
}

// Bytes behind the end do not count, as a client would not read them.
TEST(ChatStreamReaderTest, BytesBehindTheEndAreIgnored) {
  EXPECT_EQ(EventsOf(TextDelta("a") + kStop + kDone + TextDelta("b") + kDone),
            "start(c1,m) text(a) | finish(stop) end");
}

// A stream that broke has the usage that came before.
TEST(ChatStreamReaderTest, UsageOfABrokenStream) {
  EventLog log;
  StreamReader reader;
  reader.Feed(Event(R"({"id":"c1","model":"m","choices":[{"delta":{"content":"a"}}],"usage":)"
                    R"({"prompt_tokens":7,"completion_tokens":1}})"),
              log);
  reader.Feed(TextDelta("b"), log);
  ASSERT_TRUE(reader.usage().tokens);
  EXPECT_EQ(reader.usage().tokens->input, 7);
  EXPECT_EQ(reader.usage().tokens->output, 2);  // a chunk with content behind the report
  EXPECT_FALSE(reader.usage().tokens->consistent);
}

}  // namespace
}  // namespace headgate::backends::openai_chat
