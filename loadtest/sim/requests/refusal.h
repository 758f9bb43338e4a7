// *immutable*
#pragma once

#include <string>

namespace headgate::loadtest::sim {

// The refusal of a request: HTTP status, message, and the field that caused it.
struct Refusal {
  int status = 400;
  std::string message;
  std::string param;
  std::string code;  // the `code` of OpenAI's error object; may be empty
};

}  // namespace headgate::loadtest::sim
