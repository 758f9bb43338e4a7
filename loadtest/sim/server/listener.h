// Accepts the connections of one replica. *worker-bound*
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

class Listener {
 public:
  // Binds and listens; throws boost::system::system_error if that fails. `tls` may be null.
  Listener(Context& context, const ListenAddress& address, boost::asio::ssl::context* tls,
           std::uint64_t seed);

  void Start() { Accept(); }
  // HOST:PORT with the actual port.
  std::string Name() const;

 private:
  void Accept();

  Context& context_;
  boost::asio::ssl::context* tls_;
  Replica replica_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
};

}  // namespace headgate::loadtest::sim
