#include "loadtest/sim/server/listener.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
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
      endpoint_(acceptor_.local_endpoint()),
      pause_(context.io),
      change_(context.io) {}

std::string Listener::Name() const {
  const std::string host = endpoint_.address().to_string();
  const bool bare = endpoint_.address().is_v4();
  return (bare ? host : "[" + host + "]") + ":" + std::to_string(endpoint_.port());
}

void Listener::Start() {
  // The page that adds an outage is still being answered, so its connection must not be touched.
  replica_.outages_changed = [this] { asio::post(context_.io, [this] { FollowSchedule(); }); };
  Accept();
  FollowSchedule();
}

void Listener::Accept() {
  if (accepting_ || !Accepts(outage_)) return;
  accepting_ = true;
  acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
    accepting_ = false;
    if (error == asio::error::operation_aborted) return Accept();
    if (error) {
      // The process is probably out of descriptors. Some are free again later.
      pause_.expires_after(std::chrono::milliseconds(10));
      pause_.async_wait([this](boost::system::error_code) { Accept(); });
      return;
    }
    auto connection = std::make_shared<Connection>(context_, replica_, std::move(socket), tls_);
    if (connections_.size() >= prune_at_) {
      std::erase_if(connections_, [](const auto& held) { return held.expired(); });
      prune_at_ = 2 * std::max<std::size_t>(32, connections_.size());
    }
    connections_.push_back(connection);
    connection->Start();
    if (outage_ == OutageKind::kReset) connection->Reset();
    Accept();
  });
}

void Listener::Open() {
  if (acceptor_.is_open()) return;
  boost::system::error_code error;
  acceptor_.open(endpoint_.protocol(), error);
  acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  acceptor_.bind(endpoint_, error);
  if (!error) acceptor_.listen(Tcp::acceptor::max_listen_connections, error);
  if (!error) return;
  // Somebody else has the port. It is tried again until it is free.
  acceptor_.close(error);
  pause_.expires_after(std::chrono::milliseconds(20));
  pause_.async_wait([this](boost::system::error_code) { FollowSchedule(); });
}

template <typename Act>
void Listener::ForEachConnection(Act act) {
  for (const std::weak_ptr<Connection>& held : connections_) {
    if (const std::shared_ptr<Connection> connection = held.lock()) act(*connection);
  }
}

void Listener::BeginOutage(OutageKind kind) {
  boost::system::error_code ignored;
  if (kind == OutageKind::kRefuse) acceptor_.close(ignored);
  if (kind == OutageKind::kHalfOpen) acceptor_.cancel(ignored);
  if (kind == OutageKind::kRefuse) replica_.cache.Clear();  // the process is gone
  if (kind == OutageKind::kRefuse || kind == OutageKind::kReset) {
    ForEachConnection([](Connection& connection) { connection.Reset(); });
  }
}

void Listener::FollowSchedule() {
  const TimePoint now = Clock::now();
  const std::optional<OutageKind> current = replica_.outages.At(now);
  if (current != outage_) {
    outage_ = current;
    if (current) BeginOutage(*current);
  }
  if (outage_ != OutageKind::kRefuse) Open();
  if (acceptor_.is_open()) Accept();
  const std::optional<TimePoint> next = replica_.outages.NextChange(now);
  if (!next) return;
  change_.expires_at(*next);
  change_.async_wait([this](boost::system::error_code error) {
    if (!error) FollowSchedule();
  });
}

}  // namespace headgate::loadtest::sim
