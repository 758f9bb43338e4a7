#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/values/body_problem.h"

namespace headgate::backends::json {

// Reads the members of a document that are needed, as tables of name and reader. Members that are
// in no table are skipped. A class for one kind of document derives from it and has the tables.
// Every step takes one value from the cursor and returns true. A step that fails returns false with
// problem() set, or with the cursor's fault() set if the text is not JSON. Duplicates of a table's
// names are refused at every level. Worker-bound; one use.
class FieldReader {
 public:
  explicit FieldReader(JsonCursor& cursor) : cursor_(cursor) {}

  const BodyProblem& problem() const { return problem_; }

 protected:
  template <typename Body>
  struct Field {
    std::string_view name;
    bool (Body::*read)();
  };

  // `type` is always what the value must be, in words.
  //
  // Reads the members of an object; at most 32 of them are in the table. `body` is *this.
  template <typename Body>
  bool ReadMembers(Body& body, std::type_identity_t<std::span<const Field<Body>>> fields,
                   std::string_view type);
  // Calls element() at each element of an array, with its index on the path.
  template <typename Element>
  bool ReadElements(std::string_view type, Element&& element);
  // Takes a null, which means absent. Returns false if the value is something else.
  bool TakeNull();
  bool ReadString(std::string_view& text, std::string_view type);
  bool ReadNullableString(std::string_view& text, std::string_view type);
  bool ReadNullableBool(bool& value);
  bool ReadInteger(std::int64_t least, std::int64_t most, std::string_view type,
                   std::optional<std::int64_t>& value);

  bool Wrong(std::string_view type);  // "<path> must be <type>, not <what it is>."
  bool Refuse(std::initializer_list<std::string_view> message);  // behind the path
  // "<path>.<name> is missing; send one, such as <example>."
  bool Missing(std::string_view name, std::string_view example);

  // One step of the path to the value that is being read. `name` outlives the reader.
  struct Step {
    std::string_view name;
    std::size_t index = 0;  // used if `name` is empty
  };
  void Push(Step step) { path_[path_size_++] = step; }
  void Pop() { --path_size_; }

  JsonCursor& cursor_;

 private:
  static constexpr std::size_t kMaxSteps = 16;  // the deepest table of a body has 12

  bool NotePresent(std::string_view name, std::size_t index, std::uint32_t& seen);
  std::string Path() const;

  BodyProblem problem_;
  std::array<Step, kMaxSteps> path_;
  std::size_t path_size_ = 0;
};

template <typename Body>
bool FieldReader::ReadMembers(Body& body, std::type_identity_t<std::span<const Field<Body>>> fields,
                              std::string_view type) {
  if (cursor_.Peek() != '{') return Wrong(type);
  std::uint32_t seen = 0;
  return cursor_.TakeObject([&](std::string_view key) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (key != fields[i].name) continue;
      if (!NotePresent(fields[i].name, i, seen) || !(body.*fields[i].read)()) return false;
      Pop();
      return true;
    }
    return cursor_.SkipValue();
  });
}

template <typename Element>
bool FieldReader::ReadElements(std::string_view type, Element&& element) {
  if (cursor_.Peek() != '[') return Wrong(type);
  Push({{}, 0});
  const std::size_t at = path_size_ - 1;
  const bool good = cursor_.TakeArray([&] {
    if (!element()) return false;
    ++path_[at].index;
    return true;
  });
  if (good) Pop();
  return good;
}

}  // namespace headgate::backends::json
