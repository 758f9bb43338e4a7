// One server-side TLS connection between two byte queues, without a socket: ciphertext in, plain
// text out, and the other way round. *worker-bound*
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

class TlsSession {
 public:
  explicit TlsSession(boost::asio::ssl::context& context);

  // Takes bytes from the peer and appends what they decrypt to. False when the peer broke the
  // protocol or has said goodbye.
  bool Receive(std::string_view cipher, std::string& plain);
  // Encrypts. REQUIRES: the handshake is done, as it is once Receive() gave any plain text.
  void Send(std::string_view plain);
  // Says goodbye.
  void Close() { SSL_shutdown(ssl_.get()); }

  // Takes the bytes for the peer that have come together.
  std::string TakeOutput();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  BIO* input_;  // both owned by ssl_
  BIO* output_;
};

}  // namespace headgate::loadtest::sim
