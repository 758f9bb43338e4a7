#include "backends/protocols/openai_chat/conversation_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/openai_chat/conversation_reader.h"
#include "tests/backends/protocols/openai_chat/conversation_text.h"

namespace headgate::backends::openai_chat {
namespace {

using Kind = ContentPart::Kind;

const BackendTraits kOpenAi{.model = "gpt", .is_openai = true};
const BackendTraits kSelfHosted{.model = "llama"};

ContentPart Text(std::string text, Kind kind = Kind::kText) {
  ContentPart part;
  part.kind = kind;
  part.text = std::move(text);
  return part;
}

ContentPart Image(std::string data, std::string detail = "") {
  ContentPart part;
  part.kind = Kind::kImage;
  part.media_type = "image/png";
  part.data = std::move(data);
  part.image_detail = std::move(detail);
  return part;
}

ContentPart Call(std::string id, std::string arguments) {
  ContentPart part;
  part.kind = Kind::kToolCall;
  part.id = std::move(id);
  part.name = "f";
  part.arguments = std::move(arguments);
  return part;
}

ContentPart Result(std::string id, std::vector<ContentPart> result, bool is_error = false) {
  ContentPart part;
  part.kind = Kind::kToolResult;
  part.id = std::move(id);
  part.result = std::move(result);
  part.is_error = is_error;
  return part;
}

ContentPart Thought(std::string text, ChatProtocol protocol, std::string signature) {
  ContentPart part = Text(std::move(text), Kind::kThinking);
  part.signature = {.protocol = protocol, .text = std::move(signature)};
  return part;
}

Conversation Of(std::vector<Turn> turns) {
  Conversation conversation;
  conversation.protocol = ChatProtocol::kMessages;
  conversation.turns = std::move(turns);
  return conversation;
}

struct Written {
  std::string body;
  std::string dropped;  // names, each with a space behind it
};

Written Write(const Conversation& conversation, const BackendTraits& traits) {
  Written written{.body = "left over", .dropped = {}};
  DroppedFields dropped;
  const auto problem = WriteConversation(conversation, traits, dropped, written.body);
  EXPECT_FALSE(problem);
  for (const std::string& name : dropped) written.dropped += name + " ";
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(written.body).error(), simdjson::SUCCESS) << written.body;
  return written;
}

// The messages and all that follows them.
std::string Messages(const Conversation& conversation, const BackendTraits& traits) {
  constexpr std::string_view kStart = "\"messages\":";
  const std::string body = Write(conversation, traits).body;
  return body.substr(body.find(kStart) + kStart.size());
}

TEST(ChatConversationWriterTest, SystemAndTexts) {
  Conversation said = Of({{TurnRole::kUser, {Text("Hi")}},
                          {TurnRole::kAssistant, {Text("H"), Text("o")}},
                          {TurnRole::kSystem, {Text("C")}},
                          {TurnRole::kUser, {Text("1"), Text(""), Text("2")}}});
  said.system = {Text("A"), Text("B")};
  const std::string rest =
      R"(,{"role":"user","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]}]})";
  EXPECT_EQ(Messages(said, kSelfHosted),
            R"([{"role":"system","content":"A\n\nB"},{"role":"user","content":"Hi"},)"
            R"({"role":"assistant","content":"Ho"},{"role":"system","content":"C"})" +
                rest);
  EXPECT_EQ(Messages(said, kOpenAi),
            R"([{"role":"developer","content":"A\n\nB"},{"role":"user","content":"Hi"},)"
            R"({"role":"assistant","content":"Ho"},{"role":"developer","content":"C"})" +
                rest);
}

