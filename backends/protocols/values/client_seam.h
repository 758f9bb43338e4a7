#pragma once

#include <cstdint>
#include <string>

namespace headgate::backends {

// What a client has of a streamed answer whose backend broke off, as far as a writer needs it to
// write the rest into the same stream. The answer is text so far, and nothing else. Owns
// everything.
struct ClientSeam {
  std::string id;  // as the client read it
  std::string model;
  std::int64_t created = 0;  // Unix time in seconds; 0 if the protocol has none
  std::string text;          // all of it, unescaped
  // Whether the block (Messages) or the item (Responses) of the text may grow.
  bool part_open = false;
  bool content_open = false;  // Responses: the item has its content part
  std::int64_t index = 0;     // Messages: of the open block, or of the next one
  std::string item_id;        // Responses: of the open item
  std::int64_t sequence = 0;  // Responses: the next sequence_number
};

}  // namespace headgate::backends
