#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"

namespace headgate::gateway {

// The head of an answer to a client.
struct AnswerHead {
  int status = 200;
  std::string_view content_type = "application/json";  // empty: there is no body
  std::optional<std::size_t> content_length;  // nullopt: chunked, or framed by close with `close`
  bool chunked = false;
  bool close = false;
  std::string_view date;        // RFC 9110 section 5.6.7
  std::string_view request_id;  // empty: no x-request-id
  bool request_id_too = false;  // also as request-id, which Anthropic's clients read
  std::string_view extra = {};  // whole header lines, each with CRLF
  std::string_view cors = {};   // the same: what AppendCorsFields (cors.h) wrote
};
void AppendAnswerHead(const AnswerHead& head, std::string& out);

// Appends `data` as one chunk of a chunked body. REQUIRES: !data.empty().
void AppendChunk(std::string_view data, std::string& out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

using backends::ClientError;

}  // namespace headgate::gateway
