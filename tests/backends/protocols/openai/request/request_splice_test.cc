#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

constexpr std::string_view kMessages = R"("messages":[{"role":"user","content":"Hi"}])";

struct SpliceCase {
  std::string body, upstream, expected;
};

TEST(RequestSplice, ChangesTheModelAndTheUsageSwitchAndNothingElse) {
  const std::string m(kMessages);
  const std::string usage = R"("stream_options":{"include_usage":true})";
  const std::vector<SpliceCase> cases = {
      // The model.
      {R"({"model":"m",)" + m + "}", "m", R"({"model":"m",)" + m + "}"},
      {R"({"model":"m",)" + m + "}", "Qwen/Qwen2.5", R"({"model":"Qwen/Qwen2.5",)" + m + "}"},
      {R"({"model" : "m"  ,)" + m + "}", "x\"\\\n", R"({"model" : "x\"\\\n"  ,)" + m + "}"},
      {R"({"mod\u0065l":"\u006d",)" + m + "}", "m", R"({"mod\u0065l":"m",)" + m + "}"},
      {"{" + m + R"(,"model":"m"})", "longer", "{" + m + R"(,"model":"longer"})"},
      // The usage switch.
      {R"({"stream":true,"model":"m",)" + m + "}", "u",
       "{" + usage + R"(,"stream":true,"model":"u",)" + m + "}"},
      {" {\n\"model\":\"m\",\"stream\":true," + m + "}", "u",
       " {" + usage + ",\n\"model\":\"u\",\"stream\":true," + m + "}"},
      {R"({"model":"m","stream":true,"stream_options": null ,)" + m + "}", "u",
       R"({"model":"u","stream":true,"stream_options": {"include_usage":true} ,)" + m + "}"},
      {R"({"stream_options":{ },"model":"m","stream":true,)" + m + "}", "u",
       R"({"stream_options":{"include_usage":true },"model":"u","stream":true,)" + m + "}"},
      {R"({"stream_options":{"a":{}},"model":"m","stream":true,)" + m + "}", "u",
       R"({"stream_options":{"include_usage":true,"a":{}},"model":"u","stream":true,)" + m + "}"},
      {R"({"stream_options":{"a":1,"include_usage":false ,"b":2},"stream":true,"model":"m",)" + m +
           "}",
       "u",
       R"({"stream_options":{"a":1,"include_usage":true ,"b":2},"stream":true,"model":"u",)" + m +
           "}"},
      {R"({"stream_options":{"include_usage":null},"stream":true,"model":"m",)" + m + "}", "u",
       R"({"stream_options":{"include_usage":true},"stream":true,"model":"u",)" + m + "}"},
      {R"({"stream_options":{"include_usage":true},"stream":true,"model":"m",)" + m + "}", "u",
       R"({"stream_options":{"include_usage":true},"stream":true,"model":"u",)" + m + "}"},
      // Without a stream the options are the backend's business.
      {R"({"stream_options":{"include_usage":false},"model":"m",)" + m + "}", "u",
       R"({"stream_options":{"include_usage":false},"model":"u",)" + m + "}"},
      {R"({"stream":false,"stream_options":null,"model":"m",)" + m + "}", "u",
       R"({"stream":false,"stream_options":null,"model":"u",)" + m + "}"},
  };
  BodyReader reader;
  for (const SpliceCase& c : cases) {
    const auto problem = reader.Read(c.body);
    ASSERT_FALSE(problem) << c.body << problem->message;
    EXPECT_EQ(reader.Spliced(c.upstream), c.expected);
    EXPECT_EQ(openai::SplicedBody(c.body, reader.view.splice,
                                  {.model = c.upstream, .usage = StreamUsage::kAtEnd})
                  .size(),
              c.expected.size());
  }
}

TEST(RequestSplice, DropsContinuousUsageWhereItIsNotKnown) {
  struct Options {
    std::string_view sent, unknown, known;
  };
  const Options cases[] = {
      {R"({"continuous_usage_stats":true})", R"({"include_usage":true})",
       R"({"include_usage":true,"continuous_usage_stats":true})"},
      {R"({ "continuous_usage_stats" : {"a":"\"}"} })", R"({ "include_usage":true })",
       R"({"include_usage":true, "continuous_usage_stats" : {"a":"\"}"} })"},
      {R"({"include_usage":true,"continuous_usage_stats":true})", R"({"include_usage":true})",
       R"({"include_usage":true,"continuous_usage_stats":true})"},
      {R"({"include_usage":false , "continuous_usage\u005fstats": 1 })",
       R"({"include_usage":true  })",
       R"({"include_usage":true , "continuous_usage\u005fstats": 1 })"},
      {R"({"continuous_usage_stats":false , "include_usage":null})", R"({ "include_usage":true})",
       R"({"continuous_usage_stats":false , "include_usage":true})"},
      {R"({"continuous_usage_stats":true,"x":[1]})", R"({"include_usage":true,"x":[1]})",
       R"({"include_usage":true,"continuous_usage_stats":true,"x":[1]})"},
      {R"({"x":1,"continuous_usage_stats":null,"y":2})", R"({"include_usage":true,"x":1,"y":2})",
       R"({"include_usage":true,"x":1,"continuous_usage_stats":null,"y":2})"},
  };
  BodyReader reader;
  for (const Options& options : cases) {
    for (const bool model_first : {true, false}) {
      const auto body = [&](std::string_view name, std::string_view value) {
        const std::string model = R"("model":")" + std::string(name) + "\"";
        const std::string rest = R"("stream":true,"stream_options":)" + std::string(value);
        std::string all = "{";
        all.append(model_first ? model : rest).append(",").append(model_first ? rest : model);
        return all.append(",").append(kMessages).append("}");
      };
      const std::string sent = body("m", options.sent);
      const auto problem = reader.Read(sent);
      ASSERT_FALSE(problem) << sent << problem->message;
      for (const auto& [continuous, value] : {std::pair(StreamUsage::kAtEnd, options.unknown),
                                              std::pair(StreamUsage::kContinuous, options.known)}) {
        const std::string expected = body("upstream", value);
        EXPECT_EQ(reader.Spliced("upstream", continuous), expected);
        EXPECT_EQ(openai::SplicedBody(sent, reader.view.splice,
                                      {.model = "upstream", .usage = continuous})
                      .size(),
                  expected.size());
      }
    }
  }
}

