#include "backends/net/tls.h"

#include <boost/asio/ssl.hpp>

#include "absl/strings/str_cat.h"
#include "openssl/ssl.h"

namespace headgate::backends {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

std::shared_ptr<ssl::context> NewContext(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  error_code ignored;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                       ignored);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> MakeClientContext(const std::string& ca) {
  auto context = NewContext(ssl::context::tls_client);
  error_code error;
  if (ca.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca, error);
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read the trusted certificates",
                     ca.empty() ? std::string(" of the system") : " in " + ca, ": ",
                     error.message(), "; write a PEM file with at least one CA certificate"));
  }
  // Sessions are kept per replica by the connection pool; OpenSSL's own client cache is unused.
  SSL_CTX_set_session_cache_mode(context->native_handle(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return context;
}

absl::StatusOr<std::shared_ptr<ssl::context>> MakeServerContext(const std::string& certificate,
                                                                const std::string& private_key) {
  auto context = NewContext(ssl::context::tls_server);
  error_code error;
  context->use_certificate_chain_file(certificate, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot use the certificate ", certificate, ": ", error.message(),
                     "; write a PEM file with the chain, leaf first"));
  }
  context->use_private_key_file(private_key, ssl::context::pem, error);
  if (!error && SSL_CTX_check_private_key(context->native_handle()) == 1) return context;
  return absl::InvalidArgumentError(
      absl::StrCat("cannot use the private key ", private_key, ": ",
                   error ? error.message() : std::string("it does not belong to the certificate"),
                   "; write the PEM key of ", certificate));
}

}  // namespace headgate::backends
