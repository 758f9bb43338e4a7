#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/base/text.h"
#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

TEST(Thoughts, OfEarlierTurnsAreSeen) {
  BodyReader reader;
  const auto has_thoughts = [&](std::string_view body, ApiEndpoint endpoint) {
    const auto problem = reader.Read(std::string(body), endpoint);
    EXPECT_FALSE(problem) << body << "\n" << problem->message;
    return reader.view.facts.has_thoughts;
  };
  EXPECT_TRUE(has_thoughts(R"({"model":"m","messages":[{"role":"assistant","content":"Hi",)"
                           R"("thinking_blocks":[{"type":"thinking","signature":"s"}]}]})",
                           ApiEndpoint::kChat));
  EXPECT_FALSE(has_thoughts(R"({"model":"m","messages":[{"role":"assistant","content":"Hi",)"
                            R"("thinking_blocks":null}]})",
                            ApiEndpoint::kChat));
  for (const std::string_view type : {"thinking", "redacted_thinking"}) {
    EXPECT_TRUE(
        has_thoughts(config::Concat(R"({"model":"m","max_tokens":9,"messages":[{"role":)",
                                    R"("assistant","content":[{"type":")", type, R"("}]}]})"),
                     ApiEndpoint::kMessages));
  }
  EXPECT_FALSE(has_thoughts(R"({"model":"m","max_tokens":9,"thinking":{"type":"adaptive"},)"
                            R"("messages":[{"role":"user","content":"thinking"}]})",
                            ApiEndpoint::kMessages));
  EXPECT_TRUE(has_thoughts(R"({"model":"m","input":[{"type":"reasoning","summary":[]}]})",
                           ApiEndpoint::kResponses));
  EXPECT_FALSE(has_thoughts(R"({"model":"m","input":"reasoning"})", ApiEndpoint::kResponses));
}

}  // namespace
}  // namespace headgate::backends
