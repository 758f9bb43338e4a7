#include "backends/protocols/openai_chat/body/answer_options.h"

#include <cstdint>
#include <string>
#include <utility>

namespace headgate::backends::openai_chat {
namespace {

constexpr Member<RequestDraft> kStreamOptions[] = {
    {"include_usage",
     [](BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
       return in.Flag(value, path, draft.conversation.stream_usage);
     }},
};

struct FormatDraft {
  std::string type;
  AnswerFormat format;
  bool has_schema = false;
};

constexpr Member<AnswerFormat> kSchemaFields[] = {
    {"name", [](BodyValues& in, JsonValue value, const Path& path,
                AnswerFormat& format) { return in.Text(value, path, "a string", format.name); }},
    {"description",
     [](BodyValues& in, JsonValue value, const Path& path, AnswerFormat& format) {
       return in.Text(value, path, "a string", format.description);
     }},
    {"schema", [](BodyValues& in, JsonValue value, const Path& path,
                  AnswerFormat& format) { return in.RawObject(value, path, format.schema); }},
    {"strict", [](BodyValues& in, JsonValue value, const Path& path,
                  AnswerFormat& format) { return in.Flag(value, path, format.strict.emplace()); }},
};

constexpr Member<FormatDraft> kFormatFields[] = {
    {"type",
     [](BodyValues& in, JsonValue value, const Path& path, FormatDraft& draft) {
       return in.Text(value, path, R"("text", "json_object" or "json_schema")", draft.type);
     }},
    {"json_schema",
     [](BodyValues& in, JsonValue value, const Path& path, FormatDraft& draft) {
       draft.has_schema = true;
       return in.Object<AnswerFormat>(value, path, "an object with name and schema", kSchemaFields,
                                      draft.format);
     }},
};

bool TakeBudget(BodyValues& in, JsonValue value, const Path& path, ThinkingRequest& thinking) {
  if (!in.Integer(value, path, thinking.budget_tokens)) return false;
  if (thinking.budget_tokens < 1) return in.Refuse(path, " must be at least 1.");
  thinking.mode = ThinkingRequest::Mode::kBudget;
  return true;
}

// OpenRouter's `reasoning`, openrouter.ai/docs, "Reasoning tokens", 2026.
constexpr Member<ThinkingRequest> kReasoningFields[] = {
    {"effort",
     [](BodyValues& in, JsonValue value, const Path& path, ThinkingRequest& thinking) {
       return in.Text(value, path, "a string such as \"low\"", thinking.effort);
     }},
    {"max_tokens", TakeBudget},
    {"enabled",
     [](BodyValues& in, JsonValue value, const Path& path, ThinkingRequest& thinking) {
       bool enabled = false;
       if (!in.Flag(value, path, enabled)) return false;
       if (!enabled) thinking.mode = ThinkingRequest::Mode::kOff;
       return true;
     }},
    {"exclude",
     [](BodyValues& in, JsonValue value, const Path& path, ThinkingRequest& thinking) {
       bool exclude = false;
       if (!in.Flag(value, path, exclude)) return false;
       if (exclude) thinking.display = "omitted";
       return true;
     }},
};

struct ThinkingDraft {
  std::string type;
  ThinkingRequest budget;
};

// Anthropic's `thinking`, which LiteLLM, DeepSeek and others take in chat completions too.
constexpr Member<ThinkingDraft> kThinkingFields[] = {
    {"type",
     [](BodyValues& in, JsonValue value, const Path& path, ThinkingDraft& draft) {
       return in.Text(value, path, R"("enabled", "adaptive" or "disabled")", draft.type);
     }},
    {"budget_tokens",
     [](BodyValues& in, JsonValue value, const Path& path, ThinkingDraft& draft) {
       return TakeBudget(in, value, path, draft.budget);
     }},
};

}  // namespace

bool ReadStreamOptions(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  return in.Object<RequestDraft>(value, path, R"(an object such as {"include_usage": true})",
                                 kStreamOptions, draft);
}

bool ReadStop(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  std::vector<std::string>& stop = draft.conversation.stop;
  if (TokenOf(value).starts_with('"')) {
    return in.Text(value, path, "a string", stop.emplace_back());
  }
  return in.Elements(value, path, "a string or an array of strings",
                     [&](JsonValue item, const Path& at) {
                       return in.Text(item, at, "a string", stop.emplace_back());
                     });
}

bool ReadResponseFormat(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  using Kind = AnswerFormat::Kind;
  FormatDraft format;
  if (!in.Object<FormatDraft>(value, path, R"(an object such as {"type": "json_object"})",
                              kFormatFields, format)) {
    return false;
  }
  const Path type{.parent = &path, .name = "type"};
  AnswerFormat& wanted = draft.conversation.format;
  if (format.type == "json_schema") {
    const Path schema{.parent = &path, .name = "json_schema"};
    if (format.format.schema.empty()) {
      return in.Refuse(schema, R"(.schema is missing; send one, such as {"type": "object"}.)");
    }
    wanted = std::move(format.format);
    wanted.kind = Kind::kJsonSchema;
  } else if (format.type == "json_object") {
    wanted.kind = Kind::kJsonObject;
  } else if (format.type != "text") {
    return in.Refuse(type, R"( must be "text", "json_object" or "json_schema".)");
  }
  return true;
}

bool ReadReasoning(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  return in.Object<ThinkingRequest>(value, path, R"(an object such as {"effort": "low"})",
                                    kReasoningFields, draft.conversation.thinking);
}

bool ReadThinking(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  using Mode = ThinkingRequest::Mode;
  ThinkingDraft said;
  if (!in.Object<ThinkingDraft>(value, path, R"(an object such as {"type": "adaptive"})",
                                kThinkingFields, said)) {
    return false;
  }
  ThinkingRequest& thinking = draft.conversation.thinking;
  if (said.type == "disabled") {
    thinking.mode = Mode::kOff;
  } else if (said.type == "enabled" && said.budget.budget_tokens > 0) {
    thinking.mode = Mode::kBudget;
    thinking.budget_tokens = said.budget.budget_tokens;
  } else if (said.type == "enabled" || said.type == "adaptive") {
    thinking.mode = Mode::kAdaptive;
  } else {
    return in.Refuse({.parent = &path, .name = "type"},
                     R"( must be "enabled", "adaptive" or "disabled".)");
  }
  return true;
}

bool ReadMetadata(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  simdjson::ondemand::object object;
  if (!TokenOf(value).starts_with('{') || value.get_object().get(object) != simdjson::SUCCESS) {
    return in.Wrong(value, path, "an object of strings");
  }
  auto& metadata = draft.conversation.metadata;
  for (auto field : object) {
    std::string_view key;
    JsonValue text;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) key = "?";
    if (field.value().get(text) != simdjson::SUCCESS) return in.Refuse(path, " is not valid JSON.");
    std::string name(key);
    if (!in.Text(text, {.parent = &path, .name = name}, "a string",
                 metadata.emplace_back(name, "").second)) {
      return false;
    }
  }
  return true;
}

