#include "backends/net/stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "openssl/ssl.h"
#include "openssl/x509_vfy.h"

namespace headgate::backends {

Stream::Stream(TcpSocket socket) : socket_(std::move(socket)) {}

Stream::~Stream() { Close(); }

error_code Stream::Configure() {
  error_code error;
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  return error;
}

Awaitable<error_code> Stream::HandshakeAsServer(asio::ssl::context& context) {
  tls_ = std::make_unique<Tls>(socket_, context);
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAwait);
  co_return error;
}

Awaitable<error_code> Stream::HandshakeAsClient(asio::ssl::context& context,
                                                const std::string& server_name,
                                                SSL_SESSION* session) {
  tls_ = std::make_unique<Tls>(socket_, context);
  SSL* const ssl = tls_->native_handle();
  error_code address_error;
  asio::ip::make_address(server_name, address_error);
  // RFC 6066 section 3: no literal addresses in the server name indication.
  if (!address_error) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str());
  } else {
    SSL_set1_host(ssl, server_name.c_str());
    std::string name = server_name;  // the macro for this call has an old-style cast inside
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (session != nullptr) SSL_set_session(ssl, session);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  co_return error;
}

std::string Stream::ExplainHandshake(const error_code& error, const std::string& server_name) {
  switch (const long verdict = SSL_get_verify_result(tls_->native_handle())) {
    case X509_V_OK:
      return error.message();
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return absl::StrCat("its certificate is not valid for ", server_name);
    default:
      return absl::StrCat("its certificate is not trusted: ",
                          X509_verify_cert_error_string(verdict));
  }
}

Awaitable<IoResult> Stream::ReadSome(asio::mutable_buffer buffer) {
  if (tls_) return tls_->async_read_some(buffer, kAwait);
  return socket_.async_read_some(buffer, kAwait);
}

bool Stream::IsSilent() {
  char byte = 0;
  error_code error;
  if (tls_) {
    // Checks first the records that Asio and OpenSSL hold already, then the socket, until nothing
    // is left. Checking only SSL_pending and the socket would miss bytes in Asio's buffer and in
    // the BIO pair: a second answer that came in one segment with the first.
    tls_->read_some(asio::buffer(&byte, 1), error);
  } else {
    socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  }
  return error == asio::error::would_block || error == asio::error::try_again;
}

std::size_t Stream::Unacknowledged() {
  int bytes = 0;
  if (ioctl(fd(), SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(std::max(bytes, 0));
}

std::size_t Stream::TryWrite(std::string_view bytes, error_code& error) {
  if (tls_) return 0;
  const std::size_t written = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error == asio::error::would_block || error == asio::error::try_again) error.clear();
  return written;
}

std::size_t Stream::TryWrite(std::span<const asio::const_buffer> pieces, error_code& error) {
  if (tls_) return 0;
  if (pieces.size() == 1) {
    // The usual small request: send(2) is faster than sendmsg(2) with one piece.
    return TryWrite({static_cast<const char*>(pieces.front().data()), pieces.front().size()},
                    error);
  }
  const std::size_t written = socket_.write_some(pieces, error);
  if (error == asio::error::would_block || error == asio::error::try_again) error.clear();
  return written;
}

Awaitable<error_code> Stream::Write(std::string_view bytes) {
  error_code error;
  bytes.remove_prefix(TryWrite(bytes, error));
  if (error || bytes.empty()) co_return error;
  const auto rest = asio::buffer(bytes.data(), bytes.size());
  if (tls_) {
    auto [tls_error, n] = co_await asio::async_write(*tls_, rest, kAwait);
    co_return tls_error;
  }
  auto [write_error, n] = co_await asio::async_write(socket_, rest, kAwait);
  co_return write_error;
}

Awaitable<error_code> Stream::WriteGathered(std::span<const asio::const_buffer> pieces) {
  return tls_ ? WriteRecords(pieces) : WritePlain(pieces);
}

Awaitable<error_code> Stream::WritePlain(std::span<const asio::const_buffer> pieces) {
  error_code error;
  std::size_t written = TryWrite(pieces, error);
  while (!pieces.empty() && written >= pieces.front().size()) {
    written -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (error || pieces.empty()) co_return error;
  std::vector<asio::const_buffer> rest(pieces.begin(), pieces.end());
  rest.front() += written;
  auto [write_error, n] = co_await asio::async_write(socket_, rest, kAwait);
  co_return write_error;
}

Awaitable<error_code> Stream::WriteRecords(std::span<const asio::const_buffer> pieces) {
  std::string record;
  std::size_t left = asio::buffer_size(pieces);
  record.reserve(std::min(kRecord, left));
  for (asio::const_buffer piece : pieces) {
    while (piece.size() > 0) {
      const std::size_t fits = std::min(kRecord - record.size(), piece.size());
      record.append(static_cast<const char*>(piece.data()), fits);
      piece += fits;
      left -= fits;
      if (record.size() < kRecord && left > 0) continue;
      const auto bytes = asio::buffer(record.data(), record.size());
      auto [error, n] = co_await asio::async_write(*tls_, bytes, kAwait);
      if (error) co_return error;
      record.clear();
    }
  }
  co_return error_code{};
}

void Stream::Close() {
  // No TLS close_notify: both sides frame their messages, so truncation shows without it, and a
  // clean shutdown would need a round trip that may never be answered.
  error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
}

void Stream::Reset() {
  error_code ignored;
  if (socket_.is_open()) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  Close();
}

}  // namespace headgate::backends
