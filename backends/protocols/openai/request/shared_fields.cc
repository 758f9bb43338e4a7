#include "backends/protocols/openai/request/shared_fields.h"

#include <algorithm>
#include <charconv>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1}
                                     << 40;  // far above any context, far from overflow
constexpr std::int64_t kMostChoices = 128;   // the vendor's limit of `n`
constexpr std::size_t kMostShown = 24;       // bytes of a wrong value that go into a message

}  // namespace

bool RequestFields::TakeNull() {
  if (cursor_.Peek() != 'n' || cursor_.Literal() != "null") return false;
  std::string_view literal;
  return cursor_.TakeScalar(literal);
}

bool RequestFields::ReadMembers(std::span<const Field> fields, std::string_view type) {
  if (cursor_.Peek() != '{') return Wrong(type);
  std::uint32_t seen = 0;
  return cursor_.TakeObject([&](std::string_view key) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (key != fields[i].name) continue;
      Push({fields[i].name});
      if ((seen & 1u << i) != 0) return Refuse({" is given twice; give it once."});
      seen |= 1u << i;
      if (!(this->*fields[i].read)()) return false;
      Pop();
      return true;
    }
    return cursor_.SkipValue();
  });
}

bool RequestFields::ReadString(std::string_view& text, std::string_view type) {
  return cursor_.Peek() == '"' ? cursor_.TakeString(text) : Wrong(type);
}

bool RequestFields::ReadNullableString(std::string_view& text, std::string_view type) {
  return TakeNull() || ReadString(text, type);
}

bool RequestFields::ReadNullableBool(bool& value) {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  const std::string_view literal = c == 't' || c == 'f' ? cursor_.Literal() : std::string_view{};
  if (literal != "true" && literal != "false") return Wrong("true or false");
  value = literal == "true";
  return cursor_.SkipValue();
}

// Only the integers of RFC 8259 without fraction or exponent: backends disagree about 16.0.
bool RequestFields::ReadInteger(std::int64_t least, std::int64_t most, std::string_view type,
                                std::optional<std::int64_t>& value) {
  const char c = cursor_.Peek();
  if (c != '-' && (c < '0' || c > '9')) return Wrong(type);
  const std::string_view literal = cursor_.Literal();
  std::int64_t number = 0;
  const char* const end = literal.data() + literal.size();
  const auto [stop, error] = std::from_chars(literal.data(), end, number);
  const bool leading_zero = literal.size() > 1 && literal.front() == '0';
  if (error != std::errc() || stop != end || leading_zero || number < least || number > most) {
    return Wrong(type);
  }
  value = number;
  return cursor_.SkipValue();
}

// --- problems ------------------------------------------------------------------------------------

std::string RequestFields::Path() const {
  std::string path;
  for (std::size_t i = 0; i < path_size_; ++i) {
    const Step& step = path_[i];
    if (step.name.empty()) {
      path += '[';
      AppendInteger(static_cast<std::int64_t>(step.index), path);
      path += ']';
    } else {
      if (!path.empty()) path += '.';
      path += step.name;
    }
  }
  return path;
}

bool RequestFields::Refuse(std::initializer_list<std::string_view> message) {
  problem_.param = Path();
  problem_.message = problem_.param.empty() ? "The body" : problem_.param;
  for (const std::string_view part : message) problem_.message += part;
  return false;
}

bool RequestFields::Wrong(std::string_view type) {
  switch (cursor_.Peek()) {
    case '{':
      return Refuse({" must be ", type, ", not an object."});
    case '[':
      return Refuse({" must be ", type, ", not an array."});
    case '"':
      return Refuse({" must be ", type, ", not a string."});
    default:
      break;
  }
  std::string_view literal;
  if (!cursor_.TakeScalar(literal)) return false;
  const bool cut = literal.size() > kMostShown;
  return Refuse({" must be ", type, ", not ", literal.substr(0, kMostShown), cut ? "…." : "."});
}

