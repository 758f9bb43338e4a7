#pragma once

#include <string>

namespace headgate::loadtest::sim {

// A request that is refused: HTTP status, text and the field it is about.
struct Refusal {
  int status = 400;
  std::string message;
  std::string param;
  std::string code;  // OpenAI's, may be empty
};

}  // namespace headgate::loadtest::sim
