#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headgate::config {

// A JSON value to be written: a plain tree whose members keep their order, so that the same input
// gives the same bytes. Not a library, which would be one more dependency of this folder.
// Thread-compatible.
struct Json {
  struct Member;
  using Items = std::vector<Json>;
  using Members = std::vector<Member>;

  static Json Flag(bool flag);
  static Json Number(std::int64_t number);
  static Json Text(std::string_view text);
  static Json List(Items items);
  static Json Texts(const std::vector<std::string_view>& texts);
  static Json Object(Members members);

  // Appends a member. REQUIRES: the value is an object.
  Json& Add(std::string_view key, Json json);

  std::variant<bool, std::int64_t, std::string, Items, Members> value;
};

struct Json::Member {
  std::string key;
  Json value;
};

// Appends `text` in quotes, escaped as RFC 8259 §7 requires.
void AppendQuoted(std::string_view text, std::string& out);

// The JSON text, indented by two spaces; a value that fits on a line of 100 characters is written
// on one line. Does not end with a newline.
std::string Pretty(const Json& json);

}  // namespace headgate::config
