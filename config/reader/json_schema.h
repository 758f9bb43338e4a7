#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/json.h"

namespace headgate::config {

// Builds JSON Schemas (draft-07, which editors support best) of values. A schema is never stricter
// than the reader: a rule that it cannot express exactly is left to `headgate check`. Scalars may
// have `${NAME}` in place of any part, and are then not judged. Stateless but for Definitions, and
// thread-compatible.

// Schemas that are written once and referred to. Conditions nest, so they need this.
class Definitions {
 public:
  // A reference to the definition `name`; `make` makes it at its first use.
  Json Use(std::string_view name, Json (*make)(Definitions& definitions));

  // All definitions used so far, sorted by name.
  Json Take();

 private:
  std::map<std::string, Json, std::less<>> known_;
};

// A text, or a number or flag that is read as a text. `pattern` is a regular expression that the
// whole text must match.
Json AnyTextSchema(std::string_view pattern = {});

// A text that matches `pattern`.
Json TextSchema(std::string_view pattern);

// A number, or a text that matches `pattern`.
struct Range {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
};
Json NumberSchema(std::string_view type, Range range, std::string_view pattern);

// One of `words`.
Json EnumSchema(const std::vector<std::string_view>& words);

Json ListSchema(Json item, bool may_be_empty = true);

// A value that matches at least one of the schemas.
Json AnyOfSchema(Json::Items schemas);

// A mapping with arbitrary keys, which all match `key_pattern` unless it is empty.
Json MapSchema(std::string_view key_pattern, Json value);

// A mapping of known keys, added one by one.
class ObjectSchema {
 public:
  void Add(std::string_view key, bool required, std::string_view documentation, Json schema);
  Json Take();

 private:
  Json::Members properties_;
  Json::Items required_;
};

}  // namespace headgate::config
