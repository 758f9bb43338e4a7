#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>

#include "backends/protocols/errors/error_kinds.h"

namespace headgate::backends {

// What one error document says, before it is interpreted.
struct ErrorWords {
  static constexpr std::size_t kLongestMessage = 4u << 10;  // bytes, of one text of the document

  std::string message;
  std::string type;
  std::string param;
  std::string code;
  ErrorKinds kinds;        // as far as types and codes tell
  int status = 0;          // that the document itself names; 0: none
  bool says_when = false;  // when to come back, outside of its words
};

// Reads one parsed error document, of any server. Pure; thread-safe.
ErrorWords ReadErrorWords(simdjson::dom::element root);

}  // namespace headgate::backends
