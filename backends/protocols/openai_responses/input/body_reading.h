#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"

namespace headgate::backends::openai_responses {

// What is common to all parts of a request's body: each step reads one value and returns true, or
// returns false with problem() set. `path` names the place of the value, such as "input[2].content"
// (empty: the body itself). Null counts as absent. One use.
class BodyReading {
 public:
  explicit BodyReading(DroppedFields& dropped) : dropped_(dropped) {}

  const std::optional<BodyProblem>& problem() const { return problem_; }

  // "<path> must be <type>, not <what it is>." `type` may go on with what to write instead.
  bool Wrong(std::string_view path, std::string_view type, std::string_view value);
  // "<path> <message>."
  bool Refuse(std::string_view path, std::string_view message);
  // For what only OpenAI can do: "<path> <what> needs a backend that speaks the Responses API; this
  // request would be translated."
  bool NeedsResponses(std::string_view path, std::string_view what);

  // Reads an object, and refuses a member that is there twice.
  bool Object(std::string_view value, std::string_view path, json::Members& members);
  // A member that is absent leaves `text` as it is.
  bool Text(const json::Members& from, std::string_view name, std::string_view path,
            std::string& text);
  // A member that must be there, and not be empty.
  bool NeededText(const json::Members& from, std::string_view name, std::string_view path,
                  std::string& text);
  bool Bool(const json::Members& from, std::string_view name, std::string_view path,
            std::optional<bool>& flag);
  // Keeps the number as it is written.
  bool Number(const json::Members& from, std::string_view name, std::string_view path,
              std::string& number);
  // A whole number of at least `least`.
  bool Integer(const json::Members& from, std::string_view name, std::string_view path,
               std::int64_t least, std::optional<std::int64_t>& number);
  // Keeps an object as it is written.
  bool KeptObject(const json::Members& from, std::string_view name, std::string_view path,
                  std::string& text);

  void Drop(std::string_view name) { NoteDropped(std::string(name), dropped_); }
  // Drops the members that are neither null nor in `known`, as "<prefix><name>".
  void DropOthers(const json::Members& members, std::initializer_list<std::string_view> known,
                  std::string_view prefix);

 private:
  DroppedFields& dropped_;
  std::optional<BodyProblem> problem_;
};

// "input" and "role" are "input.role"; "" and "input" are "input".
std::string MemberPath(std::string_view path, std::string_view name);
std::string ElementPath(std::string_view path, std::size_t index);

}  // namespace headgate::backends::openai_responses