TEST(ChatConversationWriterTest, ToolResultsFollowTheirCallsAndImagesFollowThem) {
  const Conversation said =
      Of({{TurnRole::kAssistant, {Call("a", R"({"x":"\n"})"), Call("b", "")}},
          {TurnRole::kUser, {Result("a", {Text("1"), Image("QQ=="), Text("2")}), Text("Go")}},
          {TurnRole::kUser, {Result("b", {}, true)}},
          {TurnRole::kUser, {Text("on")}}});
  EXPECT_EQ(Messages(said, kSelfHosted),
            R"([{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
            R"("function":{"name":"f","arguments":"{\"x\":\"\\n\"}"}},{"id":"b","type":"function",)"
            R"("function":{"name":"f","arguments":"{}"}}]},)"
            R"({"role":"tool","tool_call_id":"a","content":"1\n2"},)"
            R"({"role":"tool","tool_call_id":"b","content":"Error: "},)"
            R"({"role":"user","content":[{"type":"text","text":"From the result of tool call a:"},)"
            R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},)"
            R"({"type":"text","text":"Go"},{"type":"text","text":"on"}]}]})");
}

TEST(ChatConversationWriterTest, ResultsOfImagesAlone) {
  const Conversation said = Of({{TurnRole::kUser, {Result("a", {Image("QQ==")}, true)}}});
  EXPECT_EQ(Messages(said, kOpenAi),
            R"([{"role":"tool","tool_call_id":"a","content":"Error: The result is in the next )"
            R"(message of the user."},{"role":"user","content":[{"type":"text","text":)"
            R"("From the result of tool call a:"},{"type":"image_url","image_url":{"url":)"
            R"("data:image/png;base64,QQ=="}}]}]})");
}

TEST(ChatConversationWriterTest, ImagesAndDocuments) {
  ContentPart pdf = Image("QQ==");
  pdf.kind = Kind::kDocument;
  pdf.media_type = "application/pdf";
  ContentPart note = Text("Words", Kind::kDocument);
  note.name = "note.txt";
  const Conversation said = Of({{TurnRole::kUser, {Image("QQ==", "original"), pdf, note}}});
  const std::string tail =
      R"(}},{"type":"file","file":{"filename":"document.pdf","file_data":)"
      R"("data:application/pdf;base64,QQ=="}},{"type":"text","text":"note.txt\nWords"}]}]})";
  EXPECT_EQ(Messages(said, kOpenAi),
            R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
            R"("data:image/png;base64,QQ==","detail":"original")" +
                tail);
  EXPECT_EQ(Messages(said, kSelfHosted),
            R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
            R"("data:image/png;base64,QQ==")" +
                tail);
  EXPECT_EQ(Write(said, kSelfHosted).dropped, "detail ");
}

TEST(ChatConversationWriterTest, ADocumentThatIsAnAddressIsRefused) {
  ContentPart document = Text("", Kind::kDocument);
  document.url = "https://x/y.pdf";
  DroppedFields dropped;
  std::string out;
  const auto problem =
      WriteConversation(Of({{TurnRole::kUser, {document}}}), kOpenAi, dropped, out);
  ASSERT_TRUE(problem);
  EXPECT_TRUE(problem->message.starts_with("A document is an address")) << problem->message;
}

TEST(ChatConversationWriterTest, ThoughtsOfThisProtocolAlone) {
  ContentPart hidden = Thought("", ChatProtocol::kChatCompletions, "H");
  hidden.kind = Kind::kHiddenThinking;
  const Conversation said =
      Of({{TurnRole::kAssistant,
           {Thought("x", ChatProtocol::kMessages, "S"), Thought("y", ChatProtocol::kMessages, ""),
            Thought("z", ChatProtocol::kChatCompletions, "T"), hidden, Text("a")}}});
  BackendTraits reads = kSelfHosted;
  reads.takes_thoughts = true;
  EXPECT_EQ(Messages(said, reads),
            R"([{"role":"assistant","content":"a","reasoning_content":"yz","thinking_blocks":[)"
            R"({"type":"thinking","thinking":"z","signature":"T"},)"
            R"({"type":"redacted_thinking","data":"H"}]}]})");
  EXPECT_EQ(Write(said, reads).dropped, "thinking ");
  EXPECT_EQ(Messages(said, kSelfHosted), R"([{"role":"assistant","content":"a"}]})");
}