// --- the root ------------------------------------------------------------------------------------

bool RequestFields::Read() {
  view_.splice.object_begin = cursor_.offset() + 1;
  if (!ReadMembers(RootFields(endpoint_), "a JSON object such as {\"model\": …}")) return false;
  if (!cursor_.AtEnd()) return cursor_.Fail("something follows the object");
  if (max_completion_tokens_) signals_.max_tokens = max_completion_tokens_;
  signals_.tool_loop = role_ == routing::Role::kTool;
  view_.splice.add_usage = signals_.stream && !view_.wants_usage;
  if (!path_model_.empty()) TakePathModel();
  if (!signals_.stream) {
    view_.splice.continuous_usage.reset();
    view_.splice.stream_options_member.reset();
  }
  return CheckRequired();
}

bool RequestFields::CheckRequired() {
  const auto missing = [this](std::string_view name, std::string_view example) {
    Push({name});
    return Refuse({" is missing; send one, such as ", example, "."});
  };
  if (view_.splice.model.empty() && path_model_.empty()) {
    return missing("model", "\"model\": \"auto\"");
  }
  if (has_input_) return true;
  switch (endpoint_) {
    case routing::Endpoint::kChat:
      return missing("messages", R"("messages": [{"role": "user", "content": "Hello"}])");
    case routing::Endpoint::kCompletions:
      return missing("prompt", R"("prompt": "Once upon a time")");
    case routing::Endpoint::kEmbeddings:
      break;
  }
  return missing("input", R"("input": "Once upon a time")");
}

std::span<const RequestFields::Field> RequestFields::RootFields(routing::Endpoint endpoint) {
  using R = RequestFields;
  static constexpr Field kChat[] = {
      {"model", &R::ReadModel},
      {"messages", &R::ReadMessages},
      {"stream", &R::ReadStream},
      {"stream_options", &R::ReadStreamOptions},
      {"max_tokens", &R::ReadMaxTokens},
      {"max_completion_tokens", &R::ReadMaxCompletionTokens},
      {"n", &R::ReadChoices},
      {"tools", &R::ReadTools},
      {"functions", &R::ReadFunctions},
      {"response_format", &R::ReadResponseFormat},
      {"service_tier", &R::ReadServiceTier},
      {"reasoning_effort", &R::ReadReasoningEffort},
      {"prompt_cache_key", &R::ReadPromptCacheKey},
      {"metadata", &R::ReadMetadata},
      {"modalities", &R::ReadModalities},
      {"audio", &R::ReadAudioOutput},
  };
  static constexpr Field kCompletions[] = {
      {"model", &R::ReadModel},
      {"prompt", &R::ReadPrompt},
      {"suffix", &R::ReadSuffix},
      {"stream", &R::ReadStream},
      {"stream_options", &R::ReadStreamOptions},
      {"max_tokens", &R::ReadMaxTokens},
      {"n", &R::ReadChoices},
      {"best_of", &R::ReadBestOf},
      {"service_tier", &R::ReadServiceTier},
      {"metadata", &R::ReadMetadata},
  };
  static constexpr Field kEmbeddings[] = {
      {"model", &R::ReadModel},
      {"input", &R::ReadPrompt},
      {"service_tier", &R::ReadServiceTier},
      {"metadata", &R::ReadMetadata},
  };
  switch (endpoint) {
    case routing::Endpoint::kChat:
      return kChat;
    case routing::Endpoint::kCompletions:
      return kCompletions;
    case routing::Endpoint::kEmbeddings:
      break;
  }
  return kEmbeddings;
}

// The body goes on with the model that was asked for, whatever it says itself.
void RequestFields::TakePathModel() {
  signals_.model = path_model_;
  if (!view_.splice.model.empty()) return;
  view_.splice.insert_model = true;
  view_.splice.model = {view_.splice.object_begin, view_.splice.object_begin};
}

