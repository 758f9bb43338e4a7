#pragma once

#include <string>

namespace headgate::backends {

// Why a body is refused, and the path of the member that is wrong, such as messages[0].role. Both
// may be shown to the client.
struct BodyProblem {
  std::string message;
  std::string param;  // empty: no single member is wrong
};

}  // namespace headgate::backends
