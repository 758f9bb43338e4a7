#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::backends::anthropic {

// What the readers of this protocol need of JSON besides backends/protocols/json. Pure and
// thread-safe, but for JsonText.

// Returns a value of any type as it is written. Empty if its brackets do not match.
std::string_view RawJson(simdjson::ondemand::value value);

// Returns whether an object has a member. REQUIRES: json::IsWholeObject(object).
bool HasMember(std::string_view object, std::string_view name);

// The bytes and the parser of one JSON text, reused from text to text. Worker-bound.
class JsonText {
 public:
  // Copies `json`, because simdjson reads a little over its end. Returns false if it does not begin
  // as an object or is not UTF-8. `root` is valid until the next Open.
  bool Open(std::string_view json, simdjson::ondemand::object& root);
  // Frees the memory of an unusual text.
  void Trim();

 private:
  static constexpr std::size_t kLargestKept = 1u << 20;

  std::string copy_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
};

}  // namespace headgate::backends::anthropic
