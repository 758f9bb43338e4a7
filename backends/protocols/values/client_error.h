#pragma once

#include <cstdint>
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

// What a client has been told of a streamed answer, as far as the error that ends the stream has to
// say it again: only clients of Responses read such an answer. A member that is empty or 0 is not
// known.
struct BegunAnswer {
  std::string id;                // of the response
  std::string model;             // as the answer names it
  std::int64_t created = 0;      // Unix time in seconds
  std::int64_t next_number = 0;  // the sequence_number that the next event has
};

}  // namespace headgate::backends
