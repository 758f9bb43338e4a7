#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/values/answer_usage.h"
#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::openai {
namespace {

// A stream of the given usages, each on an event without content.
std::optional<ReportedTokens> Merged(const std::vector<std::string>& usages) {
  EventStream stream(true);
  std::string out;
  for (const std::string& usage : usages) {
    std::string event = "data: {\"choices\":[],\"usage\":";
    stream.Feed(event.append(usage).append("}\n\n"), out);
  }
  return stream.usage().tokens;
}

TEST(StreamedUsageTest, ASideThatAnEventDoesNotSpeakOfStays) {
  const std::string whole = R"({"prompt_tokens":9,"completion_tokens":2})";
  const ReportedTokens same{9, 0, 0, 2, 0};
  EXPECT_EQ(Merged({whole, R"({"prompt_tokens":0,"completion_tokens":0})"}), same);
  EXPECT_EQ(Merged({whole, R"({"prompt_tokens":9})"}), same);
  EXPECT_EQ(Merged({whole, R"({"completion_tokens":0})"}), same);
  const ReportedTokens later{9, 0, 0, 30, 0};
  EXPECT_EQ(Merged({whole, R"({"completion_tokens":30})"}), later);
  EXPECT_EQ(Merged({whole, R"({"prompt_tokens":null,"completion_tokens":30})"}), later);
  EXPECT_EQ(Merged({whole, R"({"prompt_tokens":0,"completion_tokens":30,"total_tokens":30})"}),
            later);
  EXPECT_EQ(Merged({R"({"prompt_tokens":9,"completion_tokens":0})", R"({"completion_tokens":30})"}),
            later);
  EXPECT_EQ(Merged({whole, R"({"prompt_tokens":12,"completion_tokens":5})"}),
            (ReportedTokens{12, 0, 0, 5, 0}));
}

// Anthropic's message_start and message_delta, as proxies pass them on.
TEST(StreamedUsageTest, APromptAtTheBeginningAndAnOutputAtTheEndAreOneUsage) {
  const std::string start =
      R"({"input_tokens":100,"cache_read_input_tokens":500,"output_tokens":1})";
  const ReportedTokens whole{600, 500, 0, 100, 0, true, /*consistent=*/false};
  EXPECT_EQ(Merged({start, R"({"output_tokens":100})"}), whole);
  EXPECT_EQ(Merged({start, R"({"output_tokens":100,"cache_read_input_tokens":500})"}), whole);
}

// A model that generates more after a usage report has used more than the report says.
TEST(StreamedUsageTest, ContentBehindTheLastUsageIsCountedOnTop) {
  const std::string first =
      R"(data: {"choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":{"prompt_tokens":9,)"
      R"("completion_tokens":1}})";
  const std::string content =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  EventStream stream(false);
  std::string out;
  stream.Feed(first + "\n\n", out);
  for (int i = 0; i < 20; ++i) stream.Feed(content, out);
  EXPECT_EQ(stream.usage().tokens, (ReportedTokens{9, 0, 0, 21, 0, true, /*consistent=*/false}));
  stream.Feed("data: {\"choices\":[],\"usage\":{\"completion_tokens\":25}}\n\n", out);
  EXPECT_EQ(stream.usage().tokens, (ReportedTokens{9, 0, 0, 25, 0}));
}

TEST(StreamedUsageTest, GroqsOwnPlaceCountsIfThereIsNoOther) {
  const std::string groq =
      R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r",)"
      R"("usage":{"prompt_tokens":1000,"completion_tokens":31}}})"
      "\n\n";
  const std::string own =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
  std::string out;
  EventStream alone(false);
  alone.Feed(groq, out);
  EXPECT_EQ(out, groq);
  EXPECT_EQ(alone.usage().tokens, (ReportedTokens{1000, 0, 0, 31, 0}));
  EventStream both(true);
  both.Feed(groq + own, out);
  EXPECT_EQ(both.usage().tokens, (ReportedTokens{9, 0, 0, 2, 0}));
}

TEST(StreamedUsageTest, UsageInAChoiceCountsIfThereIsNoOther) {
  const std::string choice =
      R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":)"
      R"({"prompt_tokens":1336,"completion_tokens":31,"total_tokens":1367,"cached_tokens":1280}}]})"
      "\n\n";
  const std::string own =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
  std::string out;
  EventStream moonshot(true);
  moonshot.Feed(choice, out);
  EXPECT_EQ(moonshot.usage().tokens, (ReportedTokens{1336, 1280, 0, 31, 0}));
  for (const std::string& both : {choice + own, own + choice}) {
    EventStream stream(true);
    stream.Feed(both, out);
    EXPECT_EQ(stream.usage().tokens, (ReportedTokens{9, 0, 0, 2, 0})) << both;
  }
}

}  // namespace
}  // namespace headgate::backends::openai
