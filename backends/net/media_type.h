#pragma once

#include <string>
#include <string_view>

namespace headgate::backends {

// Media types as a Content-Type field has them. Their case means nothing, and parameters
// (`; charset=utf-8`) are ignored (RFC 9110, section 8.3.1). Stateless and thread-safe.

// Whether the field's value is `type`, which is in lower case and without parameters.
bool IsMediaType(std::string_view value, std::string_view type);

// application/json, text/json, or any type whose suffix is +json (RFC 6839).
bool IsJson(std::string_view value);

// For logs: the type in lower case, without parameters. A value that is not a media type, or longer
// than any that is in use, is described instead: nothing else of a backend may get into a log.
std::string DescribeMediaType(std::string_view value);

}  // namespace headgate::backends
