#include "backends/protocols/openai_responses/conversation_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/input/wrapping.h"
#include "tests/backends/protocols/openai_responses/conversation_text.h"

namespace headgate::backends::openai_responses {
namespace {

struct ReadBody {
  Conversation conversation;
  DroppedFields dropped;
  std::string problem;

  std::string Dropped() const {
    std::string names;
    for (const std::string& name : dropped) names += name + " ";
    return names;
  }
};

ReadBody Read(std::string_view body) {
  ReadBody read;
  if (const auto problem = ReadConversation(body, read.conversation, read.dropped)) {
    read.problem = problem->message;
  }
  EXPECT_EQ(read.problem, "") << body;
  return read;
}

// A body with these items and nothing else.
std::string Items(std::string_view items) {
  return R"({"model":"m","input":[)" + std::string(items) + "]}";
}

struct ItemsCase {
  std::string_view items;
  std::string_view turns;
};

constexpr ItemsCase kItemsCases[] = {
    {R"({"role":"user","content":"hi"})", "user: text(hi)\n"},
    {R"({"content":[{"text":"a","type":"input_text"},{"type":"text","text":"b"}],"role":"user"})",
     "user: text(a) text(b)\n"},
    {R"({"type":"message","role":"developer","content":"rules"},{"role":"system","content":"more"},
        {"role":"user","content":"hi"},{"role":"developer","content":"late"})",
     "ahead: text(rules) text(more)\nuser: text(hi)\nsystem: text(late)\n"},
    {R"({"role":"user","content":"a"},{"role":"user","content":"b"})",
     "user: text(a)\nuser: text(b)\n"},
    {R"({"role":"assistant","id":"msg_1","status":"completed","type":"message","content":[
        {"type":"output_text","text":"no","annotations":[],"logprobs":[]},
        {"type":"refusal","refusal":"never"}]})",
     "assistant: text(no) refusal(never)\n"},
    // Everything of one turn, then the results of its calls.
    {R"({"role":"user","content":"go"},
        {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"one"},
          {"type":"summary_text","text":"two"}],"encrypted_content":"enc"},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]},
        {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"x\":1}"},
        {"type":"function_call","call_id":"c2","name":"g","arguments":""},
        {"type":"function_call_output","call_id":"c1","output":"r1"},
        {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"r2"},
          {"type":"input_image","image_url":"data:image/png;base64,QUJD"}]},
        {"role":"user","content":"next"})",
     "user: text(go)\n"
     "assistant: thinking(one\n\ntwo ~responses:enc) text(ok) call(c1|f|{\"x\":1}) call(c2|g|{})\n"
     "user: result(c1|text(r1)) result(c2|text(r2)|image(image/png|QUJD||))\n"
     "user: text(next)\n"},
    {R"({"type":"reasoning","summary":[],"encrypted_content":"hg1.messages.sig"})",
     "assistant: hidden( ~messages:sig)\n"},
    {R"({"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],
         "encrypted_content":"hg1.chat.sig"})",
     "assistant: thinking(t ~chat:sig)\n"},
    {R"({"type":"reasoning","summary":[{"type":"summary_text","text":""}],
         "encrypted_content":"hg1.messages.sig"})",
     "assistant: thinking( ~messages:sig)\n"},
    {R"({"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"raw"}],
         "encrypted_content":null})",
     "assistant: thinking(raw)\n"},
    {R"({"type":"reasoning","id":"rs_1","summary":[]})", ""},
    {R"({"type":"function_call","call_id":"c","namespace":"ns","name":"f","arguments":"{}"})",
     "assistant: call(c|ns__ns__f|{})\n"},
    {R"({"type":"function_call","call_id":"c","name":"f","arguments":"{\"x\":"})",
     "assistant: call(c|f|{\"arguments\":\"{\\\"x\\\":\"})\n"},
    {R"({"type":"custom_tool_call","call_id":"c","name":"patch","input":"a\n\"b\""},
        {"type":"custom_tool_call_output","call_id":"c","output":"done"})",
     "assistant: call(c|patch|{\"input\":\"a\\n\\\"b\\\"\"})\nuser: result(c|text(done))\n"},
    {R"({"role":"user","content":[
        {"type":"input_image","image_url":"https://x/y.png","detail":"high"},
        {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="},
        {"type":"input_file","file_url":"https://x/b.pdf"},
        {"type":"input_file","filename":"c.pdf","file_data":"QQ=="}]})",
     "user: image(||https://x/y.png|high) document(application/pdf|QQ==||a.pdf|) "
     "document(||https://x/b.pdf||) document(application/pdf|QQ==||c.pdf|)\n"},
    {R"({"role":"user","content":[
        {"type":"input_image","image_url":"DATA:image/png;base64,QQ=="},
        {"type":"input_file","filename":"a.txt","file_data":"Data:text/plain;base64,QQ=="}]})",
     "user: image(image/png|QQ==||) document(text/plain|QQ==||a.txt|)\n"},
    {R"({"role":"user","content":"half \ud83d"})", "user: text(half \xEF\xBF\xBD)\n"},
};

