#include "backends/protocols/openai/request/first_member.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/openai/request/spliced_body.h"

namespace headgate::backends {
namespace {

Span Where(std::string_view body, std::string_view text) {
  const std::size_t begin = body.find(text);
  return {begin, begin + text.size()};
}

TEST(FirstMember, is_written_before_all_others_and_the_rest_is_still_rewritten) {
  const std::string body =
      R"( {"model":"auto","stream_options":{"include_usage":false},"priority":3,"messages":[]})";
  SplicePoints splice;
  splice.object_begin = 2;
  splice.model = Where(body, R"("auto")");
  splice.stream_options = Where(body, R"({"include_usage":false})");
  splice.stream_options_is_object = true;
  splice.include_usage = Where(body, "false");
  splice.priority = Where(body, "3");
  splice.add_usage = true;
  const GrownBody grown = WithFirstMember(body, splice, R"("max_tokens":20)", 64);
  EXPECT_GE(grown.body.capacity(), grown.body.size() + 64);
  std::string sent;
  openai::AppendSpliced(grown.body, grown.splice,
                        {.model = "g", .usage = StreamUsage::kAtEnd, .priority = 7}, sent);
  EXPECT_EQ(sent, R"( {"max_tokens":20,"model":"g","stream_options":{"include_usage":true},)"
                  R"("priority":7,"messages":[]})");
}

TEST(FirstMember, what_is_inserted_stays_valid) {
  const std::string body = R"({"prompt":"x","stream":true})";
  SplicePoints splice;
  splice.object_begin = 1;
  splice.model = {1, 1};
  splice.insert_model = true;
  splice.add_usage = true;
  const GrownBody grown = WithFirstMember(body, splice, R"("max_tokens":1)", 0);
  std::string sent;
  openai::AppendSpliced(grown.body, grown.splice, {.model = "g", .usage = StreamUsage::kAtEnd},
                        sent);
  EXPECT_EQ(sent, R"({"stream_options":{"include_usage":true},"max_tokens":1,"model":"g",)"
                  R"("prompt":"x","stream":true})");
}

}  // namespace
}  // namespace headgate::backends
