#include "backends/protocols/openai_chat/body/tool_fields.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace headgate::backends::openai_chat {
namespace {

// A tool with its type, or a choice of one: both name a function.
struct ToolDraft {
  std::string type;
  ToolDefinition tool;
};

constexpr Member<ToolDefinition> kFunctionFields[] = {
    {"name", [](BodyValues& in, JsonValue value, const Path& path,
                ToolDefinition& tool) { return in.Text(value, path, "a string", tool.name); }},
    {"description",
     [](BodyValues& in, JsonValue value, const Path& path, ToolDefinition& tool) {
       return in.Text(value, path, "a string", tool.description);
     }},
    {"parameters", [](BodyValues& in, JsonValue value, const Path& path,
                      ToolDefinition& tool) { return in.RawObject(value, path, tool.schema); }},
    {"strict", [](BodyValues& in, JsonValue value, const Path& path,
                  ToolDefinition& tool) { return in.Flag(value, path, tool.strict.emplace()); }},
    {"cache_control",
     [](BodyValues& in, JsonValue value, const Path& path, ToolDefinition& tool) {
       return in.RawObject(value, path, tool.cache_control);
     }},
};

template <std::size_t Field>
bool ReadFlatField(BodyValues& in, JsonValue value, const Path& path, ToolDraft& draft) {
  return kFunctionFields[Field].read(in, value, path, draft.tool);
}

// Some clients send the flat shape of the Responses API, which has the members of `function` beside
// the type.
constexpr Member<ToolDraft> kToolFields[] = {
    {"type", [](BodyValues& in, JsonValue value, const Path& path,
                ToolDraft& draft) { return in.Text(value, path, "\"function\"", draft.type); }},
    {"function",
     [](BodyValues& in, JsonValue value, const Path& path, ToolDraft& draft) {
       return in.Object<ToolDefinition>(value, path, "an object with a name", kFunctionFields,
                                        draft.tool);
     }},
    {"custom",
     [](BodyValues& in, JsonValue, const Path& path, ToolDraft&) { return in.NeedsChat(path); }},
    {"name", ReadFlatField<0>},
    {"description", ReadFlatField<1>},
    {"parameters", ReadFlatField<2>},
    {"strict", ReadFlatField<3>},
    {"cache_control", ReadFlatField<4>},
};

bool ReadTool(BodyValues& in, JsonValue value, const Path& path, ToolDraft& draft) {
  if (!in.Object<ToolDraft>(value, path, R"(an object such as {"type": "function", …})",
                            kToolFields, draft)) {
    return false;
  }
  if (!draft.type.empty() && draft.type != "function") {
    const Path type{.parent = &path, .name = "type"};
    return in.NeedsChat(type);
  }
  return !draft.tool.name.empty() ||
         in.Refuse(path, ".function.name is missing; send the name of the function.");
}

// What `allowed_tools` says.
struct AllowedDraft {
  std::string mode;
  std::vector<std::string> names;
};

constexpr Member<AllowedDraft> kAllowedFields[] = {
    {"mode",
     [](BodyValues& in, JsonValue value, const Path& path, AllowedDraft& draft) {
       return in.Text(value, path, "\"auto\" or \"required\"", draft.mode);
     }},
    {"tools",
     [](BodyValues& in, JsonValue value, const Path& path, AllowedDraft& draft) {
       return in.Elements(value, path, "an array of tools", [&](JsonValue item, const Path& at) {
         ToolDraft tool;
         if (!ReadTool(in, item, at, tool)) return false;
         draft.names.push_back(std::move(tool.tool.name));
         return true;
       });
     }},
};

struct ChoiceDraft {
  std::string type;
  std::string name;
  std::optional<AllowedDraft> allowed;
};

constexpr Member<ChoiceDraft> kNamedFields[] = {
    {"name", [](BodyValues& in, JsonValue value, const Path& path,
                ChoiceDraft& draft) { return in.Text(value, path, "a string", draft.name); }},
};

constexpr Member<ChoiceDraft> kChoiceFields[] = {
    {"type", [](BodyValues& in, JsonValue value, const Path& path,
                ChoiceDraft& draft) { return in.Text(value, path, "\"function\"", draft.type); }},
    {"function",
     [](BodyValues& in, JsonValue value, const Path& path, ChoiceDraft& draft) {
       return in.Object<ChoiceDraft>(value, path, "an object with a name", kNamedFields, draft);
     }},
    kNamedFields[0],
    {"custom",
     [](BodyValues& in, JsonValue, const Path& path, ChoiceDraft&) { return in.NeedsChat(path); }},
    {"allowed_tools",
     [](BodyValues& in, JsonValue value, const Path& path, ChoiceDraft& draft) {
       return in.Object<AllowedDraft>(value, path, "an object with mode and tools", kAllowedFields,
                                      draft.allowed.emplace());
     }},
};

constexpr std::string_view kChoiceType =
    R"("none", "auto", "required" or an object such as {"type": "function", …})";

bool TakeMode(BodyValues& in, std::string_view word, const Path& path, ToolFields& fields) {
  using Mode = ToolChoice::Mode;
  ToolChoice& choice = fields.choice.emplace();
  if (word == "auto" || word.empty()) {
    choice.mode = Mode::kAuto;
  } else if (word == "none") {
    choice.mode = Mode::kNone;
  } else if (word == "required" || word == "any") {  // any: Mistral's word
    choice.mode = Mode::kRequired;
  } else {
    return in.Refuse(path, std::string(" must be ").append(kChoiceType).append("."));
  }
  return true;
}

}  // namespace

