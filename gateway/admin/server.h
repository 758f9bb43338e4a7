#pragma once

#include <boost/beast/http/string_body.hpp>
#include <cstdint>

#include "absl/status/status.h"
#include "backends/net/types.h"
#include "config/config.h"
#include "gateway/admin/endpoints.h"
#include "gateway/admin/reload.h"

namespace headgate::gateway {

// The admin port's sockets and HTTP: endpoints.h has what it serves, guard.h which clients. Runs on
// the control thread, so that a scrape never stalls a stream. Bound to its io_context's thread.
class AdminServer {
 public:
  // `reloader` has the configuration in force. References outlive the server.
  AdminServer(asio::io_context& io, const Reloader& reloader, AdminEndpoints endpoints);

  absl::Status Listen(const config::ListenAddress& at);
  std::uint16_t local_port() const { return local_port_; }
  // Serves for as long as the io_context runs.
  void Start();

 private:
  struct Connection;
  struct Asked;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  Awaitable<void> AcceptLoop();
  Awaitable<void> Serve(TcpSocket socket);
  static Awaitable<void> Discard(Connection& connection);
  Awaitable<bool> Read(Connection& connection, Asked& asked) const;
  AdminAnswer Answer(const Connection& connection, const Asked& asked) const;
  static Response ResponseTo(const Asked& asked, AdminAnswer answer);

  asio::io_context& io_;
  const Reloader& reloader_;
  const AdminEndpoints endpoints_;
  TcpAcceptor acceptor_;
  std::uint16_t local_port_ = 0;
};

}  // namespace headgate::gateway
