#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "backends/net/types.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// Looks up the names of replicas (`dns://`) and puts what has changed in force. What joins starts
// slowly; what leaves gets no new requests, ends those that run, and its idle connections close. A
// name that cannot be looked up keeps the addresses that it had. Bound to the control thread.
class NameWatch {
 public:
  static constexpr std::chrono::seconds kInterval{10};
  // While no address is known.
  static constexpr std::chrono::seconds kFirstInterval{2};

  // `current` returns the snapshot in force, and `use` puts other addresses in force.
  NameWatch(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current,
            std::function<absl::Status(const FoundReplicas&)> use);

  // Begins to look up, at once. It goes on until the io_context stops.
  void Start();

  struct Totals {
    std::uint64_t found = 0;
    std::uint64_t failed = 0;
  };
  // Lookups by backend, since the start.
  const std::map<std::string, Totals>& totals() const { return totals_; }

 private:
  struct Name {
    TimePoint next{};  // lookup
    bool failing = false;
    bool asked_for = true;  // by the configuration in force
  };
  Awaitable<void> Loop();
  Awaitable<void> Round();
  // Looks up the name of `backend`. Returns whether `found` has changed.
  Awaitable<bool> LookUp(const std::string& backend, const config::Url& name, FoundReplicas& found);
  void NoteFailure(const std::string& backend, const config::Url& name, const error_code& error);
  void NoteSuccess(const std::string& backend, const config::Url& name, bool known);

  asio::io_context& io_;
  const std::function<std::shared_ptr<const Snapshot>()> current_;
  const std::function<absl::Status(const FoundReplicas&)> use_;
  TcpResolver resolver_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> timer_;
  std::map<std::string, Name> names_;  // by backend and NameKey
  std::map<std::string, Totals> totals_;
};

}  // namespace headgate::gateway
