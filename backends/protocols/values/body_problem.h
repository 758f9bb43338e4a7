#pragma once

#include <string>

namespace headgate::backends {

// A body that is refused: what is wrong, and the path of the member that it is about, such as
// messages[0].role. Both are fit to be shown to the client.
struct BodyProblem {
  std::string message;
  std::string param;  // empty: no single member
};

}  // namespace headgate::backends
