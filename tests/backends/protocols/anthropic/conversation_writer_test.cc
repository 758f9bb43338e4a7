#include "backends/protocols/anthropic/conversation_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <utility>

namespace headgate::backends::anthropic {
namespace {

using Kind = ContentPart::Kind;
using Mode = ThinkingRequest::Mode;

ContentPart TextPart(std::string text) { return {.kind = Kind::kText, .text = std::move(text)}; }

ContentPart CallPart(std::string id, std::string arguments) {
  return {
      .kind = Kind::kToolCall, .name = "f", .id = std::move(id), .arguments = std::move(arguments)};
}

ContentPart ResultPart(std::string id, std::string text) {
  ContentPart part{.kind = Kind::kToolResult, .id = std::move(id)};
  part.result.push_back(TextPart(std::move(text)));
  return part;
}

Turn TurnOf(TurnRole role, std::vector<ContentPart> parts) { return {role, std::move(parts)}; }

Conversation Says(std::vector<Turn> turns) {
  Conversation said;
  said.turns = std::move(turns);
  said.max_tokens = 100;
  return said;
}

Conversation SaysHi() { return Says({TurnOf(TurnRole::kUser, {TextPart("Hi")})}); }

struct WrittenRequest {
  std::string body;
  DroppedFields dropped;
  std::optional<BodyProblem> problem;
};

WrittenRequest Written(const Conversation& said, BackendTraits traits = {}) {
  WrittenRequest written;
  traits.model = "claude";
  written.problem = WriteConversation(said, traits, written.dropped, written.body);
  if (!written.problem) {
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(written.body).error(), simdjson::SUCCESS) << written.body;
  }
  return written;
}

constexpr std::string_view kHead = R"({"model":"claude","max_tokens":100)";

// Returns what the body has behind model, max_tokens and a message that says Hi.
std::string Behind(const Conversation& said, const BackendTraits& traits = {}) {
  const std::string head = std::string(kHead) + R"(,"messages":[{"role":"user","content":"Hi"}])";
  const std::string body = Written(said, traits).body;
  EXPECT_TRUE(body.starts_with(head)) << body;
  return body.substr(std::min(head.size(), body.size()));
}

std::string Messages(std::vector<Turn> turns) {
  const std::string body = Written(Says(std::move(turns))).body;
  const std::size_t begin = body.find("\"messages\":") + 11;
  return body.substr(begin, body.size() - begin - 1);
}

TEST(ConversationWriter, WritesTheLeast) {
  Conversation said = SaysHi();
  said.max_tokens.reset();
  EXPECT_EQ(Written(said, {.default_max_tokens = 512}).body,
            R"({"model":"claude","max_tokens":512,"messages":[{"role":"user","content":"Hi"}]})");
}

TEST(ConversationWriter, WritesEveryMember) {
  Conversation said = SaysHi();
  said.system = {TextPart("Be brief."), TextPart(" "), TextPart("Be kind.")};
  said.system[0].cache_control = R"({"type":"ephemeral"})";
  said.stop = {"END", "\n", ""};
  said.temperature = "0.5";
  said.top_k = "40";
  said.user = "u1";
  said.service_tier = "default";
  said.cache_control = R"({"type":"ephemeral","ttl":"1h"})";
  said.stream = true;
  said.tools = {{.name = "f",
                 .description = "d",
                 .schema = R"({"type":"object"})",
                 .strict = true,
                 .cache_control = R"({"type":"ephemeral"})"},
                {.name = "g"},
                {.name = "h", .schema = "{}"},
                {.name = "i", .schema = R"({"properties":{}})"}};
  said.tool_choice = ToolChoice{ToolChoice::Mode::kNamed, "f"};
  said.parallel_tool_calls = false;
  const WrittenRequest written = Written(said);
  EXPECT_EQ(
      written.body,
      std::string(kHead) +
          R"(,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}},)"
          R"({"type":"text","text":"Be kind."}],"messages":[{"role":"user","content":"Hi"}],)"
          R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,)"
          R"("cache_control":{"type":"ephemeral"}},)"
          R"({"name":"g","input_schema":{"type":"object","properties":{}}},)"
          R"({"name":"h","input_schema":{"type":"object"}},)"
          R"({"name":"i","input_schema":{"type":"object","properties":{}}}],)"
          R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},)"
          R"("temperature":0.5,"top_k":40,"stop_sequences":["END"],"metadata":{"user_id":"u1"},)"
          R"("service_tier":"standard_only","cache_control":{"type":"ephemeral","ttl":"1h"},)"
          R"("stream":true})");
  EXPECT_EQ(written.dropped, DroppedFields{"stop"});
}

