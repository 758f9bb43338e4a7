#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backends/net/types.h"
#include "backends/upstream/exchange.h"
#include "gateway/snapshot/snapshot.h"
#include "gateway/upkeep/budget_alert.h"
#include "gateway/upkeep/webhook_queue.h"

namespace headgate::gateway {

// Posts alerts of budgets to the webhook of the configuration in force, one after the other, each
// on a connection of its own. Redirects are not followed, and the answer's body is not read. What
// cannot be delivered is a line in the operator's log. Bound to the thread of its io_context.
class Webhook {
 public:
  // How many alerts ended so, since the start.
  struct Totals {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;   // after the last try, or refused
    std::uint64_t dropped = 0;  // too many waited
  };
  // What the webhook needs. All of it outlives the webhook.
  struct Parts {
    asio::io_context& io;
    backends::ExchangeFactory& exchanges;
    std::function<std::shared_ptr<const Snapshot>()> current;  // the snapshot in force
    // Called when an alert was delivered or given up, and at once if there is no webhook.
    std::function<void(const BudgetAlert&)> on_end;
    std::string instance;  // which gateway says it
  };

  explicit Webhook(Parts parts, const WebhookPatience& patience = {});

  // Returns at once.
  void Send(const BudgetAlert& alert);

  const Totals& totals() const { return totals_; }

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
  // How a try ended, and why it failed.
  struct Ended {
    PostResult result = PostResult::kFailed;
    std::string detail;
  };

  // Sends what waits, and ends when nothing does.
  Awaitable<void> SendAll();
  Awaitable<Ended> Post(std::shared_ptr<const Snapshot> snapshot);
  void Note(const Ended& ended);

  const Parts parts_;
  const WebhookPatience patience_;
  WebhookQueue queue_;
  Totals totals_;
  bool sending_ = false;
  Timer timer_;
};

}  // namespace headgate::gateway
