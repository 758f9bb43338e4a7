#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::backends::anthropic {

// The members of a content block, of a delta, or of a message, as they are written: tokens with
// their quotes, raw JSON. Empty: absent. One struct holds all, because no name means two things.
// Valid as long as the JSON text.
struct BlockFields {
  std::string_view type;
  std::string_view id;
  std::string_view name;
  std::string_view text;
  std::string_view thinking;
  std::string_view signature;
  std::string_view data;
  std::string_view partial_json;
  std::string_view input;  // an object
  std::string_view model;
  std::string_view stop_reason;
  std::string_view stop_sequence;
  std::string_view explanation;  // of stop_details: why the model refused
};

// Reads one member. Unknown members are skipped. Returns false if the JSON is broken.
bool ReadBlockField(std::string_view key, simdjson::ondemand::value value, BlockFields& fields);

// Reads all members of an object. Returns false if the JSON is broken.
bool ReadBlockFields(simdjson::ondemand::value value, BlockFields& fields);

// Reads a delta of text, thoughts or arguments that is written as Anthropic and most servers write
// it: without white space, and with its members in their usual order. That is nearly all of a
// stream, and costs a third of parsing it. Returns false if it is written otherwise, or if anything
// is wrong with it; the usual parser then decides. `fields` is empty before.
bool ReadPlainDelta(std::string_view json, std::int64_t& index, BlockFields& fields);

// Returns the text of a token; empty if it is absent, null or not a string. `buffer` holds it if
// the token has escapes.
std::string_view TokenText(std::string_view token, std::string& buffer);

// Returns the input of a call as an object: `input` itself, or the object in it if it is a text, as
// some servers write it. Empty if there is none. `buffer` holds it if the text has escapes.
std::string_view InputObject(std::string_view input, std::string& buffer);

}  // namespace headgate::backends::anthropic