TEST(RequestSplice, LeavesStreamOptionsOutWhereTheBackendTakesNone) {
  const std::string m(kMessages);
  const std::string rest = R"("model":"u","stream":true,)" + m;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"model":"m","stream":true,)" + m + "}", "{" + rest + "}"},
      {R"({"stream_options":{"include_usage":true},"model":"m","stream":true,)" + m + "}",
       "{" + rest + "}"},
      {"{ \"stream_options\" : {\"x\":[{}]} , \"model\":\"m\",\"stream\":true," + m + "}",
       "{  " + rest + "}"},
      {R"({"model":"m","stream":true,)" + m + R"(,"stream_options":null})", "{" + rest + "}"},
      {R"({"model":"m","stream":true,)" + m + " , \"stream\\u005foptions\":\n{} }",
       "{" + rest + "  }"},
      {R"({"model":"m","stream_options":{"include_usage":false,"continuous_usage_stats":true},)"
       R"("stream":true,)" +
           m + "}",
       "{" + rest + "}"},
      // Without a stream the options are the backend's business.
      {R"({"stream_options":null,"model":"m",)" + m + "}",
       R"({"stream_options":null,"model":"u",)" + m + "}"},
  };
  BodyReader reader;
  for (const auto& [sent, expected] : cases) {
    const auto problem = reader.Read(sent);
    ASSERT_FALSE(problem) << sent << problem->message;
    EXPECT_EQ(reader.Spliced("u", StreamUsage::kNone), expected) << sent;
    EXPECT_EQ(
        openai::SplicedBody(sent, reader.view.splice, {.model = "u", .usage = StreamUsage::kNone})
            .size(),
        expected.size());
  }
}

TEST(RequestSplice, ThePathsModelIsPutInWhereStreamOptionsAreTakenOut) {
  const std::string rest = R"("stream":true,)" + std::string(kMessages) + "}";
  BodyReader reader;
  const std::string body = R"({"stream_options":{"include_usage":true},)" + rest;
  ASSERT_FALSE(reader.Read(body, ApiEndpoint::kChat, "gpt"));
  EXPECT_EQ(reader.Spliced("u", StreamUsage::kNone), R"({"model":"u",)" + rest);
  EXPECT_EQ(
      openai::SplicedBody(body, reader.view.splice, {.model = "u", .usage = StreamUsage::kNone})
          .size(),
      rest.size() + std::string_view(R"({"model":"u",)").size());
}

TEST(RequestSplice, KnowsWhetherUsageIsAllThatIsAskedFor) {
  const std::pair<std::string_view, bool> cases[] = {
      {R"()", true},
      {R"("stream_options":null,)", true},
      {R"("stream_options":{ },)", true},
      {R"("stream_options":{"include_usage":true},)", true},
      {R"("stream_options": { "include\u005fusage" : false } ,)", true},
      {R"("stream_options":{"include_usage":true,"include_obfuscation":false},)", false},
      {R"("stream_options":{"x":1,"include_usage":true},)", false},
      {R"("stream_options":{"x":"y"},)", false},
  };
  BodyReader reader;
  for (const auto& [options, expected] : cases) {
    const std::string body = R"({"stream":true,)" + std::string(options) + R"("model":"m",)" +
                             std::string(kMessages) + "}";
    ASSERT_FALSE(reader.Read(body)) << body;
    EXPECT_EQ(openai::AsksForUsageOnly(body, reader.view.splice), expected) << body;
  }
}

TEST(RequestSplice, MegabytesOfImageAreMeasuredAndPassed) {
  const std::string image(5u << 20, 'Q');
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
      R"("data:image/png;base64,)" +
      image + R"("}},{"type":"text","text":"What\nis it?"}]}]})";
  BodyReader reader;
  ASSERT_FALSE(reader.Read(body));
  EXPECT_TRUE(reader.view.facts.uses_images);
  EXPECT_EQ(reader.view.facts.text_bytes, 11u);
  EXPECT_EQ(reader.Spliced("m"), body);
}

}  // namespace
}  // namespace headgate::backends
