// Reads members of JSON objects, and refuses wrong values. Only the readers of this folder use it:
// they throw a refusal as an exception, and ParseCompletionRequest catches it. *stateless*
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

struct Refused {
  Refusal refusal;
};

// Throws Refused with status 400.
[[noreturn]] void RefuseBody(std::string message, std::string param, std::string code = {});

inline std::string_view TextOf(const boost::json::string& text) {
  return {text.data(), text.size()};
}

// Returns the member, or null if it is missing or JSON null.
const boost::json::value* Member(const boost::json::object& object, std::string_view name);

// Returns the member as text. A missing member is an empty text; another type is refused.
std::string_view TextMember(const boost::json::object& object, std::string_view name);

// Returns the member as text. A missing member, or a member of another type, is an empty text.
std::string_view TextOrNone(const boost::json::object& object, std::string_view name);

// Returns the member. A missing member is false; another type is refused.
bool FlagMember(const boost::json::object& object, std::string_view name);

// Returns the member as an integer of at least `least`, or nullopt if it is missing. Another value
// is refused.
std::optional<std::int64_t> CountMember(const boost::json::object& object, std::string_view name,
                                        std::int64_t least);

// Each returns the member if it is an object (or an array), otherwise null.
const boost::json::object* ObjectMember(const boost::json::object& object, std::string_view name);
const boost::json::array* ArrayMember(const boost::json::object& object, std::string_view name);

// Calls `each` with every text of a message's content: the content, or the `text` of its parts.
void ForEachText(const boost::json::value& content,
                 const std::function<void(std::string_view)>& each);

// Adds the texts of `content` to the prompt. Returns whether there is any text.
bool CountTexts(const boost::json::value& content, CompletionRequest& request);

// Returns a call of `name` with a small value for each property of `schema`, which may be null.
ToolCall ExampleCall(std::string_view name, const boost::json::value* schema);

}  // namespace headgate::loadtest::sim
