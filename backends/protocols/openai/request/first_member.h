#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/values/splice_points.h"

namespace headgate::backends {

// A client's body with one member more, and where it may be rewritten.
struct GrownBody {
  std::string body;
  SplicePoints splice;
};

// Returns `body` with `member` (a name, a colon and a value) before all its members. The body is an
// object that is not empty, and `splice` is of it. `padding`: bytes that stay allocated behind it.
// Pure.
GrownBody WithFirstMember(std::string_view body, const SplicePoints& splice,
                          std::string_view member, std::size_t padding);

}  // namespace headgate::backends
