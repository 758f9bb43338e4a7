#include "backends/protocols/openai/request/shared_fields.h"

#include <algorithm>

namespace headgate::backends::openai {
namespace {

constexpr std::int64_t kMostChoices = 128;  // the vendor's limit of `n`

}  // namespace

bool SharedFields::EndRoot() {
  view_.splice.add_usage = facts_.stream && !facts_.wants_usage;
  if (!facts_.stream) {
    view_.splice.continuous_usage.reset();
    view_.splice.stream_options_member.reset();
  }
  return BodyFields::EndRoot();
}

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

}  // namespace headgate::backends::openai
