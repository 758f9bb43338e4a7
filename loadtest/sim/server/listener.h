// Accepts the connections of one replica. *worker-bound*
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/replica/replica.h"
#include "loadtest/sim/server/connection.h"

namespace headgate::loadtest::sim {

class Listener {
 public:
  // Binds and listens; throws boost::system::system_error if that fails. `tls` may be null.
  Listener(Context& context, const ListenAddress& address, boost::asio::ssl::context* tls,
           std::uint64_t seed);

  // Accepts connections from now on, and keeps to the replica's schedule of outages.
  void Start();
  // HOST:PORT with the actual port.
  std::string Name() const;

 private:
  void Accept();
  void Open();
  // Does what begins or ends now, and waits for the next change of the schedule.
  void FollowSchedule();
  void BeginOutage(OutageKind kind);
  // Whether `kind`, or its absence, is a time in which connections are accepted.
  static bool Accepts(std::optional<OutageKind> kind) {
    return kind != OutageKind::kRefuse && kind != OutageKind::kHalfOpen;
  }
  template <typename Act>
  void ForEachConnection(Act act);

  Context& context_;
  boost::asio::ssl::context* tls_;
  Replica replica_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;  // with the actual port
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer change_;
  std::optional<OutageKind> outage_;
  bool accepting_ = false;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::size_t prune_at_ = 64;  // the number of connections_ at which the dead are removed
};

}  // namespace headgate::loadtest::sim
