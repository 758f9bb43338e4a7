#include "backends/protocols/openai/chunk_keys.h"

#include <cstddef>

#include "backends/protocols/json/white_space.h"

namespace headgate::backends::openai {
namespace {

using json::IsSpace;

// Returns whether the key is `name`. `before` ends at the closing quote of the key.
bool IsKey(std::string_view before, std::string_view name) {
  return before.ends_with(name) && before.size() > name.size() &&
         before[before.size() - name.size() - 1] == '"';
}

bool IsEmpty(std::string_view value) {
  return value.starts_with("\"\"") || value.starts_with("[]") || value.starts_with("{}");
}

void LookAtText(std::string_view before, std::string_view value, ChunkKeys& seen) {
  switch (before.back()) {
    case 'n':
      seen.finished |= IsKey(before, "finish_reason") && !IsEmpty(value);
      break;
    case 'r':
      seen.service_tier |= IsKey(before, "service_tier");
      seen.error |= IsKey(before, "error") && !IsEmpty(value);
      break;
    case 't':
      if (IsKey(before, "object")) {
        seen.error |= value.starts_with("\"error\"");
      } else if (IsKey(before, "content") || IsKey(before, "text") ||
                 IsKey(before, "reasoning_content")) {
        seen.generated |= !IsEmpty(value);
      }
      break;
    case 'g':
      seen.generated |= IsKey(before, "reasoning") && !IsEmpty(value);
      break;
    case 'l':
      seen.generated |= IsKey(before, "refusal") && !IsEmpty(value);
      break;
    default:
      break;
  }
}

void LookAtContainer(std::string_view before, std::string_view value, ChunkKeys& seen) {
  switch (before.back()) {
    case 'e':
      seen.usage |= IsKey(before, "usage");
      break;
    case 'r':
      seen.error |= IsKey(before, "error");
      break;
    case 's':
      seen.choices |= IsKey(before, "choices") && !IsEmpty(value);
      seen.generated |= IsKey(before, "tool_calls") && !IsEmpty(value);
      break;
    case 'l':
      seen.generated |= IsKey(before, "function_call") && !IsEmpty(value);
      break;
    default:
      break;
  }
}

}  // namespace

ChunkKeys ScanChunk(std::string_view json) {
  ChunkKeys seen;
  for (std::size_t colon = json.find(':'); colon != std::string_view::npos;
       colon = json.find(':', colon + 1)) {
    std::size_t close = colon;
    while (close > 0 && IsSpace(json[close - 1])) --close;
    if (close < 2 || json[close - 1] != '"') continue;
    std::string_view value = json.substr(colon + 1);
    while (!value.empty() && IsSpace(value.front())) value.remove_prefix(1);
    if (value.empty()) break;
    const std::string_view before = json.substr(0, close - 1);
    if (value.front() == '"') {
      LookAtText(before, value, seen);
    } else if (value.front() == '{' || value.front() == '[') {
      LookAtContainer(before, value, seen);
    } else if (value.front() >= '1' && value.front() <= '9') {
      seen.later_index |= IsKey(before, "index");
    } else if (value.front() == 't') {
      seen.error |= IsKey(before, "error");
    }
  }
  return seen;
}

}  // namespace headgate::backends::openai
