#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

constexpr std::string_view kAsked = R"("messages":[{"role":"user","content":"Hi"}])";

struct PriorityCase {
  std::string body, expected;
  int priority = 0;
  StreamUsage usage = StreamUsage::kContinuous;
  ApiEndpoint endpoint = ApiEndpoint::kChat;
  std::string path_model = {};
};

void ExpectSent(const std::vector<PriorityCase>& cases) {
  BodyReader reader;
  for (const PriorityCase& c : cases) {
    const auto problem = reader.Read(c.body, c.endpoint, c.path_model);
    ASSERT_FALSE(problem) << c.body << problem->message;
    EXPECT_EQ(reader.Spliced("u", c.usage, c.priority), c.expected) << c.body;
    const openai::SplicedFields fields{.model = "u", .usage = c.usage, .priority = c.priority};
    EXPECT_EQ(openai::SplicedBody(c.body, reader.view.splice, fields).size(), c.expected.size());
  }
}

TEST(RequestPriority, IsInsertedIfTheClientSentNone) {
  const std::string m(kAsked);
  ExpectSent({
      {R"({"model":"m",)" + m + "}", R"({"priority":-10,"model":"u",)" + m + "}", -10},
      {R"({"model":"m",)" + m + "}", R"({"priority":0,"model":"u",)" + m + "}", 0},
      {" { \"model\":\"m\"," + m + "} ", " {\"priority\":10, \"model\":\"u\"," + m + "} ", 10},
      // A member of another object is not the request's.
      {R"({"model":"m","x":{"priority":7},"messages":[{"role":"user","priority":1,"content":""}]})",
       R"({"priority":-10,"model":"u","x":{"priority":7},)"
       R"("messages":[{"role":"user","priority":1,"content":""}]})",
       -10},
  });
}

TEST(RequestPriority, ReplacesTheClientsWhateverItIs) {
  const std::string m(kAsked);
  ExpectSent({
      {R"({"priority":-99,"model":"m",)" + m + "}", R"({"priority":10,"model":"u",)" + m + "}", 10},
      {R"({"model":"m", "priority" : 99 ,)" + m + "}",
       R"({"model":"u", "priority" : 0 ,)" + m + "}", 0},
      {"{" + m + R"(,"model":"m","pri\u006frity":null})",
       "{" + m + R"(,"model":"u","pri\u006frity":-10})", -10},
      {R"({"model":"m",)" + m + R"(,"priority":{"a":["}"]}})",
       R"({"model":"u",)" + m + R"(,"priority":10})", 10},
      {R"({"model":"m",)" + m + R"(,"priority":"-1" })",
       R"({"model":"u",)" + m + R"(,"priority":10 })", 10},
  });
}

TEST(RequestPriority, StandsBesideTheOptionsOfAStream) {
  const std::string m(kAsked);
  const std::string usage = R"("stream_options":{"include_usage":true})";
  const std::string rest = R"("model":"u","stream":true,)" + m;
  ExpectSent({
      {R"({"model":"m","stream":true,)" + m + "}", "{" + usage + R"(,"priority":-10,)" + rest + "}",
       -10},
      {R"({"priority":3,"model":"m","stream":true,)" + m + "}",
       "{" + usage + R"(,"priority":-10,)" + rest + "}", -10},
      {R"({"model":"m","stream":true,)" + m + R"(,"stream_options":{},"priority":3})",
       "{" + rest + "," + usage + R"(,"priority":10})", 10},
      // Where the options are removed.
      {R"({"stream_options":{},"priority":3,"model":"m","stream":true,)" + m + "}",
       R"({"priority":10,)" + rest + "}", 10, StreamUsage::kNone},
      {R"({"priority":3,"stream_options":{},"model":"m","stream":true,)" + m + "}",
       R"({"priority":10,)" + rest + "}", 10, StreamUsage::kNone},
      {R"({"model":"m","stream":true,)" + m + R"(,"priority":3,"stream_options":{}})",
       "{" + rest + R"(,"priority":0})", 0, StreamUsage::kNone},
      {R"({"stream_options":{},"model":"m","stream":true,)" + m + "}",
       R"({"priority":10,)" + rest + "}", 10, StreamUsage::kNone},
      // Four places at once.
      {R"({"stream_options":{"continuous_usage_stats":true,"x":1},"priority":3,"model":"m","stream":true,)" +
           m + "}",
       R"({"stream_options":{"include_usage":true,"x":1},"priority":10,)" + rest + "}", 10,
       StreamUsage::kAtEnd},
  });
}

TEST(RequestPriority, IsOfEveryEndpointOfOpenAi) {
  const auto of = [](ApiEndpoint endpoint, std::string_view rest) {
    const std::string r(rest);
    ExpectSent({
        {R"({"model":"m",)" + r + "}", R"({"priority":10,"model":"u",)" + r + "}", 10,
         StreamUsage::kContinuous, endpoint},
        {R"({"model":"m","priority":1,)" + r + "}", R"({"model":"u","priority":10,)" + r + "}", 10,
         StreamUsage::kContinuous, endpoint},
        // The path names the model.
        {"{" + r + "}", R"({"model":"u","priority":10,)" + r + "}", 10, StreamUsage::kContinuous,
         endpoint, "m"},
    });
    BodyReader reader;
    const auto problem =
        reader.Read(R"({"model":"m","priority":1,"pri\u006frity":1,)" + r + "}", endpoint);
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->message, "priority is given twice; give it once.");
    EXPECT_EQ(problem->param, "priority");
  };
  of(ApiEndpoint::kChat, kAsked);
  of(ApiEndpoint::kCompletions, R"("prompt":"a")");
  of(ApiEndpoint::kEmbeddings, R"("input":"a")");
  of(ApiEndpoint::kResponses, R"("input":"a")");
}

TEST(RequestPriority, IsNotReadInMessages) {
  BodyReader reader;
  const std::string rest = R"("max_tokens":9,"priority":1,"priority":2,)" + std::string(kAsked);
  ASSERT_FALSE(reader.Read(R"({"model":"m",)" + rest + "}", ApiEndpoint::kMessages));
  EXPECT_FALSE(reader.view.splice.priority);
  EXPECT_EQ(reader.Spliced("u"), R"({"model":"u",)" + rest + "}");
}

TEST(RequestPriority, StaysTheClientsWhereTheBackendHasNone) {
  BodyReader reader;
  for (const std::string_view value : {"-5", "null", R"({"a":1})"}) {
    const std::string rest = R"("priority":)" + std::string(value) + "," + std::string(kAsked);
    ASSERT_FALSE(reader.Read(R"({"model":"m",)" + rest + "}"));
    EXPECT_EQ(reader.Spliced("u"), R"({"model":"u",)" + rest + "}");
  }
}

}  // namespace
}  // namespace headgate::backends
