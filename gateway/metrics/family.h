#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prometheus/metric_family.h"

namespace headgate::gateway {

using LabelPair = std::pair<std::string_view, std::string_view>;
// Labels in the order in which they are shown.
using SeriesLabels = std::vector<prometheus::ClientMetric::Label>;

// Builds one metric family: name and help once, then its series. Thread-compatible.
class FamilyBuilder {
 public:
  FamilyBuilder(std::string_view name, std::string_view help, prometheus::MetricType type) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
  }

  void Add(std::initializer_list<LabelPair> labels, double value) {
    SeriesLabels texts;
    for (const auto& [name, text] : labels) texts.push_back({std::string(name), std::string(text)});
    Add(texts, value);
  }

  void Add(const SeriesLabels& labels, double value) {
    prometheus::ClientMetric& metric = NewMetric(labels);
    if (family_.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  // Adds a series {backend, result} for each of `results`; `counts` are parallel to them.
  template <std::size_t n, typename Counts>
  void AddResults(std::string_view backend, const std::array<std::string_view, n>& results,
                  const Counts& counts) {
    for (std::size_t i = 0; i < n; ++i) {
      Add({{"backend", backend}, {"result", results[i]}}, static_cast<double>(counts[i]));
    }
  }

  // `totals` are the totals of a DurationHistogram; `bounds` in seconds.
  template <typename Totals, typename Bounds>
  void AddHistogram(const SeriesLabels& labels, const Totals& totals, const Bounds& bounds) {
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
  prometheus::ClientMetric& NewMetric(const SeriesLabels& labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    metric.label = labels;
    return metric;
  }

  prometheus::MetricFamily family_;
};

}  // namespace headgate::gateway
