#include "gateway/cli/key/admin_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

#include "config/base/text.h"

namespace headgate::gateway {

namespace http = boost::beast::http;

absl::StatusOr<AdminAddress> ParseAdminAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  AdminAddress address;
  if (colon != std::string::npos && colon > 0 && colon + 1 < text.size()) {
    address.host = text.substr(0, colon);
    address.port = text.substr(colon + 1);
    if (address.port.find_first_not_of("0123456789") == std::string::npos) return address;
  }
  return absl::InvalidArgumentError(
      config::Concat(text, " is not an address; write HOST:PORT, for example 127.0.0.1:9464"));
}

absl::StatusOr<AdminReply> CallAdmin(const AdminAddress& address, const std::string& method,
                                     const std::string& path, const std::string& body) {
  constexpr std::chrono::seconds kPatience(30);
  constexpr unsigned kHttp11 = 11;
  boost::asio::io_context io;
  boost::beast::tcp_stream stream(io);
  boost::beast::error_code error;
  boost::asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, address.port, error);
  stream.expires_after(kPatience);
  if (!error) stream.connect(found, error);
  http::request<http::string_body> request(http::string_to_verb(method), path, kHttp11, body);
  request.set(http::field::host, config::Concat(address.host, ":", address.port));
  request.set(http::field::content_type, "application/json");
  if (!address.token.empty()) {
    request.set(http::field::authorization, "Bearer " + address.token);
  }
  request.prepare_payload();
  if (!error) http::write(stream, request, error);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!error) http::read(stream, buffer, response, error);
  if (error) {
    return absl::UnavailableError(
        config::Concat("no daemon answers at ", address.host, ":", address.port, " (",
                       error.message(), "); write its admin address with --admin HOST:PORT"));
  }
  return AdminReply{static_cast<int>(response.result_int()), std::move(response.body())};
}

}  // namespace headgate::gateway
