#pragma once

#include <cstdint>
#include <utility>

#include "backends/net/types.h"
#include "backends/upstream/exchange.h"
#include "config/base/split_mix.h"
#include "gateway/attempt/text_pool.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/decide/request_decision.h"
#include "gateway/explain/recent_decisions.h"
#include "gateway/failover/retry_budget.h"
#include "gateway/log/clock_text.h"
#include "gateway/metrics/shard.h"

namespace headgate::policy {
class LedgerWriter;
}

namespace headgate::gateway {

class ResponseStore;

// What a request may use of its worker and of the process. It knows nothing of connections, so a
// test makes a context with its own exchanges. Worker-bound unless said otherwise.
struct WorkerContext {
  WorkerContext(Executor runs_on, backends::ExchangeFactory& factory, SeriesCap& cap,
                const ConversationNamer& namer, ConversationTable& table, std::uint64_t seed)
      : executor(std::move(runs_on)),
        exchanges(factory),
        conversations(namer),
        conversation_table(table),
        metrics(cap),
        random(seed) {}

  const Executor executor;
  backends::ExchangeFactory& exchanges;

  // Shared by all workers; thread-safe.
  const ConversationNamer& conversations;
  ConversationTable& conversation_table;
  ResponseStore* responses = nullptr;      // null: responses are not stored
  policy::LedgerWriter* ledger = nullptr;  // null: there is no ledger

  MetricShard metrics;  // written by this worker only, read by scrapes at any time
  RetryBudget retry_budget;
  ClockText clock;
  config::SplitMix64 random;
  TextPool texts;
  RequestDecision decision;  // scratch: no longer needed when a request suspends for the first time
  RecentDecisions recent;    // thread-safe
};

}  // namespace headgate::gateway
