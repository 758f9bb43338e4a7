#include "loadtest/sim/http/http_response.h"

#include <array>
#include <boost/beast/core/error.hpp>  // brings <ostream>, which status.hpp forgets
#include <boost/beast/http/status.hpp>
#include <charconv>

namespace headgate::loadtest::sim {

void AppendHead(std::string& out, const ResponseHead& head) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(head.status)));
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(reason.data(), reason.size());
  out.append("\r\nserver: headgate-sim\r\n");
  if (!head.content_type.empty()) {
    out.append("content-type: ").append(head.content_type).append("\r\n");
  }
  if (head.chunked) {
    out.append("transfer-encoding: chunked\r\n");
  } else if (head.length) {
    out.append("content-length: ").append(std::to_string(*head.length)).append("\r\n");
  }
  if (!head.keep_alive) out.append("connection: close\r\n");
  out.append(head.extra).append("\r\n");
}

void AppendChunk(std::string& out, std::string_view bytes) {
  std::array<char, 16> size;
  const auto [end, error] = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16);
  if (error == std::errc{}) out.append(size.data(), end);
  out.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace headgate::loadtest::sim
