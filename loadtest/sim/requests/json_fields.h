// Reading members of JSON objects, and refusing those that are wrong. Used by the readers of this
// folder alone: a refusal travels as an exception from a reader to ParseCompletionRequest.
// *stateless*
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

// The member, or null if it is missing or JSON null.
const boost::json::value* Member(const boost::json::object& object, std::string_view name);

// The member as text, empty if it is missing. Another type is refused.
std::string_view TextMember(const boost::json::object& object, std::string_view name);

// The member as text, empty if it is missing or has another type.
std::string_view TextOrNone(const boost::json::object& object, std::string_view name);

// The member, false if it is missing. Another type is refused.
bool FlagMember(const boost::json::object& object, std::string_view name);

// The member as a whole number of at least `least`; another value is refused.
std::optional<std::int64_t> CountMember(const boost::json::object& object, std::string_view name,
                                        std::int64_t least);

// The member if it is an object or an array, else null.
const boost::json::object* ObjectMember(const boost::json::object& object, std::string_view name);
const boost::json::array* ArrayMember(const boost::json::object& object, std::string_view name);

// Calls `each` with every text of a content: itself, or the `text` of its parts.
void ForEachText(const boost::json::value& content,
                 const std::function<void(std::string_view)>& each);

// Adds the texts of `content` to the prompt, and returns whether there were any.
bool CountTexts(const boost::json::value& content, CompletionRequest& request);

// A call of `name` with a small value for each property of `schema`, which may be null.
ToolCall ExampleCall(std::string_view name, const boost::json::value* schema);

}  // namespace headgate::loadtest::sim
