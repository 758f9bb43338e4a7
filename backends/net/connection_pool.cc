#include "backends/net/connection_pool.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "openssl/ssl.h"

namespace headgate::backends {

void Connection::MakeRoom() {
  // In bytes. Large enough for several events or a usual answer in one read, small enough for
  // thousands of connections. Not zeroed, so that unused parts take no memory of the system.
  constexpr std::size_t kReadBuffer = 16u << 10;
  if (begin == end) begin = end = 0;
  if (end < capacity) return;
  const std::size_t unread = end - begin;
  if (begin == 0) {
    // Only a head can be longer than the buffer; the parser's limit ends that.
    const std::size_t grown = capacity == 0 ? kReadBuffer : capacity * 2;
    auto larger = std::make_unique_for_overwrite<char[]>(grown);
    std::copy_n(buffer.get(), unread, larger.get());
    buffer = std::move(larger);
    capacity = grown;
  } else {
    std::copy_n(buffer.get() + begin, unread, buffer.get());
  }
  begin = 0;
  end = unread;
}

void ConnectionPool::SessionDeleter::operator()(SSL_SESSION* session) const {
  SSL_SESSION_free(session);
}

ConnectionPool::~ConnectionPool() = default;

void ConnectionPool::Keep(const std::vector<std::size_t>& replicas) {
  absl::flat_hash_map<std::size_t, Shelf> kept;
  for (const std::size_t replica : replicas) {
    const auto known = shelves_.find(replica);
    kept.emplace(replica, known == shelves_.end() ? Shelf() : std::move(known->second));
  }
  shelves_ = std::move(kept);
}

std::unique_ptr<Connection> ConnectionPool::Take(std::size_t replica) {
  const auto found = shelves_.find(replica);
  if (found == shelves_.end()) return nullptr;
  std::vector<std::unique_ptr<Connection>>& idle = found->second.idle;
  while (!idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (connection->stream.IsSilent()) return connection;
  }
  return nullptr;
}

void ConnectionPool::Give(std::size_t replica, std::unique_ptr<Connection> connection,
                          TimePoint now) {
  const auto found = shelves_.find(replica);
  if (found == shelves_.end()) return;
  Shelf& shelf = found->second;
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
  const auto found = shelves_.find(replica);
  return found == shelves_.end() ? nullptr : found->second.session.get();
}

void ConnectionPool::Sweep(TimePoint now) {
  constexpr auto kMaxIdle = std::chrono::seconds(50);
  constexpr auto kBufferKept = std::chrono::seconds(1);
  std::vector<pollfd> polled;
  for (const auto& [replica, shelf] : shelves_) {
    for (const std::unique_ptr<Connection>& connection : shelf.idle) {
      polled.push_back({connection->stream.fd(), POLLIN | POLLRDHUP, 0});
    }
  }
  if (polled.empty() || poll(polled.data(), polled.size(), 0) < 0) return;
  std::size_t next = 0;
  for (auto& [replica, shelf] : shelves_) {  // in the order of the first loop: nothing was added
    std::erase_if(shelf.idle, [&](const std::unique_ptr<Connection>& connection) {
      const short heard = polled[next++].revents;
      if ((heard & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return true;
      if (now - connection->idle_since > kMaxIdle) return true;
      if (now - connection->idle_since > kBufferKept) connection->DropBuffer();
      return (heard & POLLIN) != 0 && !connection->stream.IsSilent();
    });
  }
}

}  // namespace headgate::backends
