#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simdjson.h"

namespace headgate::gateway {

// The lists and objects of recordings. Pure.

// --- writing -------------------------------------------------------------------------------------

// Appends `name` and [item,item]; `append` appends one item. `name` is such as `,"targets":`.
template <typename Items, typename Append>
void List(std::string_view name, const Items& items, std::string& out, Append append) {
  out.append(name).append("[");
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += ']';
}

// --- reading -------------------------------------------------------------------------------------

// Each function returns false as soon as a value is not valid.

// Calls `read` with each element of a list.
template <typename Read>
bool ForEach(simdjson::ondemand::value from, Read read) {
  simdjson::ondemand::array elements;
  if (from.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto element : elements) {
    simdjson::ondemand::value item;
    if (element.get(item) != simdjson::SUCCESS || !read(item)) return false;
  }
  return true;
}

// Calls `read` with each key of an object and its value.
template <typename Read>
bool ForEachField(simdjson::ondemand::object& fields, Read read) {
  for (auto field : fields) {
    std::string_view key;
    simdjson::ondemand::value item;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(item) != simdjson::SUCCESS || !read(key, item)) {
      return false;
    }
  }
  return true;
}

// Calls `read` with each element of a list and a new item of `out`.
template <typename T, typename Read>
bool ReadList(simdjson::ondemand::value from, std::vector<T>& out, Read read) {
  return ForEach(from,
                 [&](simdjson::ondemand::value item) { return read(item, out.emplace_back()); });
}

}  // namespace headgate::gateway
