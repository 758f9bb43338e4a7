#include "gateway/relay/client_response.h"

#include <chrono>
#include <utility>

#include "backends/protocols/client_writer.h"

namespace headgate::gateway {

void ClientResponse::Begin(const RequestHead& head, backends::ClientProtocol protocol,
                           std::string_view request_id, std::string cors_fields) {
  protocol_ = protocol;
  request_id_ = request_id;
  fields_ = std::move(cors_fields);
  http_1_0_ = head.http_1_0;
  keep_alive_ = head.keep_alive;
  without_body_ = head.method == "HEAD";
}

void ClientResponse::AppendHead(const Head& head) {
  // The body of an HTTP/1.0 answer without a length ends with the connection.
  if (head.in_pieces && http_1_0_) CloseAfter();
  AppendAnswerHead({.status = head.status,
                    .content_type = head.content_type,
                    .content_length = head.content_length,
                    .chunked = head.in_pieces && !http_1_0_,
                    .close = !keep_alive_ || sink_.closes(),
                    .date = clock_.HttpDate(std::chrono::system_clock::now()),
                    .request_id = request_id_,
                    .request_id_too = protocol_ == backends::ClientProtocol::kAnthropic,
                    .extra = head.extra,
                    .cors = fields_},
                   *out_);
}

void ClientResponse::AppendPiece(std::string_view bytes) {
  if (http_1_0_) {
    out_->append(bytes);
  } else {
    AppendChunk(bytes, *out_);
  }
}

void ClientResponse::AppendEnd() {
  if (!http_1_0_) out_->append(kLastChunk);
}

Awaitable<bool> ClientResponse::SendWhole(const Head& head, std::string_view body) {
  out_->clear();
  AppendHead(head);
  if (!without_body_) out_->append(body);
  return Send();
}

Awaitable<bool> ClientResponse::SendError(const ClientError& error) {
  std::string extra;
  if (error.retry_after_s) extra = "Retry-After: " + std::to_string(*error.retry_after_s) + "\r\n";
  if (error.never_retry) extra += "x-should-retry: false\r\n";
  if (error.status == 401) extra += "WWW-Authenticate: Bearer\r\n";
  if (!error.allow.empty()) extra.append("Allow: ").append(error.allow).append("\r\n");
  const std::string json = error.document.empty() ? ErrorDocument(error) : error.document;
  const int status = backends::StatusFor(protocol_, error);
  const Head head{.status = status, .content_length = json.size(), .extra = extra};
  return SendWhole(head, json);
}

std::string ClientResponse::ErrorDocument(const ClientError& error) const {
  return backends::ErrorDocument(protocol_, error, request_id_);
}

}  // namespace headgate::gateway
