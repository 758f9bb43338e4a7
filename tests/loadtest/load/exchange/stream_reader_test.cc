#include "loadtest/load/exchange/stream_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::loadtest::load {
namespace {

constexpr std::string_view kStream =
    ": a comment\n\n: x-headgate-target m@gpu\n\n"
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    "data: {\"choices\": [{\"delta\": {\"content\": \"He said: \\\"content\\\": \"}}]}\n\n"
    "data:{\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\r\n\r\n"
    "event: x\n"
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}\n\n"
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,"
    "\"prompt_tokens_details\":{\"cached_tokens\":5}}}\n\n"
    "data: [DONE]\n\n";

TEST(StreamReader, says_the_same_wherever_the_stream_is_torn) {
  for (std::size_t at = 0; at <= kStream.size(); ++at) {
    StreamReader reader(true);
    const auto contents = reader.Feed(kStream.substr(0, at)) + reader.Feed(kStream.substr(at));
    ASSERT_EQ(contents, 3u) << at;
    ASSERT_EQ(reader.facts().chunks, 3u);
    ASSERT_TRUE(reader.facts().done);
    ASSERT_FALSE(reader.facts().malformed || reader.facts().error);
    ASSERT_EQ(reader.facts().input_tokens, 7);
    ASSERT_EQ(reader.facts().output_tokens, 3);
    ASSERT_EQ(reader.facts().cached_tokens, 5);
    ASSERT_EQ(reader.facts().target, "m@gpu");
    ASSERT_EQ(reader.facts().text, "He said: \"content\": yes");
  }
}

TEST(StreamReader, sees_what_is_wrong) {
  const auto facts_of = [](std::string_view stream) {
    StreamReader reader(false);
    reader.Feed(stream);
    return reader.facts();
  };
  EXPECT_TRUE(facts_of("data: {\"error\": {\"message\": \"m\"}}\n\n").error);
  EXPECT_TRUE(facts_of("data: nonsense\n\n").malformed);
  EXPECT_TRUE(facts_of("data: {\"a\": \n\n").malformed);
  EXPECT_FALSE(facts_of("data: {\"choices\":[]}\n\n").done);
  // Half a line is not yet an event.
  EXPECT_FALSE(facts_of("data: [DONE]").done);
  // The text of an answer may mention errors.
  const auto talk = facts_of(R"(data: {"choices":[{"delta":{"content":"\"error\": {}"}}]})"
                             "\n\n");
  EXPECT_FALSE(talk.error);
  EXPECT_EQ(talk.chunks, 1u);
}

TEST(WholeAnswer, is_read) {
  const auto chat = ReadWholeAnswer(
      R"({"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
      true);
  EXPECT_EQ(chat.text, "hi");
  EXPECT_EQ(chat.output_tokens, 2);
  EXPECT_EQ(ReadWholeAnswer(R"({"choices":[{"text":"t"}]})", true).text, "t");
  EXPECT_TRUE(ReadWholeAnswer("{\"choices\":", false).malformed);
  EXPECT_TRUE(ReadWholeAnswer("[]", false).malformed);
}

}  // namespace
}  // namespace headgate::loadtest::load
