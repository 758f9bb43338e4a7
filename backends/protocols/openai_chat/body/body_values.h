#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "backends/protocols/json/members.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"

namespace headgate::backends::openai_chat {

using JsonValue = simdjson::ondemand::value;

// A step of the path to a value: the name of a member, or the index of an element. The root has
// neither. Names and parents outlive the step.
struct Path {
  const Path* parent = nullptr;
  std::string_view name = {};
  std::size_t index = 0;
};

using json::TokenOf;

class BodyValues;

template <typename Target>
struct Member {
  std::string_view name;
  bool (*read)(BodyValues& values, JsonValue value, const Path& path, Target& target);
};

// Reads the values of a client's body that has to be translated. Each step returns false with
// problem() set if the value is not what `type` says in words. A null member is absent; a null that
// is an element is a wrong type. Worker-bound; one use.
class BodyValues {
 public:
  explicit BodyValues(DroppedFields& dropped) : dropped_(dropped) {}

  const BodyProblem& problem() const { return problem_; }

  bool Text(JsonValue value, const Path& path, std::string_view type, std::string& text);
  bool Flag(JsonValue value, const Path& path, bool& flag);
  // Keeps a number as it is written.
  bool Number(JsonValue value, const Path& path, std::string& text);
  bool Integer(JsonValue value, const Path& path, std::int64_t& number);
  // Keeps an object as it is written.
  bool RawObject(JsonValue value, const Path& path, std::string& json);

  // Reads the members of an object that `members` names, at most 64. Names the other members as
  // dropped, unless they are null or empty.
  template <typename Target>
  bool Object(JsonValue value, const Path& path, std::string_view type,
              std::type_identity_t<std::span<const Member<Target>>> members, Target& target);
  // Calls element(value, path) for each element of an array.
  template <typename Element>
  bool Elements(JsonValue value, const Path& path, std::string_view type, Element&& element);

  // "<path> must be <type>, not <what it is>."
  bool Wrong(JsonValue value, const Path& path, std::string_view type);
  // `message` stands behind the path.
  bool Refuse(const Path& path, std::string_view message);
  // "<path> needs a backend that speaks chat completions; this request would be translated."
  bool NeedsChat(const Path& path);
  void Drop(const Path& path);

 private:
  bool TakeObject(JsonValue value, const Path& path, std::string_view type,
                  simdjson::ondemand::object& object);
  bool Broken(const Path& path);
  bool Repeated(const Path& path);

  BodyProblem problem_;
  DroppedFields& dropped_;
};

// Returns whether a value is null, [] or {}.
bool SaysNothing(JsonValue value);

template <typename Target>
bool BodyValues::Object(JsonValue value, const Path& path, std::string_view type,
                        std::type_identity_t<std::span<const Member<Target>>> members,
                        Target& target) {
  simdjson::ondemand::object object;
  if (!TakeObject(value, path, type, object)) return false;
  std::uint64_t seen = 0;
  for (auto field : object) {
    std::string_view key;
    JsonValue member;
    // A key with half a surrogate pair is nobody's member.
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) key = "?";
    if (field.value().get(member) != simdjson::SUCCESS) return Broken(path);
    const Path at{.parent = &path, .name = key};
    std::size_t i = 0;
    while (i < members.size() && members[i].name != key) ++i;
    if (i == members.size()) {
      if (!SaysNothing(member)) Drop(at);
      continue;
    }
    if ((seen >> i & 1) != 0) return Repeated(at);
    seen |= std::uint64_t{1} << i;
    if (TokenOf(member) != "null" && !members[i].read(*this, member, at, target)) return false;
  }
  return true;
}

template <typename Element>
bool BodyValues::Elements(JsonValue value, const Path& path, std::string_view type,
                          Element&& element) {
  simdjson::ondemand::array array;
  if (!TokenOf(value).starts_with('[')) return Wrong(value, path, type);
  if (value.get_array().get(array) != simdjson::SUCCESS) return Broken(path);
  std::size_t index = 0;
  for (auto item : array) {
    JsonValue one;
    if (item.get(one) != simdjson::SUCCESS) return Broken(path);
    if (!element(one, Path{.parent = &path, .index = index})) return false;
    ++index;
  }
  return true;
}

}  // namespace headgate::backends::openai_chat
