// Response heads. *immutable*
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

struct ResponseHead {
  int status = 200;
  std::string_view content_type = "application/json";
  std::optional<std::size_t> length;  // without it and `chunked`, the close ends the body
  bool chunked = false;
  bool keep_alive = true;
  std::string_view extra;  // whole lines, each with its CRLF
};

void AppendHead(std::string& out, const ResponseHead& head);

// Appends `bytes` as one chunk of a chunked body. REQUIRES: `bytes` is not empty.
void AppendChunk(std::string& out, std::string_view bytes);
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace headgate::loadtest::sim