TEST(ConversationReaderTest, ReadsItemsAsTurns) {
  for (const ItemsCase& one : kItemsCases) {
    const ReadBody read = Read(Items(one.items));
    EXPECT_EQ(TurnsText(read.conversation), one.turns) << one.items;
    EXPECT_EQ(read.Dropped(), "") << one.items;
  }
}

TEST(ConversationReaderTest, ReadsAStringAndInstructions) {
  const ReadBody read = Read(R"({"input":"hi","instructions":"be brief","model":"m"})");
  EXPECT_EQ(TurnsText(read.conversation), "ahead: text(be brief)\nuser: text(hi)\n");
  EXPECT_EQ(read.conversation.protocol, ChatProtocol::kResponses);
  EXPECT_EQ(read.conversation.model, "m");
  EXPECT_FALSE(read.conversation.stream);
}

TEST(ConversationReaderTest, ReadsPlainMembers) {
  const ReadBody read = Read(
      R"({"model":"m","input":"x","stream":true,"store":false,"max_output_tokens":99,
          "temperature":0.70,"top_p":1e-1,"parallel_tool_calls":false,"service_tier":"flex",
          "user":"u","prompt_cache_key":"k","metadata":{"a":"1","b":null},"truncation":"disabled",
          "top_logprobs":0,"include":["reasoning.encrypted_content"],"background":false,
          "text":{"verbosity":"low"},"stream_options":{"include_obfuscation":false},
          "reasoning":{"effort":"high","summary":"detailed"},"conversation":null})");
  const Conversation& c = read.conversation;
  EXPECT_TRUE(c.stream);
  EXPECT_EQ(c.max_tokens, 99);
  EXPECT_EQ(c.temperature, "0.70");
  EXPECT_EQ(c.top_p, "1e-1");
  EXPECT_EQ(c.parallel_tool_calls, false);
  EXPECT_EQ(c.service_tier, "flex");
  EXPECT_EQ(c.user, "u");
  EXPECT_EQ(c.cache_key, "k");
  ASSERT_EQ(c.metadata.size(), 1u);
  EXPECT_EQ(c.metadata[0].second, "1");
  EXPECT_EQ(c.verbosity, "low");
  EXPECT_EQ(c.thinking.effort, "high");
  EXPECT_EQ(c.thinking.display, "detailed");
  EXPECT_EQ(c.thinking.mode, ThinkingRequest::Mode::kUnsaid);
  EXPECT_EQ(read.Dropped(), "");
}

TEST(ConversationReaderTest, TurnsThinkingOffWithoutEffort) {
  EXPECT_EQ(Read(R"({"input":"x","reasoning":{"effort":"none"}})").conversation.thinking.mode,
            ThinkingRequest::Mode::kOff);
}

TEST(ConversationReaderTest, NamesWhatItDrops) {
  const ReadBody read = Read(
      R"({"model":"m","input":[{"role":"user","content":"x","phase":"p"},
            {"type":"web_search_call","id":"ws_1","status":"completed"}],
          "store":true,"truncation":"auto","max_tool_calls":3,"client_metadata":{"a":1},
          "context_management":[],"include":["web_search_call.results"],"unknown":null,
          "reasoning":{"mode":"pro"},"text":{"other":1},"prompt_cache_retention":"24h",
          "stream_options":{"include_obfuscation":true},"two words":1,
          "tools":[{"type":"function","name":"f","defer_loading":true},
                   {"type":"web_search","search_context_size":"low"}]})");
  EXPECT_EQ(read.Dropped(),
            "client_metadata context_management include input.phase "
            "input.web_search_call max_tool_calls prompt_cache_retention reasoning.mode store "
            "stream_options.include_obfuscation text.other tools.defer_loading tools.web_search "
            "truncation unknown ");
}

TEST(ConversationReaderTest, ReadsFormats) {
  const Conversation schema =
      Read(R"({"input":"x","text":{"format":{"type":"json_schema","name":"n","description":"d",
               "schema":{"type":"object", "x":1.0},"strict":true}}})")
          .conversation;
  EXPECT_EQ(schema.format.kind, AnswerFormat::Kind::kJsonSchema);
  EXPECT_EQ(schema.format.name, "n");
  EXPECT_EQ(schema.format.description, "d");
  EXPECT_EQ(schema.format.schema, R"({"type":"object", "x":1.0})");
  EXPECT_EQ(schema.format.strict, true);
  EXPECT_EQ(
      Read(R"({"input":"x","text":{"format":{"type":"json_object"}}})").conversation.format.kind,
      AnswerFormat::Kind::kJsonObject);
  EXPECT_EQ(Read(R"({"input":"x","text":{"format":{"type":"text"}}})").conversation.format.kind,
            AnswerFormat::Kind::kText);
}