TEST(ConversationWriter, DropsWhatItCannotSay) {
  Conversation said = SaysHi();
  said.seed = "1";
  said.presence_penalty = said.frequency_penalty = "0.1";
  said.verbosity = "low";
  said.cache_key = "k";
  said.metadata = {{"a", "b"}};
  said.service_tier = "flex";
  said.thinking.effort = "extreme";
  said.format.kind = AnswerFormat::Kind::kJsonSchema;
  said.format.schema = R"({"type":"object"})";
  said.format.strict = false;
  const WrittenRequest written = Written(said);
  EXPECT_EQ(written.dropped,
            (DroppedFields{"seed", "presence_penalty", "frequency_penalty", "verbosity",
                           "prompt_cache_key", "metadata", "service_tier", "reasoning_effort",
                           "response_format.json_schema.strict"}));
}

TEST(ConversationWriter, ToolChoices) {
  const auto choice = [](std::optional<ToolChoice> asked, std::optional<bool> parallel) {
    Conversation said = SaysHi();
    said.tools = {{.name = "f"}};
    said.tool_choice = std::move(asked);
    said.parallel_tool_calls = parallel;
    const std::string behind = Behind(said);
    return behind.substr(behind.find("}]") + 2);
  };
  using Choice = ToolChoice::Mode;
  EXPECT_EQ(choice(std::nullopt, std::nullopt), "}");
  EXPECT_EQ(choice(std::nullopt, true), "}");
  EXPECT_EQ(choice(std::nullopt, false),
            R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}})");
  EXPECT_EQ(choice(ToolChoice{Choice::kAuto, ""}, true), R"(,"tool_choice":{"type":"auto"}})");
  EXPECT_EQ(choice(ToolChoice{Choice::kRequired, ""}, false),
            R"(,"tool_choice":{"type":"any","disable_parallel_tool_use":true}})");
  EXPECT_EQ(choice(ToolChoice{Choice::kNone, ""}, false), R"(,"tool_choice":{"type":"none"}})");
  Conversation without = SaysHi();
  without.tool_choice = ToolChoice{Choice::kAuto, ""};
  without.parallel_tool_calls = false;
  EXPECT_EQ(Behind(without), "}");
}

TEST(ConversationWriter, MergesTurnsWithResultsFirst) {
  EXPECT_EQ(
      Messages({TurnOf(TurnRole::kUser, {TextPart("a")}), TurnOf(TurnRole::kUser, {TextPart("b")}),
                TurnOf(TurnRole::kAssistant, {TextPart(" "), CallPart("t1", R"({"x":1})")}),
                TurnOf(TurnRole::kAssistant, {CallPart("t2", "")}),
                TurnOf(TurnRole::kSystem, {TextPart("note")}),
                TurnOf(TurnRole::kUser, {ResultPart("t1", "one")}),
                TurnOf(TurnRole::kUser, {ResultPart("t2", "two"), TextPart("go on")})}),
      R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"x":1}},)"
      R"({"type":"tool_use","id":"t2","name":"f","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"one"},)"
      R"({"type":"tool_result","tool_use_id":"t2","content":"two"},)"
      R"({"type":"text","text":"<system>\nnote\n</system>"},{"type":"text","text":"go on"}]}])");
}

TEST(ConversationWriter, BeginsWithTheUserAndTrimsThePrefill) {
  EXPECT_EQ(Messages({TurnOf(TurnRole::kAssistant, {TextPart("Well \n")})}),
            R"([{"role":"user","content":"."},{"role":"assistant","content":"Well"}])");
  EXPECT_EQ(Messages({TurnOf(TurnRole::kUser, {TextPart("a ")}),
                      TurnOf(TurnRole::kAssistant, {TextPart("b "), TextPart("c ")})}),
            R"([{"role":"user","content":"a "},{"role":"assistant","content":)"
            R"([{"type":"text","text":"b "},{"type":"text","text":"c"}]}])");
}

TEST(ConversationWriter, SystemTextsAloneBecomeTheUsers) {
  Conversation said = Says({});
  said.system = {TextPart("Hi")};
  EXPECT_EQ(Behind(said), "}");
  said.system.clear();
  EXPECT_TRUE(Written(said).problem);
  EXPECT_TRUE(Written(Says({TurnOf(TurnRole::kUser, {TextPart("\n")})})).problem);
}

