#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "backends/net/stream.h"
#include "backends/net/types.h"

namespace headgate::backends {

// A connection to one replica with its read buffer.
struct Connection {
  explicit Connection(TcpSocket socket) : stream(std::move(socket)) {}
  // Makes room for at least one more byte at `end`.
  void MakeRoom();
  // Frees the buffer, which an idle connection does not need. REQUIRES: begin == end.
  void DropBuffer() {
    buffer.reset();
    capacity = begin = end = 0;
  }

  Stream stream;
  std::unique_ptr<char[]> buffer;  // null until something is to be read
  std::size_t capacity = 0;
  std::size_t begin = 0;  // bytes [begin, end) of buffer are read and not yet parsed
  std::size_t end = 0;
  TimePoint idle_since{};
};

// Idle upstream connections of one worker, by replica, newest first: the newest connection is the
// least likely to be closed by the other side. Only replicas that Keep has named have a shelf. A
// connection to any other replica, returned by a request of an older configuration, is closed.
// Worker-bound.
class ConnectionPool {
 public:
  ~ConnectionPool();

  // Names the replicas of the configuration in force, by process-wide numbers that are never used
  // again for another address or another trust. Connections to all other replicas are closed.
  void Keep(const std::vector<std::size_t>& replicas);

  // Returns the newest idle connection to `replica` that is silent, or null. Connections that are
  // not silent are dropped: bytes on an idle connection answer no request. The next request would
  // take them for its answer, and every later request would get the answer of the request before
  // it. Costs one system call for each connection that is checked.
  std::unique_ptr<Connection> Take(std::size_t replica);
  // Keeps a connection that has just finished an exchange cleanly.
  void Give(std::size_t replica, std::unique_ptr<Connection> connection, TimePoint now);
  // Drops connections that are no longer silent, which one poll(2) finds for all, and connections
  // that were idle for longer than 50 s. Called by the worker's sweep.
  void Sweep(TimePoint now);
  // Drops all connections, including those that are given back later.
  void Clear() { Keep({}); }

  // Returns the TLS session to resume with, or null. The pool owns it.
  SSL_SESSION* TlsSession(std::size_t replica) const;

 private:
  static constexpr std::size_t kMaxIdlePerReplica = 512;
  struct SessionDeleter {
    void operator()(SSL_SESSION* session) const;
  };
  struct Shelf {
    std::vector<std::unique_ptr<Connection>> idle;  // newest last
    std::unique_ptr<SSL_SESSION, SessionDeleter> session;
  };
  absl::flat_hash_map<std::size_t, Shelf> shelves_;
};

}  // namespace headgate::backends
