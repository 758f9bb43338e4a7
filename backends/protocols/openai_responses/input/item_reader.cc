#include "backends/protocols/openai_responses/input/item_reader.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_responses/input/wrapping.h"
#include "backends/protocols/translation/signature_mark.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

// Items that only tell what a tool of OpenAI's did: the answer that was built on it is there too.
constexpr std::array<std::string_view, 2> kTold = {"web_search_call", "file_search_call"};

ContentPart TextPart(std::string text) {
  ContentPart part;
  part.text = std::move(text);
  return part;
}

// Returns the arguments of a call as a JSON object. A model may have written something else, and
// the conversation must go on.
std::string ArgumentsObject(std::string arguments) {
  const std::string_view said = config::Trim(arguments);
  if (said.empty() || said == "null") return "{}";
  json::PaddedCopy copy;
  json::Members members;
  if (members.Read(copy.Take(said))) return arguments;
  std::string object = R"({"arguments":)";
  json::AppendJsonString(arguments, object);
  return object += '}';
}

bool IsOnlyText(const std::vector<ContentPart>& parts) {
  return std::all_of(parts.begin(), parts.end(),
                     [](const ContentPart& part) { return part.kind == ContentPart::Kind::kText; });
}

}  // namespace

bool ItemReader::Read(std::string_view input) {
  if (input.empty())
    return reading_.Refuse("input", "is missing; send a string or a list of items");
  if (json::IsText(input)) {
    Turn& turn = conversation_.turns.emplace_back();
    return ReadContent(input, "input", turn.parts);
  }
  std::vector<std::string_view> items;
  if (!json::IsArray(input)) {
    return reading_.Wrong("input", "a string or a list of items", input);
  }
  if (!json::ReadElements(input, items)) return reading_.Refuse("input", "is not valid JSON");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!ReadItem(items[i], ElementPath("input", i))) return false;
  }
  return true;
}

bool ItemReader::ReadItem(std::string_view value, const std::string& path) {
  json::Members members;
  std::string type = "message";
  if (!reading_.Object(value, path, members)) return false;
  if (!reading_.Text(members, "type", path, type)) return false;
  if (type == "message") return ReadMessage(members, path);
  if (type == "function_call") return ReadCall(members, path, false);
  if (type == "custom_tool_call") return ReadCall(members, path, true);
  if (type == "function_call_output" || type == "custom_tool_call_output") {
    return ReadResult(members, path);
  }
  if (type == "reasoning") return ReadThought(members, path);
  return ReadOther(type, members, path);
}

bool ItemReader::ReadOther(std::string_view type, const json::Members& members,
                           const std::string& path) {
  if (type == "additional_tools") {
    return tools_.ReadTools(members.Find("tools"), MemberPath(path, "tools"));
  }
  if (std::find(kTold.begin(), kTold.end(), type) == kTold.end()) {
    return reading_.NeedsResponses(path, config::Concat("of the type \"", type, "\""));
  }
  reading_.Drop(config::Concat("input.", type));
  return true;
}

std::vector<ContentPart>& ItemReader::AssistantParts() {
  std::vector<Turn>& turns = conversation_.turns;
  if (turns.empty() || turns.back().role != TurnRole::kAssistant) {
    turns.emplace_back().role = TurnRole::kAssistant;
  }
  return turns.back().parts;
}

