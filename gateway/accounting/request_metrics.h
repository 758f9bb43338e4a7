#pragma once

#include "gateway/accounting/request_account.h"
#include "gateway/metrics/shard.h"

namespace headgate::gateway {

// Books an ended request in a worker's metrics.
void BookMetrics(const RequestAccount& record, MetricShard& shard);

}  // namespace headgate::gateway
