#include "backends/protocols/answer_reader.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

TEST(BeginsAsAnswerTest, LooksBehindAByteOrderMarkAndSpace) {
  EXPECT_TRUE(BeginsAsAnswer("\xEF\xBB\xBF\r\n {\"choices\":"));
  EXPECT_FALSE(BeginsAsAnswer("[{\"error\":"));
  EXPECT_FALSE(BeginsAsAnswer("data: {"));
  EXPECT_FALSE(BeginsAsAnswer(" "));
}

TEST(ReadStrayAnswerTest, FindsAnErrorListAndAStream) {
  const std::string_view list = R"([{"error":{"message":"x"}}])";
  const StrayAnswer errors = ReadStrayAnswer(ClientProtocol::kOpenAi, list);
  EXPECT_EQ(errors.error, list);
  EXPECT_FALSE(errors.events);

  const StrayAnswer stream = ReadStrayAnswer(
      ClientProtocol::kOpenAi,
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\n");
  EXPECT_TRUE(stream.events);
  EXPECT_FALSE(stream.error);
  EXPECT_EQ(stream.token_events, 1);
  ASSERT_TRUE(stream.usage.tokens);
  EXPECT_EQ(stream.usage.tokens->input, 5);

  const StrayAnswer failed =
      ReadStrayAnswer(ClientProtocol::kOpenAi, "data: {\"error\":{\"message\":\"x\"}}\n\n");
  EXPECT_TRUE(failed.events);
  EXPECT_EQ(failed.error, R"({"error":{"message":"x"}})");

  const StrayAnswer text = ReadStrayAnswer(ClientProtocol::kOpenAi, "not found");
  EXPECT_FALSE(text.events);
  EXPECT_FALSE(text.error);
}

struct ProtocolCase {
  ClientProtocol protocol;
  std::string_view answer;
  std::string_view event;  // the first of a stream
  std::string_view end;
  std::string_view passed;  // of the end
};

constexpr ProtocolCase kProtocols[] = {
    {ClientProtocol::kOpenAi, R"({"choices":[{}]})", "data: {\"choices\":[{}]}\n\n",
     "data: [DONE]\n\n", ""},
    {ClientProtocol::kAnthropic, R"({"type":"message","content":[]})",
     "data: {\"type\":\"message_start\"}\n\n", "data: {\"type\":\"message_stop\"}\n\n", ""},
    {ClientProtocol::kResponses, R"({"object":"response","output":[]})",
     "data: {\"type\":\"response.created\"}\n\n",
     "data: {\"type\":\"response.completed\",\"response\":{}}\n\n",
     "data: {\"type\":\"response.completed\",\"response\":{}}\n\n"},
};

// A response repeats its answer in its last event.
TEST(AnswerReaderTest, PassesAnEventThatATranslatedStreamMayHave) {
  const std::string created =
      "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n";
  const std::string before =
      R"(data: {"type":"response.completed","response":{"output":[{"text":")";
  const std::string behind =
      "\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":5,\"total_tokens\":8}}}\n\n";
  for (const bool fits : {true, false}) {
    const std::size_t spare = before.size() + behind.size() - (fits ? 0 : 1);
    const std::string event =
        config::Concat(before, std::string(kLongestKept - spare, 'a'), behind);
    StreamReader reader(ClientProtocol::kResponses, /*forward_usage=*/false);
    std::string out;
    reader.Feed(created, out);
    reader.Feed(event, out);
    EXPECT_EQ(reader.malformed(), !fits);
    EXPECT_EQ(reader.done(), fits);
    EXPECT_EQ(out.size(), created.size() + (fits ? event.size() : 0));
    if (fits) {
      EXPECT_EQ(reader.usage().tokens->output, 5);
    }
  }
}

TEST(AnswerReaderTest, ChoosesByTheProtocol) {
  for (const ProtocolCase& reads : kProtocols) {
    for (const ProtocolCase& given : kProtocols) {
      std::string body(given.answer);
      const bool own = reads.protocol == given.protocol;
      EXPECT_EQ(ReadWholeAnswer(reads.protocol, body).kind == WholeAnswer::Kind::kAnswer, own)
          << given.answer;
      EXPECT_EQ(ReadWholeAnswerCopied(reads.protocol, body).kind == WholeAnswer::Kind::kAnswer,
                own);
    }
    StreamReader stream(reads.protocol, false);
    std::string out;
    stream.Feed(reads.event, out);
    EXPECT_EQ(out, reads.event);
    EXPECT_TRUE(stream.started());
    EXPECT_FALSE(stream.ended());
    stream.Feed(reads.end, out);
    EXPECT_TRUE(stream.done());
    EXPECT_TRUE(stream.end(1).closed);
    EXPECT_EQ(out, std::string(reads.event) + std::string(reads.passed));
    EXPECT_TRUE(ReadStrayAnswer(reads.protocol, reads.event).events);
  }
}

}  // namespace
}  // namespace headgate::backends
