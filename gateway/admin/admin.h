#pragma once

#include <boost/json/array.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "backends/net/types.h"
#include "gateway/admin/exposition.h"
#include "gateway/admin/live_explain.h"
#include "gateway/admin/reload.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// The admin port: one table of endpoints (admin.cc). Runs on the control thread, so that a scrape
// never stalls a stream. On loopback all of it is open; elsewhere /metrics, /healthz and /readyz
// are, and the rest needs `Authorization: Bearer` with server.admin_token, and a `Host` that is
// ours (page_guard.h says why). What changes something is a POST, and a POST needs `Content-Type:
// application/json`, which makes a browser ask first. Bound to its io_context's thread.
class Admin {
 public:
  // All arguments outlive the admin. `reload` is what POST /reload does.
  Admin(asio::io_context& io, const Reloader& reloader, const Exposition& exposition,
        const LiveExplain& explain, std::function<bool()> ready,
        std::function<Reloader::Outcome()> reload);

  absl::Status Listen(const config::ListenAddress& at);
  std::uint16_t local_port() const { return local_port_; }
  void Start();

  struct Request {
    std::string_view method;
    std::string_view target;
    std::string_view host;
    std::string_view content_type;
    std::string_view authorization;
    std::string_view body;
    std::string local_address;  // that the client has reached
    bool loopback = false;
  };
  struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string allow;  // with 405: the method that there is
  };
  // One row of the table. A POST whose body is larger than `most_body` is refused unread.
  struct Endpoint {
    std::string_view method;
    std::string_view path;
    bool open;  // to anybody, on any address
    std::size_t most_body;
    Answer (Admin::*answer)(const Request&) const;
  };

 private:
  Awaitable<void> AcceptLoop();
  Awaitable<void> Serve(TcpSocket socket);
  Answer Handle(const Request& request) const;
  // Why a request that `endpoint` would serve is refused.
  std::optional<Answer> Refusal(const Endpoint& endpoint, const Request& request) const;

  Answer Metrics(const Request& request) const;
  Answer Alive(const Request& request) const;
  Answer Ready(const Request& request) const;
  Answer Status(const Request& request) const;
  Answer Reload(const Request& request) const;
  Answer Explain(const Request& request) const;
  static const Endpoint* Find(std::string_view method, std::string_view path);

  asio::io_context& io_;
  const Reloader& reloader_;
  const Exposition& exposition_;
  const LiveExplain& explain_;
  const std::function<bool()> ready_;
  const std::function<Reloader::Outcome()> reload_;
  const TimePoint started_ = SteadyClock::now();
  TcpAcceptor acceptor_;
  std::uint16_t local_port_ = 0;
};

// The state of everything as JSON, for GET /status. No secrets.
std::string StatusJson(const Reloader& reloader, bool ready, std::chrono::seconds uptime);

// What is wrong with a configuration, one object for each.
boost::json::array DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics);

}  // namespace headgate::gateway