bool RequestFields::ReadModel() {
  constexpr std::string_view kType = "a model's name as a string, such as \"auto\"";
  const std::size_t begin = cursor_.offset();
  if (!path_model_.empty() && TakeNull()) {
    view_.splice.model = {begin, cursor_.taken_end()};
    return true;
  }
  if (cursor_.Peek() != '"') return Wrong(kType);
  const std::size_t end = begin + cursor_.Literal().size();
  if (!cursor_.TakeString(signals_.model)) return false;
  if (signals_.model.empty() && path_model_.empty())
    return Refuse({" is empty; name a model, such as \"auto\"."});
  view_.splice.model = {begin, end};
  return true;
}

bool RequestFields::ReadStream() { return ReadNullableBool(signals_.stream); }

bool RequestFields::ReadStreamOptions() {
  static constexpr Field kFields[] = {
      {"include_usage", &RequestFields::ReadIncludeUsage},
      {"continuous_usage_stats", &RequestFields::ReadContinuousUsage}};
  const std::size_t begin = cursor_.offset();
  if (TakeNull()) {
    view_.splice.stream_options = Span{begin, begin + 4};
  } else {
    if (!ReadMembers(kFields, "an object such as {\"include_usage\": true}, or null")) return false;
    view_.splice.stream_options_is_object = true;
    view_.splice.stream_options_empty = cursor_.TookEmptyContainer();
    view_.splice.stream_options = Span{begin, cursor_.taken_end()};
  }
  bool alone = false;
  view_.splice.stream_options_member = TakenMember(begin, alone);
  return true;
}

bool RequestFields::ReadIncludeUsage() {
  const std::size_t begin = cursor_.offset();
  if (!ReadNullableBool(view_.wants_usage)) return false;
  view_.splice.include_usage = Span{begin, cursor_.taken_end()};
  return true;
}

// Its value is between the client and a backend that knows it; only where it stands matters here.
bool RequestFields::ReadContinuousUsage() {
  const std::size_t value = cursor_.offset();
  if (!cursor_.SkipValue()) return false;
  view_.splice.continuous_usage = TakenMember(value, view_.splice.continuous_usage_alone);
  return true;
}

// The member whose value, at `value`, has just been taken, with the comma that goes when it goes.
// Sets `alone` if the object has no other member.
Span RequestFields::TakenMember(std::size_t value, bool& alone) const {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string_view text = cursor_.text();
  // Back over the colon to the name, which holds no quote, however it is escaped.
  const std::size_t name = text.rfind('"', text.rfind('"', value - 1) - 1);
  const std::size_t before = text.find_last_not_of(kSpace, name - 1);
  const std::size_t behind = text.find_first_not_of(kSpace, cursor_.taken_end());
  Span member{name, cursor_.taken_end()};
  if (text[before] == ',') {
    member.begin = before;
  } else if (behind != std::string_view::npos && text[behind] == ',') {
    member.end = behind + 1;
  } else {
    alone = true;
  }
  return member;
}

bool RequestFields::ReadMaxTokens() {
  return TakeNull() ||
         ReadInteger(0, kMostTokens, "an integer of 0 or more, such as 256", signals_.max_tokens);
}

bool RequestFields::ReadMaxCompletionTokens() {
  return TakeNull() || ReadInteger(0, kMostTokens, "an integer of 0 or more, such as 256",
                                   max_completion_tokens_);
}

// Choices that are generated cost, whether or not they are returned: best_of counts like n.
bool RequestFields::ReadChoices() {
  if (TakeNull()) return true;
  std::optional<std::int64_t> count;
  if (!ReadInteger(1, kMostChoices, "an integer from 1 to 128", count)) return false;
  view_.answered_choices = static_cast<int>(*count);
  signals_.choices = std::max(signals_.choices, static_cast<int>(*count));
  return true;
}

bool RequestFields::ReadBestOf() {
  if (TakeNull()) return true;
  std::optional<std::int64_t> count;
  if (!ReadInteger(0, kMostChoices, "an integer from 0 to 128", count)) return false;
  signals_.choices = std::max(signals_.choices, static_cast<int>(*count));
  return true;
}

