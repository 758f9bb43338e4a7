#pragma once

#include <string>
#include <string_view>

namespace headgate::backends {

// Media types as a Content-Type field has them. Their case is ignored, and so are parameters (`;
// charset=utf-8`; RFC 9110, section 8.3.1). Stateless and thread-safe.

// Returns whether the field's value is `type`, which is in lower case and without parameters.
bool IsMediaType(std::string_view value, std::string_view type);

// Returns whether the type is application/json, text/json, or any type with the suffix +json (RFC
// 6839).
bool IsJson(std::string_view value);

// Returns the type for logs, in lower case and without parameters. A value that is not a media
// type, or is longer than any type in use, is described instead: no other text of a backend may get
// into a log.
std::string DescribeMediaType(std::string_view value);

}  // namespace headgate::backends
