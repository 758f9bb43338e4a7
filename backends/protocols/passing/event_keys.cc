#include "backends/protocols/passing/event_keys.h"

#include <algorithm>
#include <cstddef>

#include "backends/protocols/json/white_space.h"

namespace headgate::backends {
namespace {

bool TakeToken(std::string_view token, std::string_view& rest) {
  while (!rest.empty() && json::IsSpace(rest.front())) rest.remove_prefix(1);
  if (!rest.starts_with(token)) return false;
  rest.remove_prefix(token.size());
  return true;
}

}  // namespace

std::string_view TypeAtFront(std::string_view json) {
  if (!TakeToken("{", json) || !TakeToken("\"type\"", json) || !TakeToken(":", json) ||
      !TakeToken("\"", json)) {
    return {};
  }
  const std::size_t end = json.find_first_of("\"\\");
  if (end == std::string_view::npos || json[end] != '"') return {};
  return json.substr(0, end);
}

bool HasTextIn(std::string_view json, std::initializer_list<std::string_view> names) {
  for (std::size_t colon = json.find(':'); colon != std::string_view::npos;
       colon = json.find(':', colon + 1)) {
    std::string_view value = json.substr(colon + 1);
    if (!TakeToken("\"", value) || value.starts_with('"')) continue;
    std::size_t close = colon;
    while (close > 0 && json::IsSpace(json[close - 1])) --close;
    if (close < 2 || json[close - 1] != '"') continue;
    const std::string_view before = json.substr(0, close - 1);
    const bool named = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return before.ends_with(name) && before.size() > name.size() &&
             before[before.size() - name.size() - 1] == '"';
    });
    if (named) return true;
  }
  return false;
}

}  // namespace headgate::backends