TEST(ChatConversationWriterTest, Refusals) {
  const Conversation said = Of({{TurnRole::kAssistant, {Text("no", Kind::kRefusal)}}});
  EXPECT_EQ(Messages(said, kOpenAi), R"([{"role":"assistant","content":null,"refusal":"no"}]})");
  EXPECT_EQ(Messages(said, kSelfHosted), R"([{"role":"assistant","content":"no"}]})");
}

Conversation Full() {
  Conversation said = Of({{TurnRole::kUser, {Text("Hi")}}});
  said.stream = true;
  said.max_tokens = 100;
  said.temperature = "0.5";
  said.top_p = "0.9";
  said.top_k = "40";
  said.seed = "7";
  said.presence_penalty = "1";
  said.frequency_penalty = "-1";
  said.stop = {"a", "b", "c", "d", "e"};
  said.tools = {{.name = "f",
                 .description = "D",
                 .schema = R"({"type": "object"})",
                 .strict = true,
                 .cache_control = "{}"}};
  said.tool_choice = {.mode = ToolChoice::Mode::kNamed, .name = "f"};
  said.parallel_tool_calls = false;
  said.format = {.kind = AnswerFormat::Kind::kJsonSchema,
                 .name = "",
                 .description = "",
                 .schema = "{}",
                 .strict = {}};
  said.thinking.mode = ThinkingRequest::Mode::kBudget;
  said.thinking.budget_tokens = 5000;
  said.verbosity = "low";
  said.service_tier = "auto";
  said.user = std::string(65, 'u');
  said.cache_key = "k";
  said.metadata = {{"a", "b"}};
  return said;
}

TEST(ChatConversationWriterTest, AllFieldsForOpenAi) {
  const Written written = Write(Full(), kOpenAi);
  EXPECT_EQ(written.body,
            R"({"model":"gpt","messages":[{"role":"user","content":"Hi"}],"stream":true,)"
            R"("stream_options":{"include_usage":true},"max_completion_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"seed":7,"presence_penalty":1,)"
            R"("frequency_penalty":-1,"stop":["a","b","c","d"],"tools":[{"type":"function",)"
            R"("function":{"name":"f","description":"D","parameters":{"type": "object"},)"
            R"("strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},)"
            R"("parallel_tool_calls":false,"response_format":{"type":"json_schema",)"
            R"("json_schema":{"name":"out","schema":{},"strict":true}},)"
            R"("reasoning_effort":"medium","verbosity":"low","service_tier":"auto",)"
            R"("prompt_cache_key":"k","safety_identifier":)"
            R"("f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b"})");
  EXPECT_EQ(written.dropped, "cache_control metadata stop_sequences thinking top_k ");
}

TEST(ChatConversationWriterTest, AllFieldsForSelfHostedServers) {
  const Written written = Write(Full(), kSelfHosted);
  EXPECT_EQ(written.body.substr(written.body.find("\"max_")),
            R"("max_tokens":100,"temperature":0.5,"top_p":0.9,"top_k":40,"seed":7,)"
            R"("presence_penalty":1,"frequency_penalty":-1,"stop":["a","b","c","d","e"],)"
            R"("tools":[{"type":"function","function":{"name":"f","description":"D",)"
            R"("parameters":{"type": "object"},"strict":true}}],"tool_choice":{"type":)"
            R"("function","function":{"name":"f"}},"parallel_tool_calls":false,)"
            R"("response_format":{"type":"json_schema","json_schema":{"name":"out","schema":{},)"
            R"("strict":true}},"reasoning_effort":"medium","user":")" +
                std::string(65, 'u') + "\"}");
  EXPECT_EQ(written.dropped, "cache_control metadata prompt_cache_key thinking verbosity ");
}

