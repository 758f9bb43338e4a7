#pragma once

#include <string_view>

namespace headgate::backends {

// One sample of a Prometheus text. The views point into the text.
struct PrometheusSample {
  std::string_view name;
  std::string_view labels;  // what stands between the braces, as written; empty if there are none
  double value = 0;         // finite
};

// Reads the samples of a text in the exposition format 0.0.4 or its successor, one after another.
// Comments, timestamps and exemplars are skipped. So are lines that are not samples, and samples
// whose value is not a finite number: one bad line does not hide the lines after it. Sans-I/O,
// thread-compatible.
//
// Format: prometheus.io "Exposition formats", read 2026-11.
class PrometheusText {
 public:
  // `text` outlives the reader and its samples.
  explicit PrometheusText(std::string_view text) : rest_(text) {}

  // Returns whether there was another sample. If not, `sample` is unchanged.
  bool Next(PrometheusSample& sample);

 private:
  std::string_view rest_;
};

// Returns the value of a label, with its escapes as written, or an empty text if there is no such
// label: Prometheus treats both alike. `labels`: of a sample.
std::string_view LabelValue(std::string_view labels, std::string_view name);

}  // namespace headgate::backends
