#include "backends/protocols/openai/request/shared_fields.h"

#include <algorithm>

namespace headgate::backends::openai {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1}
                                     << 40;  // far above any context, far from overflow
constexpr std::int64_t kMostChoices = 128;   // the vendor's limit of `n`

}  // namespace

bool SharedFields::EndRoot() {
  if (!cursor_.AtEnd()) return cursor_.Fail("something follows the object");
  view_.splice.add_usage = facts_.stream && !facts_.wants_usage;
  if (!path_model_.empty()) TakePathModel();
  if (!facts_.stream) {
    view_.splice.continuous_usage.reset();
    view_.splice.stream_options_member.reset();
  }
  const bool named = !view_.splice.model.empty() || !path_model_.empty();
  return named || Missing("model", "\"model\": \"auto\"");
}

// The body is sent with the model that the path names, whatever model it names itself.
void SharedFields::TakePathModel() {
  facts_.model = path_model_;
  if (!view_.splice.model.empty()) return;
  view_.splice.insert_model = true;
  view_.splice.model = {view_.splice.object_begin, view_.splice.object_begin};
}

bool SharedFields::ReadModel() {
  constexpr std::string_view kType = "a model's name as a string, such as \"auto\"";
  const std::size_t begin = cursor_.offset();
  if (!path_model_.empty() && TakeNull()) {
    view_.splice.model = {begin, cursor_.taken_end()};
    return true;
  }
  if (cursor_.Peek() != '"') return Wrong(kType);
  const std::size_t end = begin + cursor_.Literal().size();
  if (!cursor_.TakeString(facts_.model)) return false;
  if (facts_.model.empty() && path_model_.empty())
    return Refuse({" is empty; name a model, such as \"auto\"."});
  view_.splice.model = {begin, end};
  return true;
}

bool SharedFields::ReadStream() { return ReadNullableBool(facts_.stream); }

bool SharedFields::ReadStreamOptions() {
  static constexpr Field<SharedFields> kFields[] = {
      {"include_usage", &SharedFields::ReadIncludeUsage},
      {"continuous_usage_stats", &SharedFields::ReadContinuousUsage}};
  const std::size_t begin = cursor_.offset();
  if (TakeNull()) {
    view_.splice.stream_options = Span{begin, begin + 4};
  } else {
    if (!ReadMembers(*this, kFields, "an object such as {\"include_usage\": true}, or null"))
      return false;
    view_.splice.stream_options_is_object = true;
    view_.splice.stream_options_empty = cursor_.TookEmptyContainer();
    view_.splice.stream_options = Span{begin, cursor_.taken_end()};
  }
  bool alone = false;
  view_.splice.stream_options_member = TakenMember(begin, alone);
  return true;
}

bool SharedFields::ReadIncludeUsage() {
  const std::size_t begin = cursor_.offset();
  if (!ReadNullableBool(facts_.wants_usage)) return false;
  view_.splice.include_usage = Span{begin, cursor_.taken_end()};
  return true;
}

// Its value concerns the client and a backend that knows it; only its place matters here.
bool SharedFields::ReadContinuousUsage() {
  const std::size_t value = cursor_.offset();
  if (!cursor_.SkipValue()) return false;
  view_.splice.continuous_usage = TakenMember(value, view_.splice.continuous_usage_alone);
  return true;
}

// Returns the member whose value, at `value`, has just been taken, with the comma that is removed
// with it. Sets `alone` if the object has no other member.
Span SharedFields::TakenMember(std::size_t value, bool& alone) const {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string_view text = cursor_.text();
  // Goes back over the colon to the name, which holds no quote, however it is escaped.
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

bool SharedFields::ReadMaxTokens() { return ReadTokenLimit(facts_.max_tokens); }

bool SharedFields::ReadTokenLimit(std::optional<std::int64_t>& limit) {
  return TakeNull() || ReadInteger(0, kMostTokens, "an integer of 0 or more, such as 256", limit);
}

bool SharedFields::ReadCount(std::int64_t least, std::string_view type,
                             std::optional<std::int64_t>& count) {
  if (!ReadInteger(least, kMostChoices, type, count)) return false;
  facts_.choices = std::max(facts_.choices, static_cast<int>(*count));
  return true;
}

bool SharedFields::ReadChoices() {
  if (TakeNull()) return true;
  std::optional<std::int64_t> count;
  if (!ReadCount(1, "an integer from 1 to 128", count)) return false;
  facts_.answered_choices = static_cast<int>(*count);
  return true;
}

bool SharedFields::ReadText(TextRole role) {
  std::string_view text;
  if (!ReadString(text, "a string")) return false;
  facts_.text_bytes += text.size();
  if (!text.empty()) facts_.texts.push_back({role, text});
  return true;
}

bool SharedFields::ReadServiceTier() {
  return ReadNullableString(facts_.service_tier, "a string such as \"auto\", or null");
}

// Policies may look at any entry. An entry that is not a string counts as an empty text, and a
// repeated entry counts with each of its values.
bool SharedFields::ReadMetadata() {
  if (TakeNull()) return true;
  if (cursor_.Peek() != '{') return Wrong("an object of strings, or null");
  bool has_class = false;
  return cursor_.TakeObject([&](std::string_view name) {
    if (name == "class") return ReadMetadataClass(has_class);
    std::string_view value;
    if (!(cursor_.Peek() == '"' ? cursor_.TakeString(value) : cursor_.SkipValue())) return false;
    facts_.metadata.emplace_back(name, value);
    return true;
  });
}

bool SharedFields::ReadMetadataClass(bool& seen) {
  Push({"class"});
  if (seen) return Refuse({" is given twice; give it once."});
  seen = true;
  if (!ReadNullableString(facts_.metadata_class, "a string such as \"batch\", or null")) {
    return false;
  }
  facts_.metadata.emplace_back("class", facts_.metadata_class);
  Pop();
  return true;
}

}  // namespace headgate::backends::openai