TEST(ConversationWriter, WrapsArgumentsThatAreNotAnObject) {
  const auto input = [](std::string arguments) {
    const std::string messages =
        Messages({TurnOf(TurnRole::kUser, {TextPart("a")}),
                  TurnOf(TurnRole::kAssistant, {CallPart("t", std::move(arguments))})});
    const std::size_t begin = messages.find("\"input\":") + 8;
    return messages.substr(begin, messages.size() - begin - 4);
  };
  EXPECT_EQ(input(""), "{}");
  EXPECT_EQ(input(" \n"), "{}");
  EXPECT_EQ(input(R"({"a":[1e300,-0.5,"\u00e9",true,null]})"),
            R"({"a":[1e300,-0.5,"\u00e9",true,null]})");
  EXPECT_EQ(input(R"({"a":)"), R"({"arguments":"{\"a\":"})");
  EXPECT_EQ(input("[1]"), R"({"arguments":"[1]"})");
  EXPECT_EQ(input(R"({"a":01})"), R"({"arguments":"{\"a\":01}"})");
  EXPECT_EQ(input(R"({"a":1}})"), R"({"arguments":"{\"a\":1}}"})");
  EXPECT_EQ(input(R"({"a":"\x"})"), R"({"arguments":"{\"a\":\"\\x\"}"})");
  EXPECT_EQ(input("{\"a\":\"\n\"}"), R"({"arguments":"{\"a\":\"\n\"}"})");
}

TEST(ConversationWriter, WritesFiles) {
  const auto user = [](ContentPart part) {
    return Messages({TurnOf(TurnRole::kUser, {std::move(part)})});
  };
  const std::string begin = R"([{"role":"user","content":[)";
  EXPECT_EQ(user({.kind = Kind::kImage,
                  .media_type = "image/jpg",
                  .data = "QQ==",
                  .cache_control = R"({"type":"ephemeral"})"}),
            begin + R"({"type":"image","source":{"type":"base64","media_type":"image/jpeg",)" +
                R"("data":"QQ=="},"cache_control":{"type":"ephemeral"}}]}])");
  EXPECT_EQ(user({.kind = Kind::kImage, .url = "https://x/y"}),
            begin + R"({"type":"image","source":{"type":"url","url":"https://x/y"}}]}])");
  EXPECT_EQ(user({.kind = Kind::kDocument,
                  .media_type = "application/pdf",
                  .data = "QQ==",
                  .name = "a.pdf"}),
            begin + R"({"type":"document","source":{"type":"base64","media_type":)" +
                R"("application/pdf","data":"QQ=="},"title":"a.pdf"}]}])");
  EXPECT_EQ(user({.kind = Kind::kDocument, .text = "t"}),
            begin + R"({"type":"document","source":{"type":"text","media_type":"text/plain",)" +
                R"("data":"t"}}]}])");
  EXPECT_EQ(user({.kind = Kind::kDocument, .url = "https://x"}),
            begin + R"({"type":"document","source":{"type":"url","url":"https://x"}}]}])");
}

TEST(ConversationWriter, WritesImagesInResults) {
  ContentPart result = ResultPart("t", "see");
  result.result.push_back({.kind = Kind::kImage, .media_type = "image/webp", .data = "QQ=="});
  result.is_error = true;
  result.cache_control = R"({"type":"ephemeral"})";
  ContentPart empty{.kind = Kind::kToolResult, .id = "u"};
  EXPECT_EQ(Messages({TurnOf(TurnRole::kUser, {result, empty})}),
            R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":)"
            R"([{"type":"text","text":"see"},{"type":"image","source":{"type":"base64",)"
            R"("media_type":"image/webp","data":"QQ=="}}],"is_error":true,"cache_control":)"
            R"({"type":"ephemeral"}},{"type":"tool_result","tool_use_id":"u"}]}])");
}

TEST(ConversationWriter, RefusesFilesThatAnthropicDoesNotTake) {
  const auto problem = [](ContentPart part) {
    const WrittenRequest written = Written(Says({TurnOf(TurnRole::kUser, {std::move(part)})}));
    return written.problem ? written.problem->message : "";
  };
  EXPECT_EQ(problem({.kind = Kind::kImage, .media_type = "image/bmp", .data = "QQ=="}),
            "An image of type image/bmp cannot be sent to this backend; send image/jpeg, "
            "image/png, image/gif or image/webp.");
  EXPECT_EQ(problem({.kind = Kind::kDocument, .media_type = "text/csv", .data = "QQ=="}),
            "A document of type text/csv cannot be sent to this backend; send application/pdf, or "
            "its text.");
  ContentPart result{.kind = Kind::kToolResult, .id = "t"};
  result.result.push_back({.kind = Kind::kImage, .media_type = "image/tiff", .data = "QQ=="});
  EXPECT_NE(problem(result), "");
}

TEST(ConversationWriter, SendsOnlyItsOwnThoughts) {
  const Conversation said = Says(
      {TurnOf(TurnRole::kUser, {TextPart("a")}),
       TurnOf(
           TurnRole::kAssistant,
           {{.kind = Kind::kThinking, .text = "hm", .signature = {ChatProtocol::kMessages, "sig"}},
            {.kind = Kind::kThinking, .text = "unsigned"},
            {.kind = Kind::kHiddenThinking, .signature = {ChatProtocol::kResponses, "enc"}},
            {.kind = Kind::kHiddenThinking, .signature = {ChatProtocol::kMessages, "red"}},
            {.kind = Kind::kRefusal, .text = "no"}}),
       TurnOf(TurnRole::kUser, {TextPart("b")})});
  const WrittenRequest written = Written(said);
  EXPECT_EQ(
      written.body,
      std::string(kHead) + R"(,"messages":[{"role":"user","content":"a"},)" +
          R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},)" +
          R"({"type":"redacted_thinking","data":"red"},{"type":"text","text":"no"}]},)" +
          R"({"role":"user","content":"b"}]})");
  EXPECT_EQ(written.dropped, DroppedFields{"reasoning_content"});
}