bool ItemReader::ReadMessage(const json::Members& members, const std::string& path) {
  std::string role;
  std::vector<ContentPart> parts;
  const std::string at = MemberPath(path, "content");
  if (!reading_.NeededText(members, "role", path, role)) return false;
  const bool system = role == "system" || role == "developer";
  if (!system && role != "user" && role != "assistant") {
    return reading_.Refuse(MemberPath(path, "role"),
                           R"(must be "user", "assistant", "system" or "developer")");
  }
  if (!ReadContent(members.Find("content"), at, parts)) return false;
  reading_.DropOthers(members, {"type", "role", "content", "id", "status"}, "input.");
  if (system && !IsOnlyText(parts)) {
    return reading_.Refuse(at, "must have texts only, as the role is " + role);
  }
  std::vector<Turn>& turns = conversation_.turns;
  std::vector<ContentPart>* where = nullptr;
  if (role == "assistant") {
    where = &AssistantParts();
  } else if (system && turns.empty()) {
    where = &conversation_.system;
  } else {
    turns.emplace_back().role = system ? TurnRole::kSystem : TurnRole::kUser;
    where = &turns.back().parts;
  }
  std::move(parts.begin(), parts.end(), std::back_inserter(*where));
  return true;
}

bool ItemReader::ReadCall(const json::Members& members, const std::string& path, bool custom) {
  ContentPart call;
  std::string name;
  std::string space;
  std::string said;
  call.kind = ContentPart::Kind::kToolCall;
  if (!reading_.NeededText(members, "call_id", path, call.id) ||
      !reading_.NeededText(members, "name", path, name) ||
      !reading_.Text(members, "namespace", path, space) ||
      !reading_.Text(members, custom ? "input" : "arguments", path, said)) {
    return false;
  }
  call.name = JoinToolName({space, name});
  call.arguments = custom ? WrapCustomInput(said) : ArgumentsObject(std::move(said));
  AssistantParts().push_back(std::move(call));
  return true;
}

bool ItemReader::ReadResult(const json::Members& members, const std::string& path) {
  ContentPart result;
  result.kind = ContentPart::Kind::kToolResult;
  if (!reading_.NeededText(members, "call_id", path, result.id)) return false;
  if (!ReadContent(members.Find("output"), MemberPath(path, "output"), result.result)) {
    return false;
  }
  std::vector<Turn>& turns = conversation_.turns;
  const bool goes_on = !turns.empty() && turns.back().role == TurnRole::kUser &&
                       !turns.back().parts.empty() &&
                       turns.back().parts.back().kind == ContentPart::Kind::kToolResult;
  if (!goes_on) turns.emplace_back();
  turns.back().parts.push_back(std::move(result));
  return true;
}

bool ItemReader::ReadThought(const json::Members& members, const std::string& path) {
  ContentPart thought;
  std::string encrypted;
  thought.kind = ContentPart::Kind::kHiddenThinking;
  if (!ReadThoughtTexts(members.Find("summary"), MemberPath(path, "summary"), thought) ||
      !ReadThoughtTexts(members.Find("content"), MemberPath(path, "content"), thought) ||
      !reading_.Text(members, "encrypted_content", path, encrypted)) {
    return false;
  }
  if (!encrypted.empty()) thought.signature = ReadSignature(ChatProtocol::kResponses, encrypted);
  const bool empty = thought.text.empty() && encrypted.empty();
  if (!empty) AssistantParts().push_back(std::move(thought));
  return true;
}

bool ItemReader::ReadThoughtTexts(std::string_view value, const std::string& path,
                                  ContentPart& thought) {
  std::vector<std::string_view> elements;
  if (value.empty()) return true;
  if (!json::IsArray(value)) return reading_.Wrong(path, "a list of texts", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse(path, "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string at = ElementPath(path, i);
    json::Members members;
    std::string text;
    if (!reading_.Object(elements[i], at, members)) return false;
    if (!reading_.Text(members, "text", at, text)) return false;
    thought.kind = ContentPart::Kind::kThinking;
    if (!thought.text.empty() && !text.empty()) thought.text += "\n\n";
    thought.text += text;
  }
  return true;
}

bool ItemReader::ReadContent(std::string_view value, const std::string& path,
                             std::vector<ContentPart>& parts) {
  if (json::IsText(value)) {
    std::string text;
    if (!json::ReadText(value, text)) {
      return reading_.Refuse(path, "has an escape that JSON does not know");
    }
    parts.push_back(TextPart(std::move(text)));
    return true;
  }
  std::vector<std::string_view> elements;
  if (value.empty()) return true;
  if (!json::IsArray(value)) return reading_.Wrong(path, "a string or a list of parts", value);
  if (!json::ReadElements(value, elements)) return reading_.Refuse(path, "is not valid JSON");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!ReadPart(elements[i], ElementPath(path, i), parts.emplace_back())) return false;
  }
  return true;
}

