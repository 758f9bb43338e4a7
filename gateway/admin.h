#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "backends/net/types.h"
#include "gateway/metrics/exposition.h"
#include "gateway/snapshot.h"

namespace headgate::gateway {

// The admin port: /metrics, /healthz, /readyz, /status. Runs on the control thread, so that a
// scrape never stalls a stream. On loopback all of it is open; elsewhere /status needs
// `Authorization: Bearer` with server.admin_token. Bound to its io_context's thread.
class Admin {
 public:
  // All arguments outlive the admin.
  Admin(asio::io_context& io, const Snapshot& snapshot, const Exposition& exposition,
        std::function<bool()> ready);

  absl::Status Listen(const config::Endpoint& at);
  std::uint16_t local_port() const { return local_port_; }
  void Start();
  void Close();

 private:
  struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
  };
  Awaitable<void> AcceptLoop();
  Awaitable<void> Serve(TcpSocket socket);
  Answer Handle(std::string_view method, std::string_view target, std::string_view authorization,
                bool loopback) const;

  asio::io_context& io_;
  const Snapshot& snapshot_;
  const Exposition& exposition_;
  const std::function<bool()> ready_;
  const TimePoint started_ = SteadyClock::now();
  TcpAcceptor acceptor_;
  std::uint16_t local_port_ = 0;
};

// The state of everything as JSON, for GET /status. No secrets.
std::string StatusJson(const Snapshot& snapshot, bool ready, std::chrono::seconds uptime);

}  // namespace headgate::gateway
