#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {

// What a client is told when its request fails. The client's protocol gives the words their shape;
// the status and what stands at the end are for the head of the answer.
struct ClientError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string code;   // empty: none
  std::string param;  // the field that is at fault; empty: none
  std::string message;
  std::optional<int> retry_after_s;
  // Asking again cannot help; the official SDKs, which repeat every 5xx, are told so.
  bool never_retry = false;
  std::string_view allow = {};  // with 405: the methods that the path takes; of a constant
};

}  // namespace headgate::backends
