#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/json.h"

namespace headgate::config {

// What a value looks like, as JSON Schema (draft-07, which editors know best) says it. A shape is
// never stricter than the reader: where a rule cannot be said exactly it is left to
// `headgate check`. Scalars take `${NAME}` in place of any part of them, which is not judged.
// Stateless but for Definitions, and thread-compatible.

// The shapes that are said once and referred to; conditions, which nest, can be said in no other
// way.
class Definitions {
 public:
  // A reference to the definition `name`; `make` makes it at its first use.
  Json Use(std::string_view name, Json (*make)(Definitions& definitions));

  // Everything used so far, in the order of names.
  Json Take();

 private:
  std::map<std::string, Json, std::less<>> known_;
};

// A text, or a number or flag that is read as one. With `pattern`, a regular expression over the
// whole of it, texts must match.
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

// One of several shapes.
Json AnyOfSchema(Json::Items schemas);

// A mapping whose keys are the operator's own; all match `key_pattern` unless it is empty.
Json MapSchema(std::string_view key_pattern, Json value);

// A mapping of known keys, put together one by one.
class ObjectSchema {
 public:
  void Add(std::string_view key, bool required, std::string_view documentation, Json schema);
  Json Take();

 private:
  Json::Members properties_;
  Json::Items required_;
};

}  // namespace headgate::config
