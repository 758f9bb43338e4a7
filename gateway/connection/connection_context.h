#pragma once

#include <memory>
#include <vector>

#include "backends/net/types.h"
#include "gateway/accounting/request_books.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/connection/read_ahead.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

class ClientConnection;

// What the client connections of one worker share. Worker-bound.
struct ConnectionContext {
  // What the requests of these connections may use.
  WorkerContext& worker;
  RequestBooks& books;
  // Configuration in force. A reload replaces it, so code that suspends keeps the pointer, not a
  // reference.
  std::shared_ptr<const Snapshot> snapshot;
  TimePoint drain_deadline = TimePoint::max();
  bool draining() const { return drain_deadline != TimePoint::max(); }
  ReadAheadBudget read_ahead;
  std::vector<ClientConnection*> open;  // each connection knows its index
};

}  // namespace headgate::gateway
