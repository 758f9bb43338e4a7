#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/net/types.h"

namespace headgate::backends {

// One TCP connection, plain or TLS, on either side of the gateway. TCP_NODELAY is always on:
// without it a head and a body in two writes wait 44 ms for each other. Worker-bound. At most one
// read and one write may be outstanding. Close() may be called while they are outstanding: they
// then end with operation_aborted.
class Stream {
 public:
  // The most that fits into one record of TLS, in bytes (RFC 8446 section 5.1).
  static constexpr std::size_t kRecord = 16u << 10;

  explicit Stream(TcpSocket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Sets TCP_NODELAY and non-blocking mode on a connected socket.
  error_code Configure();

  // TLS handshakes. The client's handshake verifies the chain and `server_name`, and offers
  // `session` (may be null) for resumption.
  Awaitable<error_code> HandshakeAsServer(asio::ssl::context& context);
  Awaitable<error_code> HandshakeAsClient(asio::ssl::context& context,
                                          const std::string& server_name, SSL_SESSION* session);

  // Says why HandshakeAsClient failed with `error`, for the person who has to fix it.
  std::string ExplainHandshake(const error_code& error, const std::string& server_name);

  // Reads at least one byte. The end of the stream is asio::error::eof.
  Awaitable<IoResult> ReadSome(asio::mutable_buffer buffer);

  // Returns true if the peer has sent nothing since the bytes that were read last, and has not
  // closed: one non-blocking read, which finds EAGAIN. TLS session tickets and the like are
  // consumed and do not count as data. Returns false after bytes, an end or an error. Over TLS a
  // byte of data may then be lost, so the connection must not be used again.
  // REQUIRES: Configure() was called, nothing is outstanding.
  bool IsSilent();

  // Returns the number of written bytes that the peer's system has not acknowledged: one system
  // call. While there are any, nothing that was read can be an answer to all that was written. A
  // segment that the peer sent after it had received everything would have acknowledged everything.
  std::size_t Unacknowledged();

  // Writes without suspending as much as the kernel takes at once (plain TCP; over TLS: nothing).
  // Returns the number of bytes written. An error other than would_block is in `error`.
  std::size_t TryWrite(std::string_view bytes, error_code& error);
  std::size_t TryWrite(std::span<const asio::const_buffer> pieces, error_code& error);

  // Writes all bytes. The usual case ends in TryWrite and never reaches the reactor.
  Awaitable<error_code> Write(std::string_view bytes);

  // Writes several pieces, in their order. Plain TCP gathers them from where they lie. TLS makes a
  // record of each write, so it fills whole records.
  Awaitable<error_code> WriteGathered(std::span<const asio::const_buffer> pieces);

  void Close();
  // Closes with a TCP reset, so that the peer cannot take what it received for the whole.
  void Reset();
  bool is_open() const { return socket_.is_open(); }
  bool is_tls() const { return tls_ != nullptr; }
  int fd() { return socket_.native_handle(); }
  SSL* ssl() { return tls_ ? tls_->native_handle() : nullptr; }
  TcpSocket& socket() { return socket_; }

 private:
  Awaitable<error_code> WritePlain(std::span<const asio::const_buffer> pieces);
  Awaitable<error_code> WriteRecords(std::span<const asio::const_buffer> pieces);

  using Tls = asio::ssl::stream<TcpSocket&>;
  TcpSocket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace headgate::backends
