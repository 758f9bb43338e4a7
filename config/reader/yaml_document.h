#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace headgate::config {

// A YAML text as a plain tree with line numbers. Only a subset is accepted: one document, no
// anchors, aliases or tags (yaml-cpp expands an alias bomb of 430 bytes into 50 million nodes), no
// duplicate keys (which yaml-cpp keeps silently), bounded size, depth and number of nodes. Scalars
// stay text; value types interpret them. Immutable once parsed.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMapping };

  Kind kind = Kind::kNull;
  int file = 0;                      // which of the files of a ReadContext (read_context.h)
  int line = 0;                      // counts from 1; of the key, where there is one
  std::string key{};                 // of an entry of a mapping, else empty
  std::string text{};                // of a scalar
  bool quoted = false;               // of a scalar: it stood in quotes
  std::vector<YamlNode> children{};  // items of a list, entries of a mapping in the order written
};

struct YamlResult {
  std::optional<YamlNode> root;         // absent after a syntax error
  std::vector<Diagnostic> diagnostics;  // one for a syntax error; one per duplicate key
};

inline constexpr std::size_t kMaxYamlBytes = 4u << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 50'000;

// Parses `text`; `file` is what diagnostics call it. Never throws; thread-safe.
YamlResult ParseYaml(std::string_view text, const std::string& file);

}  // namespace headgate::config
