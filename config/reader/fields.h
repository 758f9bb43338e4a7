#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/reader/json_schema.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// The structure of the configuration is data: one table of fields per mapping. A field has a key,
// whether it is required, a *value type* (what a value looks like and how it is read) and one line
// of documentation. The reader walks these tables, and the JSON Schema for editors
// (ConfigurationSchema) is made from them, so what is accepted and what is documented cannot
// diverge.
//
// A value type is a type with
//   static constexpr std::string_view kExpects;            // "a duration such as 250ms or 2s"
//   static bool Read(const Value& value, Out& out);        // false after reporting what is wrong
//   static Json JsonSchema(Definitions& definitions);      // the same for editors (json_schema.h)
// All of it is stateless and thread-safe.

template <typename T>
struct Field {
  std::string_view key;
  bool required;
  std::string_view expects;
  std::string_view documentation;
  bool (*read)(const Value& value, T& object);
  Json (*json_schema)(Definitions& definitions);
};

// Sets an optional member only when the value is valid.
template <typename ValueType, typename Out>
bool ReadInto(const Value& value, Out& out) {
  return ValueType::Read(value, out);
}
template <typename ValueType, typename Inner>
bool ReadInto(const Value& value, std::optional<Inner>& out) {
  Inner inner{};
  if (!ValueType::Read(value, inner)) return false;
  out = std::move(inner);
  return true;
}

// What a field can point to besides a member: the object itself, and a member of a member.
struct Itself {
  template <typename T>
  constexpr T& operator()(T& object) const {
    return object;
  }
};
inline constexpr Itself kItself;
template <auto outer, auto inner>
struct Through {
  template <typename T>
  constexpr auto& operator()(T& object) const {
    return std::invoke(inner, std::invoke(outer, object));
  }
};

// A field of T whose value goes where `Where` points: a member pointer or one of the above.
template <typename T, auto Where, typename ValueType>
constexpr Field<T> Optional(std::string_view key, std::string_view documentation) {
  return {key,
          false,
          ValueType::kExpects,
          documentation,
          [](const Value& value, T& object) {
            return ReadInto<ValueType>(value, std::invoke(Where, object));
          },
          &ValueType::JsonSchema};
}

template <typename T, auto Where, typename ValueType>
constexpr Field<T> Required(std::string_view key, std::string_view documentation) {
  Field<T> field = Optional<T, Where, ValueType>(key, documentation);
  field.required = true;
  return field;
}

template <typename T>
bool ReadFields(const Value& value, std::span<const Field<T>> fields, T& object) {
  if (!value.IsMapping()) {
    std::vector<std::string_view> keys;
    for (const Field<T>& known : fields) keys.push_back(known.key);
    return value.FailType(MappingWith(keys));
  }
  const std::size_t before = value.context().problems();
  for (const Value& entry : value.Children()) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field<T>& known) {
      return known.key == entry.key();
    });
    if (field != fields.end()) {
      field->read(entry, object);
      continue;
    }
    std::vector<std::string> keys;
    for (const Field<T>& known : fields) keys.emplace_back(known.key);
    entry.Fail("is not a known key",
               InsteadOfKey({entry.path(), entry.key(), entry.node().text}, keys));
  }
  for (const Field<T>& field : fields) {
    if (!field.required) continue;
    const auto& entries = value.node().children;
    const bool present = std::any_of(entries.begin(), entries.end(),
                                     [&](const YamlNode& entry) { return entry.key == field.key; });
    if (!present) {
      value.Fail(Concat("has no `", field.key, "`"),
                 Concat("add `", field.key, ":` with ", field.expects));
    }
  }
  return value.context().problems() == before;
}

template <typename Fields>
Json SchemaOfFields(const Fields& fields, Definitions& definitions) {
  ObjectSchema schema;
  for (const auto& field : fields) {
    schema.Add(field.key, field.required, field.documentation, field.json_schema(definitions));
  }
  return schema.Take();
}

// A mapping with the fields of `table`, an array of Field<T>. Sets `location` and `path` of an
// object that has them.
template <const auto& table>
struct Mapping {
  static constexpr std::string_view kExpects = "a mapping";

  template <typename T>
  static bool Read(const Value& value, T& object) {
    if constexpr (requires { object.location = value.location(); })
      object.location = value.location();
    if constexpr (requires { object.path = value.path(); }) object.path = value.path();
    return ReadFields(value, std::span<const Field<T>>(table), object);
  }
  static Json JsonSchema(Definitions& definitions) { return SchemaOfFields(table, definitions); }
};

// A nested mapping whose fields belong to the object around it: `cost: {per_replica_hour: 2}`.
template <typename T, const auto& table>
constexpr Field<T> Nested(std::string_view key, std::string_view documentation) {
  return {key,
          false,
          Mapping<table>::kExpects,
          documentation,
          [](const Value& value, T& object) {
            return ReadFields(value, std::span<const Field<T>>(table), object);
          },
          &Mapping<table>::JsonSchema};
}

// A list of items of one value type. Invalid items are kept, so that indices agree with the file.
template <typename Item>
struct ListOf {
  static constexpr std::string_view kExpects = "a list ([a, b], or one `- ` line each)";

  template <typename T>
  static bool Read(const Value& value, std::vector<T>& out) {
    if (!value.IsList()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    out.clear();
    for (const Value& item : value.Children()) {
      T object{};
      Item::Read(item, object);
      out.push_back(std::move(object));
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return ListSchema(Item::JsonSchema(definitions));
  }
};

// One item, or a list of them; an empty list is refused, because some readers take it for "all" and
// others for "none".
template <typename Item>
struct OneOrMore {
  static constexpr std::string_view kExpects = Item::kExpects;

  template <typename T>
  static bool Read(const Value& value, std::vector<T>& out) {
    if (value.IsList()) {
      if (value.node().children.empty()) {
        return value.Fail("is an empty list", Concat("remove it, or write ", kExpects));
      }
      return ListOf<Item>::Read(value, out);
    }
    T object{};
    if (!Item::Read(value, object)) return false;
    out.clear();
    out.push_back(std::move(object));
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    Json item = Item::JsonSchema(definitions);
    Json list = ListSchema(item, false);
    return AnyOfSchema({std::move(item), std::move(list)});
  }
};

}  // namespace headgate::config
