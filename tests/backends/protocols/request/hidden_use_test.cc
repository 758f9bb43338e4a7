// What a body says of its most tokens, beside its texts.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

struct HiddenCase {
  std::string_view more;  // members of a sound body
  bool hides_input = false;
};

void ExpectHidden(ApiEndpoint endpoint, const std::string& begin,
                  std::initializer_list<HiddenCase> cases) {
  BodyReader reader;
  for (const HiddenCase& c : cases) {
    const std::string body = begin + "," + std::string(c.more) + "}";
    const auto problem = reader.Read(body, endpoint);
    ASSERT_FALSE(problem) << body << problem->message;
    EXPECT_EQ(reader.view.facts.hides_input, c.hides_input) << body;
  }
}

TEST(HiddenInput, OfChatCompletions) {
  ExpectHidden(
      ApiEndpoint::kChat, R"({"model":"m","messages":[{"role":"user","content":"Hi"}])",
      {
          {R"("n":2,"logprobs":true,"moderation":{"model":"x"},"audio":{"voice":"v"})", false},
          {R"("tools":[{"type":"function","function":{"name":"f"}}])", false},
          {R"("tools":[{"type":"custom","custom":{"name":"f"}}])", false},
          {R"("tools":[{"type":"web_search"}])", true},
          {R"("web_search_options":null)", false},
          {R"("web_search_options":{})", true},
      });
  ExpectHidden(
      ApiEndpoint::kChat, R"({"model":"m")",
      {
          {R"("messages":[{"role":"user","content":[{"image_url":{"url":"https://x/y"}}]}])",
           false},
          {R"("messages":[{"role":"user","content":[{"file":{"file_id":"f"}}]}])", true},
          {R"("messages":[{"role":"user","content":[{"file":{"file_data":"AA"}}]}])", true},
          {R"("messages":[{"role":"user","content":[{"input_audio":{"data":"A"}}]}])", true},
          {R"("messages":[{"role":"user","content":[{"video_url":{"url":"u"}}]}])", true},
          {R"("messages":[{"role":"assistant","content":"a","audio":{"id":"b"}}])", true},
          {R"("messages":[{"role":"assistant","content":"a","audio":null}])", false},
      });
}

TEST(HiddenInput, OfMessages) {
  ExpectHidden(
      ApiEndpoint::kMessages, R"({"model":"m","messages":[{"role":"user","content":"Hi"}])",
      {
          {R"("tools":[{"name":"f","input_schema":{}},{"type":"custom","name":"g"}])", false},
          {R"("mcp_servers":[],"container":null,"max_tokens":0)", false},
          {R"("tools":[{"type":"web_search_20260318","name":"web_search"}])", true},
          {R"("mcp_servers":[{"type":"url"}])", true},
          {R"("container":"c")", true},
          {R"("thread":{"id":"t"})", true},
      });
  ExpectHidden(
      ApiEndpoint::kMessages, R"({"model":"m")",
      {
          {R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}}]}])",
           false},
          {R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}])",
           false},
          {R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"ab"}}]}])",
           false},
          {R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"u"}}]}])",
           true},
          {R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"AAAA"}}]}])",
           true},
          {R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}])",
           true},
          {R"("messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}])",
           true},
      });
}