TEST(ChatConversationWriterTest, WhatABackendDoesNotTake) {
  Conversation said = Full();
  said.protocol = ChatProtocol::kResponses;
  said.thinking = {
      .mode = ThinkingRequest::Mode::kUnsaid, .budget_tokens = 0, .effort = "high", .display = {}};
  said.service_tier = "flex";
  said.tools.clear();
  said.stream = false;
  said.format.kind = AnswerFormat::Kind::kJsonObject;
  BackendTraits plain = kSelfHosted;
  plain.takes_sampling = plain.takes_effort = false;
  const Written written = Write(said, plain);
  EXPECT_EQ(written.body,
            R"({"model":"llama","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("seed":7,"presence_penalty":1,"frequency_penalty":-1,)"
            R"("stop":["a","b","c","d","e"],"response_format":{"type":"json_object"},"user":")" +
                std::string(65, 'u') + "\"}");
  EXPECT_EQ(written.dropped,
            "metadata prompt_cache_key reasoning.effort service_tier temperature "
            "text.verbosity top_k top_p ");
}

TEST(ChatConversationWriterTest, HowMuchToThink) {
  const auto effort_of = [](ThinkingRequest thinking) {
    Conversation said = Of({{TurnRole::kUser, {Text("Hi")}}});
    said.thinking = std::move(thinking);
    const std::string body = Write(said, kOpenAi).body;
    const std::size_t at = body.find(",\"reasoning_effort\":");
    return at == std::string::npos ? "" : body.substr(at + 21, body.find('"', at + 21) - at - 21);
  };
  using Mode = ThinkingRequest::Mode;
  const auto thinking = [](Mode mode, std::int64_t budget, std::string effort) {
    ThinkingRequest request;
    request.mode = mode;
    request.budget_tokens = budget;
    request.effort = std::move(effort);
    return request;
  };
  EXPECT_EQ(effort_of(thinking(Mode::kUnsaid, 0, "")), "");
  EXPECT_EQ(effort_of(thinking(Mode::kAdaptive, 0, "")), "");
  EXPECT_EQ(effort_of(thinking(Mode::kAdaptive, 0, "max")), "max");
  EXPECT_EQ(effort_of(thinking(Mode::kOff, 0, "")), "none");
  EXPECT_EQ(effort_of(thinking(Mode::kBudget, 1024, "")), "low");
  EXPECT_EQ(effort_of(thinking(Mode::kBudget, 16000, "")), "high");
  EXPECT_EQ(effort_of(thinking(Mode::kBudget, 16000, "low")), "low");
}

// What is read from a written body is what was written.
TEST(ChatConversationWriterTest, RoundTrip) {
  Conversation said = Full();
  said.protocol = ChatProtocol::kChatCompletions;
  said.model = "gpt";
  said.stream_usage = true;
  said.top_k.clear();
  said.stop = {"a", "b"};
  said.tools[0].cache_control.clear();
  said.format = {.kind = AnswerFormat::Kind::kJsonSchema,
                 .name = "n",
                 .description = "d",
                 .schema = "{}",
                 .strict = false};
  said.thinking = {};
  said.thinking.effort = "low";
  said.user = "u";
  said.metadata.clear();
  said.system = {Text("Sÿs\n\"tem\"")};
  ContentPart pdf = Image("QQ==");
  pdf.kind = Kind::kDocument;
  pdf.media_type = "application/pdf";
  pdf.name = "a.pdf";
  said.turns = {{TurnRole::kUser, {Text("Hi"), Image("QQ==", "high"), pdf}},
                {TurnRole::kAssistant,
                 {Thought("hm", ChatProtocol::kChatCompletions, "T"), Text("Ho"),
                  Text("no", Kind::kRefusal), Call("a", R"({"x":[1,"ü"]})"), Call("b", "{}")}},
                {TurnRole::kUser, {Result("a", {Text("1")}), Result("b", {Text("2")})}},
                {TurnRole::kSystem, {Text("mid")}},
                {TurnRole::kUser, {Text("on")}}};
  BackendTraits traits = kOpenAi;
  traits.takes_thoughts = true;
  const Written written = Write(said, traits);
  EXPECT_EQ(written.dropped, "");
  Conversation read;
  DroppedFields dropped;
  const auto problem = ReadConversation(written.body, read, dropped);
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_EQ(ConversationText::Of(read), ConversationText::Of(said));
  EXPECT_TRUE(dropped.empty());
}

}  // namespace
}  // namespace headgate::backends::openai_chat
