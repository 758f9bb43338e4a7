#include "loadtest/sim/http/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <array>

namespace headgate::loadtest::sim {

TlsSession::TlsSession(boost::asio::ssl::context& context)
    : ssl_(SSL_new(context.native_handle())),
      input_(BIO_new(BIO_s_mem())),
      output_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_.get(), input_, output_);
  SSL_set_accept_state(ssl_.get());
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
}

bool TlsSession::Receive(std::string_view cipher, std::string& plain) {
  BIO_write(input_, cipher.data(), static_cast<int>(cipher.size()));
  std::array<char, 16384> record;
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (got <= 0) return SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ;
    plain.append(record.data(), static_cast<std::size_t>(got));
  }
}

void TlsSession::Send(std::string_view plain) {
  constexpr std::size_t kMost = 1U << 20U;  // SSL_write takes its length as int
  for (; !plain.empty(); plain.remove_prefix(std::min(kMost, plain.size()))) {
    SSL_write(ssl_.get(), plain.data(), static_cast<int>(std::min(kMost, plain.size())));
  }
}

std::string TlsSession::TakeOutput() {
  std::string bytes(BIO_ctrl_pending(output_), '\0');
  if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace headgate::loadtest::sim