bool ReadTools(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields) {
  return values.Elements(value, path, "an array of tools", [&](JsonValue item, const Path& at) {
    ToolDraft draft;
    if (!ReadTool(values, item, at, draft)) return false;
    fields.tools.push_back(std::move(draft.tool));
    return true;
  });
}

bool ReadFunctions(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields) {
  return values.Elements(value, path, "an array of functions", [&](JsonValue item, const Path& at) {
    ToolDefinition& tool = fields.tools.emplace_back();
    ++fields.functions;
    if (!values.Object<ToolDefinition>(item, at, "an object with a name", kFunctionFields, tool)) {
      return false;
    }
    return !tool.name.empty() ||
           values.Refuse(at, ".name is missing; send the name of the function.");
  });
}

bool ReadToolChoice(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields) {
  std::string scratch;
  if (const auto word = json::TextOfToken(TokenOf(value), scratch)) {
    return TakeMode(values, *word, path, fields);
  }
  ChoiceDraft draft;
  if (!values.Object<ChoiceDraft>(value, path, kChoiceType, kChoiceFields, draft)) return false;
  if (draft.allowed) {
    fields.has_allowed = true;
    fields.allowed = std::move(draft.allowed->names);
    return TakeMode(values, draft.allowed->mode, path, fields);
  }
  if (!draft.name.empty()) {
    fields.choice = {.mode = ToolChoice::Mode::kNamed, .name = std::move(draft.name)};
    return true;
  }
  return TakeMode(values, draft.type, path, fields);  // {"type": "auto"}, as some clients write it
}

bool ReadFunctionCall(BodyValues& values, JsonValue value, const Path& path, ToolFields& fields) {
  // "none", "auto" or {"name": …}: both are forms of tool_choice too. The newer member counts.
  ToolFields legacy;
  if (!ReadToolChoice(values, value, path, legacy)) return false;
  if (!fields.choice) fields.choice = std::move(legacy.choice);
  return true;
}

void KeepAllowed(ToolFields& fields) {
  if (!fields.has_allowed) return;
  std::erase_if(fields.tools, [&](const ToolDefinition& tool) {
    return std::find(fields.allowed.begin(), fields.allowed.end(), tool.name) ==
           fields.allowed.end();
  });
}

}  // namespace headgate::backends::openai_chat