TEST(ConversationReaderTest, FlattensTools) {
  const ReadBody read = Read(
      R"({"input":[{"type":"additional_tools","role":"developer","tools":[
             {"type":"function","name":"late"}]},{"role":"user","content":"x"}],
          "tools":[{"type":"function","name":"f","description":"d",
              "parameters":{"type":"object"},"strict":false},
            {"type":"namespace","name":"mcp__files__","description":"","tools":[
              {"type":"function","name":"read","strict":true,"parameters":{}}]},
            {"type":"custom","name":"patch","description":"Patches.","format":
              {"type":"grammar","syntax":"lark","definition":"start: x"}},
            {"type":"web_search"}]})");
  EXPECT_EQ(ToolsText(read.conversation),
            "f|d|{\"type\":\"object\"}|loose\n"
            "mcp__files____ns__read||{}|strict\n"
            "patch|Patches.\n\nThe input must follow this grammar (lark):\nstart: x|" +
                std::string(kCustomToolSchema) + "|\nlate|||\n");
  EXPECT_EQ(read.Dropped(), "tools.format tools.namespace.description tools.web_search ");
  EXPECT_EQ(TurnsText(read.conversation), "user: text(x)\n");
}

struct ChoiceCase {
  std::string_view choice;
  ToolChoice::Mode mode;
  std::string_view name;
  std::string_view tools;  // the names that are left
};

constexpr ChoiceCase kChoiceCases[] = {
    {R"("auto")", ToolChoice::Mode::kAuto, "", "f g n__ns__h "},
    {R"("required")", ToolChoice::Mode::kRequired, "", "f g n__ns__h "},
    {R"("none")", ToolChoice::Mode::kNone, "", "f g n__ns__h "},
    {R"({"type":"function","name":"g"})", ToolChoice::Mode::kNamed, "g", "f g n__ns__h "},
    {R"({"type":"function","name":"h","namespace":"n"})", ToolChoice::Mode::kNamed, "n__ns__h",
     "f g n__ns__h "},
    {R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"},
         {"type":"web_search"}]})",
     ToolChoice::Mode::kRequired, "", "g "},
    {R"({"type":"allowed_tools","mode":"auto","tools":[{"type":"namespace","name":"n"},
         {"type":"function","name":"f"}]})",
     ToolChoice::Mode::kAuto, "", "f n__ns__h "},
};

TEST(ConversationReaderTest, ReadsTheChoiceOfATool) {
  for (const ChoiceCase& one : kChoiceCases) {
    const Conversation conversation =
        Read(R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"web_search"},
                 {"type":"function","name":"g"},{"type":"namespace","name":"n","tools":[
                   {"type":"function","name":"h"}]}],"tool_choice":)" +
             std::string(one.choice) + "}")
            .conversation;
    ASSERT_TRUE(conversation.tool_choice) << one.choice;
    EXPECT_EQ(conversation.tool_choice->mode, one.mode) << one.choice;
    EXPECT_EQ(conversation.tool_choice->name, one.name) << one.choice;
    std::string names;
    for (const ToolDefinition& tool : conversation.tools) names += tool.name + " ";
    EXPECT_EQ(names, one.tools) << one.choice;
  }
}

TEST(ConversationReaderTest, LeavesBuiltInToolsOutWhenNoToolIsToBeCalled) {
  const ReadBody read =
      Read(R"({"input":"x","tools":[{"type":"web_search"}],"tool_choice":"none"})");
  EXPECT_TRUE(read.conversation.tools.empty());
  EXPECT_EQ(read.Dropped(), "tools.web_search ");
}

TEST(WrappingTest, SplitsWhatItJoined) {
  for (const ToolName tool : {ToolName{"", "f"}, ToolName{"a", "b"}, ToolName{"mcp__x__", "_y"},
                              ToolName{"", "mcp__x__y"}, ToolName{"a_", "ns__b"}}) {
    EXPECT_TRUE(CanJoin(tool)) << tool.space << " " << tool.name;
  }
  for (const ToolName tool :
       {ToolName{"", "a__ns__b"}, ToolName{"a__ns", "b"}, ToolName{"a__ns__b", "c"}}) {
    EXPECT_FALSE(CanJoin(tool)) << tool.space << " " << tool.name;
  }
  EXPECT_EQ(UnwrapCustomInput(WrapCustomInput("a\n\"b\"")), "a\n\"b\"");
  EXPECT_EQ(UnwrapCustomInput("not json"), "not json");
}

}  // namespace
}  // namespace headgate::backends::openai_responses
