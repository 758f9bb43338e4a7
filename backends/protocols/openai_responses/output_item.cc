#include "backends/protocols/openai_responses/output_item.h"

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_responses/input/wrapping.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendJsonString;
using OutputKind = OutputItem::Kind;

std::string_view IdPrefix(OutputKind kind) {
  switch (kind) {
    case OutputKind::kThought:
      return "rs_";
    case OutputKind::kFunction:
      return "fc_";
    case OutputKind::kCustom:
      return "ctc_";
    case OutputKind::kText:
    case OutputKind::kRefusal:
      break;
  }
  return "msg_";
}

std::string_view TypeOf(OutputKind kind) {
  switch (kind) {
    case OutputKind::kThought:
      return "reasoning";
    case OutputKind::kFunction:
      return "function_call";
    case OutputKind::kCustom:
      return "custom_tool_call";
    case OutputKind::kText:
    case OutputKind::kRefusal:
      break;
  }
  return "message";
}

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  AppendJsonString(text, out);
}

void AppendCallMembers(const OutputItem& item, bool empty, std::string& out) {
  const ToolName tool = SplitToolName(item.name);
  AppendMember("call_id", item.call_id, out);
  AppendMember("name", tool.name, out);
  if (!tool.space.empty()) AppendMember("namespace", tool.space, out);
  const bool custom = item.kind == OutputKind::kCustom;
  out += custom ? R"(,"input":)" : R"(,"arguments":)";
  if (empty) {
    out += R"("")";
  } else if (custom && !item.escaped) {
    AppendJsonString(UnwrapCustomInput(item.text), out);
  } else {
    AppendItemText(item, out);
  }
}

void AppendThoughtMembers(const OutputItem& item, bool empty, std::string& out) {
  out += R"(,"summary":[)";
  if (!empty && !item.hidden) AppendSummaryPart(item, out);
  out += ']';
  if (!empty && !item.signature.empty()) {
    AppendMember("encrypted_content", item.signature, out);
  }
}

void Append(const OutputItem& item, std::string_view status, bool empty, std::string& out) {
  out += R"({"type":)";
  AppendJsonString(TypeOf(item.kind), out);
  AppendMember("id", item.id, out);
  AppendMember("status", status, out);
  switch (item.kind) {
    case OutputKind::kThought:
      AppendThoughtMembers(item, empty, out);
      break;
    case OutputKind::kFunction:
    case OutputKind::kCustom:
      AppendCallMembers(item, empty, out);
      break;
    case OutputKind::kText:
    case OutputKind::kRefusal:
      out += R"(,"role":"assistant","content":[)";
      if (!empty) AppendContentPart(item, out);
      out += ']';
  }
  out += '}';
}

}  // namespace

OutputItem NewItem(OutputKind kind, std::size_t index, const AnswerContext& context) {
  OutputItem item;
  item.kind = kind;
  item.id = config::Concat(IdPrefix(kind), context.request_id, "_", index);
  return item;
}

void AppendItem(const OutputItem& item, std::string_view status, std::string& out) {
  Append(item, status, false, out);
}

void AppendEmptyItem(const OutputItem& item, std::string& out) {
  Append(item, "in_progress", true, out);
}

void AppendItemText(const OutputItem& item, std::string& out) {
  if (!item.escaped) return AppendJsonString(item.text, out);
  out.append("\"").append(item.text).append("\"");
}

void AppendContentPart(const OutputItem& item, std::string& out) {
  if (item.kind == OutputKind::kRefusal) {
    out += R"({"type":"refusal","refusal":)";
    AppendItemText(item, out);
    out += '}';
    return;
  }
  out += R"({"type":"output_text","text":)";
  AppendItemText(item, out);
  out += R"(,"annotations":[],"logprobs":[]})";
}

void AppendSummaryPart(const OutputItem& item, std::string& out) {
  out += R"({"type":"summary_text","text":)";
  AppendItemText(item, out);
  out += '}';
}

}  // namespace headgate::backends::openai_responses
