#include "tests/backends/protocols/contract/features.h"

#include <string>
#include <utility>

namespace headgate::backends::contract {
namespace {

using Kind = ContentPart::Kind;

constexpr std::string_view kCacheMark = R"({"type":"ephemeral","ttl":"1h"})";

ContentPart PartOf(Kind kind, std::string text = {}) {
  ContentPart part;
  part.kind = kind;
  part.text = std::move(text);
  return part;
}

Turn& AddTurn(Conversation& said, TurnRole role, ContentPart part) {
  Turn& turn = said.turns.emplace_back();
  turn.role = role;
  turn.parts.push_back(std::move(part));
  return turn;
}

ContentPart ImageOf(std::string data, std::string url) {
  ContentPart part = PartOf(Kind::kImage);
  if (!data.empty()) part.media_type = "image/png";
  part.data = std::move(data);
  part.url = std::move(url);
  return part;
}

ContentPart PdfOf(std::string data) {
  ContentPart part = PartOf(Kind::kDocument);
  part.media_type = "application/pdf";
  part.data = std::move(data);
  part.name = "paper.pdf";
  return part;
}

ContentPart CallOf(std::string id, std::string arguments) {
  ContentPart part = PartOf(Kind::kToolCall);
  part.id = std::move(id);
  part.name = "get_weather";
  part.arguments = std::move(arguments);
  return part;
}

ContentPart ResultOf(std::string id, std::string text) {
  ContentPart part = PartOf(Kind::kToolResult);
  part.id = std::move(id);
  part.result.push_back(PartOf(Kind::kText, std::move(text)));
  return part;
}

void AddToolOnce(Conversation& said) {
  if (!said.tools.empty()) return;
  ToolDefinition& tool = said.tools.emplace_back();
  tool.name = "get_weather";
  tool.description = "Says the weather.";
  tool.schema = R"({"type":"object","properties":{"city":{"type":"string"}}})";
}

void Choose(Conversation& said, ToolChoice::Mode mode, std::string name = {}) {
  AddToolOnce(said);
  said.tool_choice = ToolChoice{.mode = mode, .name = std::move(name)};
}

// A question, a call with its result, and the answer. `id` may be one that not all protocols take.
Turn& AddCall(Conversation& said, const std::string& id) {
  AddToolOnce(said);
  AddTurn(said, TurnRole::kAssistant, CallOf(id, R"({"city":"Bonn"})"));
  return AddTurn(said, TurnRole::kUser, ResultOf(id, "rain"));
}

AnswerFormat SchemaFormat() {
  AnswerFormat format;
  format.kind = AnswerFormat::Kind::kJsonSchema;
  format.schema = R"({"type":"object","properties":{"a":{"type":"number"}}})";
  return format;
}

constexpr Feature kFeatures[] = {
    {"system",
     [](Conversation& said) {
       said.system.push_back(PartOf(Kind::kText, "Be brief.\n\"Really\" \xF0\x9F\x98\x80."));
     }},
    {"two system texts",
     [](Conversation& said) {
       said.system.push_back(PartOf(Kind::kText, "One."));
       said.system.push_back(PartOf(Kind::kText, "Two."));
     }},
    {"several turns",
     [](Conversation& said) {
       AddTurn(said, TurnRole::kAssistant, PartOf(Kind::kText, "Hi. Which one?"));
       AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "This one."));
     }},
    {"note in the middle",
     [](Conversation& said) {
       AddTurn(said, TurnRole::kSystem, PartOf(Kind::kText, "The user has paid."));
       AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "So?"));
     }},
    {"image data",
     [](Conversation& said) {
       AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "See:"))
           .parts.push_back(ImageOf("iVBORw==", ""));
     }},
    {"image url",
     [](Conversation& said) {
       ContentPart image = ImageOf("", "https://example.com/a.png");
       image.image_detail = "low";
       AddTurn(said, TurnRole::kUser, std::move(image));
     }},
    {"pdf", [](Conversation& said) { AddTurn(said, TurnRole::kUser, PdfOf("JVBERi0=")); }},
    {"tools", AddToolOnce},
    {"strict tool",
     [](Conversation& said) {
       AddToolOnce(said);
       said.tools.back().strict = true;
     }},
    {"choice auto", [](Conversation& said) { Choose(said, ToolChoice::Mode::kAuto); }},
    {"choice required", [](Conversation& said) { Choose(said, ToolChoice::Mode::kRequired); }},
    {"choice none", [](Conversation& said) { Choose(said, ToolChoice::Mode::kNone); }},
    {"choice named",
     [](Conversation& said) { Choose(said, ToolChoice::Mode::kNamed, "get_weather"); }},
    {"one call at a time",
     [](Conversation& said) {
       AddToolOnce(said);
       said.parallel_tool_calls = false;
     }},
    {"call", [](Conversation& said) { AddCall(said, "call_1"); }},
    {"call and text",
     [](Conversation& said) {
       AddCall(said, "call_2").parts.push_back(PartOf(Kind::kText, "And tomorrow?"));
     }},
    {"parallel calls",
     [](Conversation& said) {
       AddCall(said, "call_3").parts.push_back(ResultOf("call_4", "sun"));
       said.turns[said.turns.size() - 2].parts.push_back(CallOf("call_4", "{}"));
     }},
    {"failed call",
     [](Conversation& said) { AddCall(said, "call_5").parts.back().is_error = true; }},
    {"image in a result",
     [](Conversation& said) {
       AddCall(said, "call_6").parts.back().result.push_back(ImageOf("iVBORw==", ""));
     }},
    {"odd call id", [](Conversation& said) { AddCall(said, "functions.get_weather:0"); }},
    {"signed thought",
     [](Conversation& said) {
       ContentPart thought = PartOf(Kind::kThinking, "Let me see.");
       thought.signature = {.protocol = said.protocol, .text = "c2ln"};
       AddTurn(said, TurnRole::kAssistant, std::move(thought))
           .parts.push_back(PartOf(Kind::kText, "Yes."));
       AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "Why?"));
     }},
    {"refusal",
     [](Conversation& said) {
       AddTurn(said, TurnRole::kAssistant, PartOf(Kind::kRefusal, "I cannot."));
       AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "Please."));
     }},
    {"json object",
     [](Conversation& said) { said.format = {.kind = AnswerFormat::Kind::kJsonObject}; }},
    {"json schema", [](Conversation& said) { said.format = SchemaFormat(); }},
    {"named schema",
     [](Conversation& said) {
       said.format = SchemaFormat();
       said.format.name = "number";
       said.format.description = "One number.";
       said.format.strict = true;
     }},
    {"limit", [](Conversation& said) { said.max_tokens = 20000; }},
    {"temperature", [](Conversation& said) { said.temperature = "0.25"; }},
    {"top_p", [](Conversation& said) { said.top_p = "0.9"; }},
    {"top_k", [](Conversation& said) { said.top_k = "40"; }},
    {"seed and penalties",
     [](Conversation& said) {
       said.seed = "7";
       said.presence_penalty = "0.5";
       said.frequency_penalty = "-0.5";
     }},
    {"stop",
     [](Conversation& said) {
       said.stop = {"END", "\n\nUser:"};
     }},
    {"effort", [](Conversation& said) { said.thinking.effort = "high"; }},
    {"thinking off",
     [](Conversation& said) { said.thinking = {.mode = ThinkingRequest::Mode::kOff}; }},
    {"thinking adaptive",
     [](Conversation& said) { said.thinking = {.mode = ThinkingRequest::Mode::kAdaptive}; }},
    {"thinking budget",
     [](Conversation& said) {
       said.max_tokens = 20000;
       said.thinking = {.mode = ThinkingRequest::Mode::kBudget, .budget_tokens = 9000};
     }},
    {"verbosity", [](Conversation& said) { said.verbosity = "low"; }},
    {"tier default", [](Conversation& said) { said.service_tier = "default"; }},
    {"tier flex", [](Conversation& said) { said.service_tier = "flex"; }},
    {"tier priority", [](Conversation& said) { said.service_tier = "priority"; }},
    {"user", [](Conversation& said) { said.user = "user-17"; }},
    {"metadata",
     [](Conversation& said) {
       said.metadata = {{"team", "blue"}};
     }},
    {"cache key", [](Conversation& said) { said.cache_key = "k1"; }},
    {"cache control", [](Conversation& said) { said.cache_control = kCacheMark; }},
    {"cached part",
     [](Conversation& said) { said.turns.front().parts.front().cache_control = kCacheMark; }},
    {"cached tool",
     [](Conversation& said) {
       AddToolOnce(said);
       said.tools.back().cache_control = kCacheMark;
     }},
    {"stream", [](Conversation& said) { said.stream = true; }},
};

}  // namespace

std::span<const Feature> Features() { return kFeatures; }

Conversation PlainConversation() {
  Conversation said;
  AddTurn(said, TurnRole::kUser, PartOf(Kind::kText, "Hello"));
  return said;
}

}  // namespace headgate::backends::contract
