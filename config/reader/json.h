#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headgate::config {

// JSON that we write: a plain tree whose members keep their order, so that the same input gives
// the same bytes. A library for it would be this folder's only other dependency. Thread-compatible.
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

  // REQUIRES: it is an object.
  Json& Add(std::string_view key, Json json);

  std::variant<bool, std::int64_t, std::string, Items, Members> value;
};

struct Json::Member {
  std::string key;
  Json value;
};

// `text` in quotes, with what RFC 8259 §7 wants escaped.
void AppendQuoted(std::string_view text, std::string& out);

// Indented by two spaces; what fits on a line of 100 characters stands on one. Ends without a
// newline.
std::string Pretty(const Json& json);

}  // namespace headgate::config