TEST(HiddenInput, OfResponses) {
  ExpectHidden(
      ApiEndpoint::kResponses, R"({"model":"m","input":"Hi")",
      {
          {R"("previous_response_id":null,"conversation":null,"prompt":null)", false},
          {R"("tools":[{"type":"function","name":"f"},{"type":"custom","name":"g"}])", false},
          {R"("tools":[{"type":"namespace","name":"n","tools":[]}])", false},
          {R"("previous_response_id":"resp_1")", true},
          {R"("conversation":"conv_1")", true},
          {R"("conversation":{"id":"conv_1"})", true},
          {R"("prompt":{"id":"pmpt_1"})", true},
          {R"("tools":[{"type":"function","name":"f"},{"type":"web_search"}])", true},
          {R"("tools":[{"type":"file_search","vector_store_ids":["v"]}])", true},
          {R"("tools":[{"type":"code_interpreter","container":"c"}])", true},
          {R"("tools":[{"type":"mcp","server_url":"u"}])", true},
      });
  ExpectHidden(
      ApiEndpoint::kResponses, R"({"model":"m")",
      {
          {R"("input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}])",
           false},
          {R"("input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}])", false},
          {R"("input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}])", true},
          {R"("input":[{"role":"user","content":[{"type":"input_file","file_url":"u"}]}])", true},
          {R"("input":[{"role":"user","content":[{"type":"input_file","file_data":"A"}]}])", true},
          {R"("input":[{"type":"item_reference","id":"i"}])", true},
          {R"("input":[{"id":"i"}])", true},
          {R"("input":[{"type":"web_search_call","id":"w"}])", true},
          {R"("input":[{"type":"function_call","name":"f","arguments":"{}"}])", false},
      });
}

// The bytes of an image are no text: of `"aa\/\u0041"` with its quotes, and of an object around it.
TEST(HiddenUse, ImagesAreCountedWithTheirBytes) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(
      R"({"model":"m","messages":[{"role":"user","content":[{"image_url":"aa\/\u0041"},)"
      R"({"image_url":{"url":"b"}}]}]})"));
  EXPECT_EQ(reader.view.facts.images, 2);
  // The first has 12 characters; \/ is 1 byte less and \u0041 is 5 less. The second has 11.
  EXPECT_EQ(reader.view.facts.image_bytes, 12u - 1 - 5 + 11);
  ASSERT_FALSE(
      reader.Read(R"({"model":"m","messages":[{"role":"user","content":[{"type":"image","source":)"
                  R"({"type":"base64","media_type":"image/png","data":"AAAA"}}]}]})",
                  ApiEndpoint::kMessages));
  EXPECT_EQ(reader.view.facts.images, 1);
  EXPECT_EQ(reader.view.facts.image_bytes, 4u);
}

TEST(HiddenUse, TheLargerMaximumCounts) {
  struct {
    std::string_view more;
    std::int64_t max_tokens;
    std::int64_t other_output;
  } const cases[] = {
      {R"("max_tokens":1,"max_completion_tokens":30000)", 30'000, 0},
      {R"("max_completion_tokens":1,"max_tokens":30000)", 30'000, 0},
      {R"("max_tokens":null,"max_completion_tokens":7)", 7, 0},
      {R"("max_tokens":5,"prediction":null)", 5, 0},
      // {"type":"content","content":"abc"} has 34 characters.
      {R"("max_tokens":5,"prediction":{"type":"content","content":"abc"})", 5, 34},
  };
  BodyReader reader;
  for (const auto& c : cases) {
    ASSERT_FALSE(reader.Read(R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" +
                             std::string(c.more) + "}"));
    EXPECT_EQ(reader.view.facts.max_tokens, c.max_tokens) << c.more;
    EXPECT_EQ(reader.view.facts.other_output_tokens, c.other_output) << c.more;
  }
}

TEST(HiddenUse, AThinkingBudgetIsPartOfTheMaximumUnlessItIsLarger) {
  struct {
    std::string_view thinking;
    std::int64_t other_output;
  } const cases[] = {
      {R"({"type":"enabled","budget_tokens":2048})", 0},
      {R"({"type":"enabled","budget_tokens":20000})", 20'000},
      {R"({"type":"enabled","budget_tokens":"many"})", 0},  // the provider refuses it
      {R"({"type":"enabled","budget_tokens":-1})", 0},
      {R"({"type":"adaptive"})", 0},
  };
  BodyReader reader;
  for (const auto& c : cases) {
    ASSERT_FALSE(reader.Read(R"({"model":"m","max_tokens":4000,"messages":[{"role":"user",)"
                             R"("content":"Hi"}],"thinking":)" +
                                 std::string(c.thinking) + "}",
                             ApiEndpoint::kMessages));
    EXPECT_EQ(reader.view.facts.other_output_tokens, c.other_output) << c.thinking;
  }
}

}  // namespace
}  // namespace headgate::backends