bool ItemReader::ReadPart(std::string_view value, const std::string& path, ContentPart& part) {
  json::Members members;
  std::string type;
  if (!reading_.Object(value, path, members)) return false;
  if (!reading_.NeededText(members, "type", path, type)) return false;
  if (type == "input_image") return ReadImage(members, path, part);
  if (type == "input_file") return ReadFile(members, path, part);
  if (type == "refusal") {
    part.kind = ContentPart::Kind::kRefusal;
    return reading_.Text(members, "refusal", path, part.text);
  }
  if (type == "input_text" || type == "output_text" || type == "text") {
    reading_.DropOthers(members, {"type", "text", "annotations", "logprobs"}, "input.");
    return reading_.Text(members, "text", path, part.text);
  }
  return reading_.NeedsResponses(path, config::Concat("of the type \"", type, "\""));
}

bool ItemReader::ReadImage(const json::Members& members, const std::string& path,
                           ContentPart& part) {
  std::string url;
  part.kind = ContentPart::Kind::kImage;
  if (!members.Find("file_id").empty()) {
    return reading_.NeedsResponses(MemberPath(path, "file_id"), {});
  }
  if (!reading_.NeededText(members, "image_url", path, url)) return false;
  if (!reading_.Text(members, "detail", path, part.image_detail)) return false;
  reading_.DropOthers(members, {"type", "image_url", "detail"}, "input.");
  if (config::StartsWithAnyCase(url, "data:"))
    return ReadDataUrl(url, MemberPath(path, "image_url"), part);
  part.url = std::move(url);
  return true;
}

bool ItemReader::ReadFile(const json::Members& members, const std::string& path,
                          ContentPart& part) {
  std::string data;
  part.kind = ContentPart::Kind::kDocument;
  if (!members.Find("file_id").empty()) {
    return reading_.NeedsResponses(MemberPath(path, "file_id"), {});
  }
  if (!reading_.Text(members, "file_url", path, part.url) ||
      !reading_.Text(members, "file_data", path, data) ||
      !reading_.Text(members, "filename", path, part.name)) {
    return false;
  }
  reading_.DropOthers(members, {"type", "file_url", "file_data", "filename"}, "input.");
  if (data.empty() == part.url.empty()) {
    return reading_.Refuse(path, "must have either file_data or file_url");
  }
  if (data.empty()) return true;
  if (config::StartsWithAnyCase(data, "data:"))
    return ReadDataUrl(data, MemberPath(path, "file_data"), part);
  part.media_type = "application/pdf";  // as OpenAI takes base64 without a type
  part.data = std::move(data);
  return true;
}

bool ItemReader::ReadDataUrl(std::string_view url, const std::string& path, ContentPart& part) {
  constexpr std::string_view kBase64 = ";base64";
  url.remove_prefix(std::string_view("data:").size());
  const std::size_t comma = url.find(',');
  std::string_view type = url.substr(0, comma);
  if (comma == std::string_view::npos || !type.ends_with(kBase64)) {
    return reading_.Refuse(path, "must be a data URL in base64, such as data:image/png;base64,…");
  }
  type.remove_suffix(kBase64.size());
  part.media_type = type.substr(0, type.find(';'));
  part.data = url.substr(comma + 1);
  if (!part.media_type.empty()) return true;
  return reading_.Refuse(path, "must say a media type, such as data:image/png;base64,…");
}

}  // namespace headgate::backends::openai_responses
