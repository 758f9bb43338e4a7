#include <gtest/gtest.h>

#include <string>

#include "backends/protocols/anthropic/conversation_reader.h"
#include "backends/protocols/anthropic/conversation_writer.h"

namespace headgate::backends::anthropic {
namespace {

// Reads a body, and writes it again.
std::string Again(std::string_view body) {
  Conversation said;
  DroppedFields dropped;
  std::string out;
  std::optional<BodyProblem> problem = ReadConversation(body, said, dropped);
  if (!problem) problem = WriteConversation(said, {.model = said.model}, dropped, out);
  if (problem) return problem->param + ": " + problem->message;
  for (const std::string& name : dropped) out += "\nwithout " + name;
  return out;
}

// These bodies come back as they were: nothing that Messages can say is lost on the way.
TEST(MessagesRoundTrip, LosesNothing) {
  const std::string bodies[] = {
      R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]})",
      R"({"model":"m","max_tokens":5,"system":"s","messages":[{"role":"user","content":"Hi"}],"stream":true})",
      (R"({"model":"m","max_tokens":9000,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],)"
       R"("messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},)"
       R"({"type":"image","source":{"type":"base64","media_type":"image/gif","data":"QQ=="},"cache_control":{"type":"ephemeral"}},)"
       R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QQ=="},"title":"t"}]},)"
       R"({"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"sig"},)"
       R"({"type":"redacted_thinking","data":"red"},{"type":"text","text":"b"},)"
       R"({"type":"tool_use","id":"t1","name":"f","input":{"x":[1,{"y":null}]},"cache_control":{"type":"ephemeral"}},)"
       R"({"type":"tool_use","id":"t2","name":"f","input":{}}]},)"
       R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r","is_error":true},)"
       R"({"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"r"},)"
       R"({"type":"image","source":{"type":"url","url":"https://x/y"}}],"cache_control":{"type":"ephemeral"}},)"
       R"({"type":"text","text":"go on"}]}],)"
       R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"ephemeral"}}],)"
       R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true},)"
       R"("thinking":{"type":"enabled","budget_tokens":2048,"display":"omitted"},)"
       R"("output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},)"
       R"("stop_sequences":["END"],"metadata":{"user_id":"u"},"service_tier":"standard_only",)"
       R"("cache_control":{"type":"ephemeral"}})"),
      (R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"thinking":{"type":"adaptive"},)"
       R"("output_config":{"effort":"max"},"service_tier":"auto"})"),
      (R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"thinking":{"type":"disabled"},)"
       R"("temperature":0.70,"top_k":4})"),
  };
  for (const std::string& body : bodies) EXPECT_EQ(Again(body), body);
}

TEST(MessagesRoundTrip, SaysWhatItLoses) {
  EXPECT_EQ(Again(R"({"model":"m","max_tokens":5,"context_management":{},"messages":[)"
                  R"({"role":"user","content":[{"type":"text","text":"\ud800\u0000"}]}]})"),
            "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":"
            "\"\xEF\xBF\xBD\\u0000\"}]}\nwithout context_management");
}

}  // namespace
}  // namespace headgate::backends::anthropic
