#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/json/white_space.h"

namespace headgate::backends::json {

// Returns the token that a value begins with: a whole text with its quotes, a number, a word, or
// one bracket. The value stays unread.
inline std::string_view TokenOf(simdjson::ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && IsSpace(token.back())) token.remove_suffix(1);
  return token;
}

// The most that is taken for a count of tokens.
inline constexpr std::int64_t kMostTokens = 1'000'000'000'000;

// Returns a count of tokens, 0 to kMostTokens, or nullopt if the value is not one. Servers that
// keep numbers as doubles write 12.0 for 12.
std::optional<std::int64_t> ReadTokenCount(simdjson::ondemand::value value);

// Reads a JSON object of a backend, member by member, with a parser that belongs to the thread. One
// object at a time: member() must not read another one. Brackets and strings are checked to the
// end; values that are not taken are only skipped. A byte-order mark before the object is skipped.
// Thread-safe.
class ObjectReader {
 public:
  // Bytes that must be readable behind a text that is read in place.
  static constexpr std::size_t kPadding = 64;

  // Calls member(key, value) for each member of `json`. Returns whether `json` is one whole object
  // and each call returned true.
  template <typename Member>
  static bool Read(std::string_view json, Member&& member);

  // The same without padding: copies `json` to memory of the thread first.
  template <typename Member>
  static bool ReadCopied(std::string_view json, Member&& member);

 private:
  // Begins to read. Returns false if there is no object.
  static bool Open(std::string_view json, simdjson::ondemand::document& document,
                   simdjson::ondemand::object& members);
  static bool IsAtEnd(simdjson::ondemand::document& document);
  static std::string_view Copy(std::string_view json);
  // Free memory that is more than a thread should keep.
  static void TrimParser();
  static void TrimCopy();
};

template <typename Member>
bool ObjectReader::Read(std::string_view json, Member&& member) {
  const auto read = [&] {
    simdjson::ondemand::document document;
    simdjson::ondemand::object members;
    if (!Open(json, document, members)) return false;
    for (auto field : members) {
      std::string_view key;
      simdjson::ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (field.value().get(value) != simdjson::SUCCESS || !member(key, value)) return false;
    }
    return IsAtEnd(document);
  };
  const bool good = read();
  TrimParser();
  return good;
}

template <typename Member>
bool ObjectReader::ReadCopied(std::string_view json, Member&& member) {
  const bool good = Read(Copy(json), member);
  TrimCopy();
  return good;
}

}  // namespace headgate::backends::json
