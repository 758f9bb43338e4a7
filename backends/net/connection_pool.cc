#include "backends/net/connection_pool.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "openssl/ssl.h"

namespace headgate::backends {

void ConnectionPool::SessionDeleter::operator()(SSL_SESSION* session) const {
  SSL_SESSION_free(session);
}

ConnectionPool::~ConnectionPool() = default;

ConnectionPool::Shelf& ConnectionPool::At(std::size_t replica) {
  if (replica >= shelves_.size()) shelves_.resize(replica + 1);
  return shelves_[replica];
}

std::unique_ptr<Connection> ConnectionPool::Take(std::size_t replica) {
  Shelf& shelf = At(replica);
  if (shelf.idle.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(shelf.idle.back());
  shelf.idle.pop_back();
  return connection;
}

void ConnectionPool::Give(std::size_t replica, std::unique_ptr<Connection> connection,
                          TimePoint now) {
  Shelf& shelf = At(replica);
  // TLS 1.3 sends its tickets after the handshake, so the session is taken at the end of use.
  if (SSL* const ssl = connection->stream.ssl(); ssl != nullptr && !shelf.session) {
    SSL_SESSION* const session = SSL_get1_session(ssl);
    if (session != nullptr) shelf.session.reset(session);
    if (session != nullptr && SSL_SESSION_is_resumable(session) == 0) shelf.session.reset();
  }
  if (shelf.idle.size() >= kMaxIdlePerReplica) return;
  connection->idle_since = now;
  shelf.idle.push_back(std::move(connection));
}

SSL_SESSION* ConnectionPool::TlsSession(std::size_t replica) const {
  return replica < shelves_.size() ? shelves_[replica].session.get() : nullptr;
}

void ConnectionPool::Sweep(TimePoint now) {
  constexpr auto kMaxIdle = std::chrono::seconds(50);
  std::vector<pollfd> polled;
  for (Shelf& shelf : shelves_) {
    for (const std::unique_ptr<Connection>& connection : shelf.idle) {
      polled.push_back({connection->stream.fd(), POLLIN | POLLRDHUP, 0});
    }
  }
  if (polled.empty() || poll(polled.data(), polled.size(), 0) < 0) return;
  std::size_t next = 0;
  for (Shelf& shelf : shelves_) {
    std::erase_if(shelf.idle, [&](const std::unique_ptr<Connection>& connection) {
      // An idle HTTP/1.1 connection has nothing to say: readable means closed or out of step. TLS
      // may hold a late session ticket, so only a hang-up counts there.
      const short dead = connection->stream.is_tls() ? POLLRDHUP | POLLHUP | POLLERR
                                                     : POLLIN | POLLRDHUP | POLLHUP | POLLERR;
      return (polled[next++].revents & dead) != 0 || now - connection->idle_since > kMaxIdle;
    });
  }
}

}  // namespace headgate::backends
