#pragma once

#include "gateway/accounting/request_account.h"
#include "gateway/metrics/shard.h"

namespace headgate::gateway {

// Books an ended request into a worker's metrics.
void BookMetrics(const RequestAccount& record, MetricShard& shard);

}  // namespace headgate::gateway
