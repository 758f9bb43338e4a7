#pragma once

#include <string>
#include <vector>

#include "gateway/admin/reload.h"
#include "gateway/log/log_writer.h"
#include "gateway/metrics/labels.h"
#include "gateway/metrics/shard.h"
#include "gateway/responses/response_store.h"
#include "gateway/upkeep/load_polls.h"
#include "gateway/upkeep/name_watch.h"
#include "gateway/upkeep/replica_checks.h"
#include "gateway/upkeep/webhook.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Merges the workers' shards and the fleet's state into Prometheus families at scrape time. Bound
// to the control thread, on which the configuration changes. What the workers write is read through
// relaxed atomics and leaf locks.
class Exposition {
 public:
  // All arguments outlive the exposition. `responses` and `ledger`: null if there is none.
  Exposition(const LabelTable& labels, SeriesCap& cap, std::vector<const MetricShard*> shards,
             const Reloader& reloader, const ReplicaChecks& checks, const LoadPolls& loads,
             const NameWatch& names, const Webhook& webhook, const LogWriter& logs,
             const ResponseStore* responses, const policy::LedgerWriter* ledger);

  // Returns all metrics in the text format 0.0.4.
  std::string Text() const;

 private:
  using Families = FamilySet::Families;
  Families Collect() const;
  void CollectGateway(Families& families) const;
  void CollectConfiguration(Families& families) const;
  void CollectLogs(Families& families) const;
  void CollectResponses(Families& families) const;
  void CollectCertificates(Families& families) const;
  void CollectFleet(Families& families) const;
  void CollectEjections(Families& families) const;
  void CollectUpkeep(Families& families) const;

  const LabelTable& labels_;
  SeriesCap& cap_;
  const std::vector<const MetricShard*> shards_;
  const Reloader& reloader_;
  const ReplicaChecks& checks_;
  const LoadPolls& loads_;
  const NameWatch& names_;
  const Webhook& webhook_;
  const LogWriter& logs_;
  const ResponseStore* const responses_;
  const policy::LedgerWriter* const ledger_;
};

}  // namespace headgate::gateway
