#include "loadtest/sim/server/listener.h"

#include <memory>

#include "loadtest/sim/server/connection.h"

namespace headgate::loadtest::sim {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

Listener::Listener(Context& context, const ListenAddress& address, asio::ssl::context* tls,
                   std::uint64_t seed)
    : context_(context),
      tls_(tls),
      replica_(context.options, seed),
      acceptor_(context.io, Tcp::endpoint(asio::ip::make_address(address.host), address.port)),
      pause_(context.io) {}

std::string Listener::Name() const {
  const Tcp::endpoint local = acceptor_.local_endpoint();
  const std::string host = local.address().to_string();
  const bool bare = local.address().is_v4();
  return (bare ? host : "[" + host + "]") + ":" + std::to_string(local.port());
}

void Listener::Accept() {
  acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
    if (!error) {
      std::make_shared<Connection>(context_, replica_, std::move(socket), tls_)->Start();
      return Accept();
    }
    // The process is probably out of descriptors. Some are free again later.
    pause_.expires_after(std::chrono::milliseconds(10));
    pause_.async_wait([this](boost::system::error_code) { Accept(); });
  });
}

}  // namespace headgate::loadtest::sim
