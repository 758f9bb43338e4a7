#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {

// What a client is told when its request fails. The client's protocol gives the words their shape.
// The status and the last members are for the head of the answer.
struct ClientError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string code;   // empty: no code
  std::string param;  // the field that is wrong; empty: no field
  std::string message;
  std::optional<int> retry_after_s;
  // Retrying cannot help. The official SDKs, which retry every 5xx, are told so.
  bool never_retry = false;
  // A backend's own error document, without our secrets, for a client of the backend's protocol:
  // sent in place of the words above. Empty: the words are written in the client's shape.
  std::string document;
  std::string_view allow = {};  // with 405: the methods that the path takes; of a constant
};

}  // namespace headgate::backends
