// One server-side TLS connection between two byte queues, without a socket. It decrypts the bytes
// of the peer and encrypts the bytes for it. *worker-bound*
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

  // Takes bytes from the peer and appends the decrypted bytes. Returns false if the peer broke the
  // protocol or has sent close_notify.
  bool Receive(std::string_view cipher, std::string& plain);
  // Encrypts `plain`. REQUIRES: the handshake is done; it is once Receive() has given plain text.
  void Send(std::string_view plain);
  // Sends close_notify.
  void Close() { SSL_shutdown(ssl_.get()); }

  // Takes the collected bytes for the peer.
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