TEST(ConversationWriter, FormatsOfTheAnswer) {
  Conversation said = SaysHi();
  said.format.kind = AnswerFormat::Kind::kJsonSchema;
  said.format.schema = R"({"type":"object"})";
  said.format.strict = true;
  EXPECT_EQ(Behind(said),
            R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}})");
  said.format = {.kind = AnswerFormat::Kind::kJsonObject};
  said.system = {TextPart("Be brief.")};
  EXPECT_EQ(
      Written(said).body,
      std::string(kHead) +
          R"(,"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Answer with )" +
          R"(a single JSON object and nothing else: no words around it, no Markdown fence."}],)" +
          R"("messages":[{"role":"user","content":"Hi"}]})");
}

TEST(ConversationWriter, ImageDetailIsDropped) {
  const WrittenRequest written = Written(Says({TurnOf(
      TurnRole::kUser, {{.kind = Kind::kImage, .url = "https://x", .image_detail = "high"}})}));
  EXPECT_EQ(written.dropped, DroppedFields{"image_url.detail"});
}

struct SamplingCase {
  std::string temperature, top_p, top_k;
  bool takes_sampling = true;
  Mode thinking = Mode::kUnsaid;
  std::string_view written;
  DroppedFields dropped;
};

TEST(ConversationWriter, Sampling) {
  constexpr std::string_view kAdaptive = R"(,"thinking":{"type":"adaptive"})";
  const SamplingCase cases[] = {
      {"1.5", "", "", true, Mode::kUnsaid, R"(,"temperature":1})", {}},
      {"1e999", "", "", true, Mode::kUnsaid, R"(,"temperature":1})", {}},
      {"", "0.9", "", true, Mode::kUnsaid, R"(,"top_p":0.9})", {}},
      {"0", "0.9", "5", true, Mode::kUnsaid, R"(,"temperature":0,"top_k":5})", {"top_p"}},
      {"0", "0.9", "5", false, Mode::kUnsaid, "}", {"temperature", "top_p", "top_k"}},
      {"0", "0.9", "5", true, Mode::kAdaptive, "}", {"temperature", "top_p", "top_k"}},
      {"1.0", "", "", true, Mode::kAdaptive, R"(,"temperature":1.0})", {}},
      {"", "0.95", "", true, Mode::kAdaptive, R"(,"top_p":0.95})", {}},
  };
  for (const SamplingCase& row : cases) {
    Conversation said = SaysHi();
    said.temperature = row.temperature;
    said.top_p = row.top_p;
    said.top_k = row.top_k;
    said.thinking.mode = row.thinking;
    const BackendTraits traits{.takes_sampling = row.takes_sampling};
    const bool thinks = row.thinking == Mode::kAdaptive;
    EXPECT_EQ(Behind(said, traits),
              std::string(thinks ? kAdaptive : "") + std::string(row.written));
    EXPECT_EQ(Written(said, traits).dropped, row.dropped);
  }
}

}  // namespace
}  // namespace headgate::backends::anthropic
