#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::backends::anthropic {

// What the readers of this folder need of JSON besides simdjson's iteration. Pure and thread-safe,
// but for JsonText.

// Writes the text of a JSON string to `text`. Half a surrogate pair becomes U+FFFD, for which
// simdjson fails. Returns false if the value is not a string, or has a malformed escape.
bool TextOf(simdjson::ondemand::value value, std::string& text);

// Like TextOf, for the token of a string as RawToken returns it.
bool TextOfToken(std::string_view token, std::string& text);

// Returns a scalar as it is written, without white space around it.
std::string_view RawToken(simdjson::ondemand::value& value);

// Returns a value of any type as it is written. Empty if its brackets do not match.
std::string_view RawJson(simdjson::ondemand::value value);

// Returns whether `text` is one number by the grammar of RFC 8259.
bool IsJsonNumber(std::string_view text);

// Returns whether `text` is one object of valid JSON, nested at most 512 deep. Checks all of it but
// UTF-8, which simdjson leaves to whoever reads the values.
bool IsJsonObject(std::string_view text);

// Returns whether an object has a member. REQUIRES: IsJsonObject(object).
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
