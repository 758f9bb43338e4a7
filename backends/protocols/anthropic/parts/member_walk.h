#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"

namespace headgate::backends::anthropic {

// Reads the values of a request's body, and says what is wrong with them and where. Every step
// returns true, or false with problem() set. null counts as absent: steps for members never see it.
// Worker-bound; one use.
class MemberWalk {
 public:
  using Value = simdjson::ondemand::value;
  static constexpr std::size_t kMostMembers = 64;  // of an object that is read

  explicit MemberWalk(DroppedFields& dropped) : dropped_(dropped) {}

  const BodyProblem& problem() const { return problem_; }

  // `type` is what the value must be, in words.
  //
  // Calls member(key, value) for each member of an object.
  template <typename Member>
  bool Members(Value value, std::string_view type, Member&& member);
  template <typename Member>
  bool Members(simdjson::ondemand::object object, Member&& member);
  // Calls element(value) for each element of an array.
  template <typename Element>
  bool Elements(Value value, std::string_view type, Element&& element);
  bool Text(Value value, std::string& text);
  bool Flag(Value value, bool& flag);
  // A whole number, 0 to 10^12.
  bool Count(Value value, std::optional<std::int64_t>& count);
  bool Number(Value value, std::string& literal);      // as written
  bool RawObject(Value value, std::string& raw_json);  // as written
  // Reads one text of an object, and leaves the value as it was. `text` is empty if it is absent.
  bool MemberText(Value value, const char* name, std::string& text);

  bool Wrong(Value value, std::string_view type);  // "<path> must be <type>, not <what it is>."
  bool Refuse(std::initializer_list<std::string_view> message);  // behind the path
  bool Missing(std::string_view name, std::string_view example);
  // "<path> <what> needs a backend that speaks Anthropic's Messages; …"
  bool NeedsMessages(std::string_view what);
  // Notes that a member was left out. A name that may not stand in a header is not shown.
  bool Drop(std::string_view prefix, std::string_view name);

 private:
  bool NoteMember(std::string_view key, std::span<std::string_view> seen, std::size_t& count);

  DroppedFields& dropped_;
  BodyProblem problem_;
  std::string path_;
};

template <typename Member>
bool MemberWalk::Members(Value value, std::string_view type, Member&& member) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return Wrong(value, type);
  return Members(object, member);
}

template <typename Member>
bool MemberWalk::Members(simdjson::ondemand::object object, Member&& member) {
  std::array<std::string_view, kMostMembers> seen;
  std::size_t count = 0;
  const std::size_t size = path_.size();
  for (auto field : object) {
    std::string_view key;
    Value inner;
    // A key that is not a text cannot be a name that is read.
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) key = "?";
    if (field.value().get(inner) != simdjson::SUCCESS) return Refuse({" is not valid JSON."});
    if (!path_.empty()) path_ += '.';
    path_ += key;
    if (!NoteMember(key, seen, count)) return false;
    if (json::TokenOf(inner) != "null" && !member(key, inner)) return false;
    path_.resize(size);
  }
  return true;
}

template <typename Element>
bool MemberWalk::Elements(Value value, std::string_view type, Element&& element) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return Wrong(value, type);
  const std::size_t size = path_.size();
  std::size_t index = 0;
  for (auto item : array) {
    Value inner;
    if (item.get(inner) != simdjson::SUCCESS) return Refuse({" is not valid JSON."});
    path_ += '[' + std::to_string(index++) + ']';
    if (!element(inner)) return false;
    path_.resize(size);
  }
  return true;
}

}  // namespace headgate::backends::anthropic
