#include "gateway/http/answer.h"

#include <boost/beast/core/error.hpp>  // brings <ostream>, which the next header lacks
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

// The reason of a status. 529 is in no RFC, but Anthropic's API has it.
std::string_view ReasonOf(int status) {
  if (status == 529) return "Overloaded";
  const auto code = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  if (code == boost::beast::http::status::unknown) return {};
  const auto reason = boost::beast::http::obsolete_reason(code);
  return {reason.data(), reason.size()};
}

}  // namespace

void AppendAnswerHead(const AnswerHead& head, std::string& out) {
  if (head.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    AppendInteger(head.status, out);
    out += ' ';
    out.append(ReasonOf(head.status)).append("\r\n");
  }
  if (!head.content_type.empty()) {
    out.append("Content-Type: ").append(head.content_type).append("\r\n");
  }
  out.append("Date: ").append(head.date);
  if (head.content_length) {
    out += "\r\nContent-Length: ";
    AppendInteger(static_cast<std::int64_t>(*head.content_length), out);
  } else if (head.chunked) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  if (head.close) out += "\r\nConnection: close";
  if (!head.request_id.empty()) out.append("\r\nx-request-id: ").append(head.request_id);
  if (head.request_id_too) out.append("\r\nrequest-id: ").append(head.request_id);
  out.append("\r\n").append(head.cors).append(head.extra).append("\r\n");
}

void AppendChunk(std::string_view data, std::string& out) {
  char size[20];
  const auto end = std::to_chars(size, size + sizeof size, data.size(), 16);
  out.append(size, end.ptr).append("\r\n").append(data).append("\r\n");
}

}  // namespace headgate::gateway
