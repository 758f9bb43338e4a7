#pragma once

#include <cstdint>
#include <string>

namespace headgate::backends {

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
