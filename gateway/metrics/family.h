#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/money.h"
#include "gateway/metrics/cells.h"
#include "prometheus/metric_family.h"

namespace headgate::gateway {

using LabelPair = std::pair<std::string_view, std::string_view>;

// Builds one metric family: name and help once, then its series.
class FamilyBuilder {
 public:
  FamilyBuilder(std::string_view name, std::string_view help, prometheus::MetricType type) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
  }

  void Add(std::initializer_list<LabelPair> labels, double value) {
    prometheus::ClientMetric& metric = NewMetric(labels);
    if (family_.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  template <typename Totals, typename Bounds>
  void AddHistogram(std::initializer_list<LabelPair> labels, const Totals& totals,
                    const Bounds& bounds) {
    prometheus::ClientMetric::Histogram& histogram = NewMetric(labels).histogram;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < totals.counts.size(); ++i) {
      cumulative += static_cast<std::uint64_t>(totals.counts[i]);
      const double bound =
          i < std::size(bounds) ? bounds[i] : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back({cumulative, bound});
    }
    histogram.sample_count = cumulative;
    histogram.sample_sum = static_cast<double>(totals.sum_ns) * 1e-9;
  }

  prometheus::MetricFamily Take() { return std::move(family_); }

 private:
  prometheus::ClientMetric& NewMetric(std::initializer_list<LabelPair> labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, value] : labels) {
      metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
  }

  prometheus::MetricFamily family_;
};

// Exposition only: the books themselves stay integers.
inline double ToUsd(NanoUsd cost) {
  return static_cast<double>(cost) / static_cast<double>(kNanoPerUsd);
}

}  // namespace headgate::gateway
