#pragma once

#include <vector>

#include "prometheus/metric_family.h"

namespace headgate::gateway {

// Returns the resources that the process uses, under the names that all Prometheus clients use
// (prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics"). Reads /proc/self; what
// cannot be read is left out. Thread-safe.
std::vector<prometheus::MetricFamily> ProcessFamilies();

}  // namespace headgate::gateway