bool RequestFields::ReadTools() {
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [this] {
    signals_.uses_tools = true;
    return ReadTool();
  });
}

bool RequestFields::ReadFunctions() {
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [this] {
    signals_.uses_tools = true;
    return ReadNamed();
  });
}

// A tool has one of these and nests its name there. SDKs of typed languages write the others as
// null; some clients send the flat shape of the Responses API.
bool RequestFields::ReadTool() {
  static constexpr Field kFields[] = {{"function", &RequestFields::ReadNullableNamed},
                                      {"custom", &RequestFields::ReadNullableNamed},
                                      {"name", &RequestFields::ReadNullableToolName}};
  return ReadMembers(kFields, "an object");
}

bool RequestFields::ReadNullableNamed() { return TakeNull() || ReadNamed(); }

bool RequestFields::ReadNamed() {
  static constexpr Field kFields[] = {{"name", &RequestFields::ReadToolName}};
  return ReadMembers(kFields, "an object with a name");
}

bool RequestFields::ReadNullableToolName() { return TakeNull() || ReadToolName(); }

bool RequestFields::ReadToolName() {
  std::string_view name;
  if (!ReadString(name, "a string")) return false;
  signals_.tool_names.push_back(name);
  return true;
}

bool RequestFields::ReadResponseFormat() {
  static constexpr Field kFields[] = {{"type", &RequestFields::ReadResponseFormatType}};
  return TakeNull() || ReadMembers(kFields, "an object such as {\"type\": \"json_object\"}");
}

bool RequestFields::ReadResponseFormatType() {
  std::string_view type;
  if (!ReadString(type, "\"text\", \"json_object\" or \"json_schema\"")) return false;
  signals_.uses_json_schema = type == "json_schema";
  return true;
}

bool RequestFields::ReadServiceTier() {
  return ReadNullableString(signals_.service_tier, "a string such as \"auto\", or null");
}

bool RequestFields::ReadPromptCacheKey() {
  return ReadNullableString(signals_.session_id, "a string, or null");
}

bool RequestFields::ReadReasoningEffort() {
  return ReadNullableString(signals_.reasoning_effort, "a string such as \"low\", or null");
}

// Policies may look at any entry: one that is no string is there, with an empty text. A repeated
// one counts with each of its values.
bool RequestFields::ReadMetadata() {
  if (TakeNull()) return true;
  if (cursor_.Peek() != '{') return Wrong("an object of strings, or null");
  bool has_class = false;
  return cursor_.TakeObject([&](std::string_view name) {
    if (name == "class") return ReadMetadataClass(has_class);
    std::string_view value;
    if (!(cursor_.Peek() == '"' ? cursor_.TakeString(value) : cursor_.SkipValue())) return false;
    signals_.metadata.emplace_back(name, value);
    return true;
  });
}

bool RequestFields::ReadMetadataClass(bool& seen) {
  Push({"class"});
  if (seen) return Refuse({" is given twice; give it once."});
  seen = true;
  if (!ReadNullableString(signals_.metadata_class, "a string such as \"batch\", or null")) {
    return false;
  }
  signals_.metadata.emplace_back("class", signals_.metadata_class);
  Pop();
  return true;
}

bool RequestFields::ReadModalities() {
  if (TakeNull()) return true;
  return ReadElements("an array of strings such as [\"text\"]", [this] {
    std::string_view modality;
    if (!ReadString(modality, "a string such as \"text\"")) return false;
    signals_.uses_audio = signals_.uses_audio || modality == "audio";
    return true;
  });
}

bool RequestFields::ReadAudioOutput() {
  if (TakeNull()) return true;
  if (cursor_.Peek() != '{') return Wrong("an object with voice and format, or null");
  signals_.uses_audio = true;
  return cursor_.SkipValue();
}

}  // namespace headgate::gateway