bool ReadChoiceCount(BodyValues& in, JsonValue value, const Path& path, RequestDraft&) {
  std::int64_t count = 0;
  if (!in.Integer(value, path, count)) return false;
  return count == 1 || in.NeedsChat(path);
}

bool ReadLogProbabilities(BodyValues& in, JsonValue value, const Path& path, RequestDraft&) {
  bool asked = false;
  if (!in.Flag(value, path, asked)) return false;
  return !asked || in.NeedsChat(path);
}

bool ReadTopLogProbabilities(BodyValues& in, JsonValue value, const Path& path, RequestDraft&) {
  std::int64_t count = 0;
  if (!in.Integer(value, path, count)) return false;
  return count == 0 || in.NeedsChat(path);
}

bool ReadModalities(BodyValues& in, JsonValue value, const Path& path, RequestDraft&) {
  return in.Elements(value, path, "an array of strings such as [\"text\"]",
                     [&](JsonValue item, const Path& at) {
                       std::string modality;
                       if (!in.Text(item, at, "a string such as \"text\"", modality)) return false;
                       return modality == "text" || in.NeedsChat(at);
                     });
}

bool RefuseMember(BodyValues& in, JsonValue, const Path& path, RequestDraft&) {
  return in.NeedsChat(path);
}

}  // namespace headgate::backends::openai_chat
