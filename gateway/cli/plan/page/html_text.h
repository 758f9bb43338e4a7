#pragma once

#include <string>
#include <string_view>

namespace headgate::gateway {

// Escapes a text for HTML and SVG, in elements and in quoted attributes. Pure.
std::string Escaped(std::string_view text);

}  // namespace headgate::gateway
