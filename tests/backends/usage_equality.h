#pragma once

#include <ostream>
#include <tuple>

#include "backends/protocols/openai/usage.h"

namespace headgate::backends::openai {

// For gtest, which finds them by their namespace.
inline bool operator==(const ReportedUsage& a, const ReportedUsage& b) {
  const auto all = [](const ReportedUsage& u) {
    return std::tie(u.input, u.cached_input, u.cache_write, u.output, u.reasoning, u.output_said,
                    u.consistent);
  };
  return all(a) == all(b);
}

inline void PrintTo(const ReportedUsage& u, std::ostream* out) {
  *out << "input " << u.input << ", cached " << u.cached_input << ", written " << u.cache_write
       << ", output " << u.output << ", reasoning " << u.reasoning
       << (u.output_said ? "" : ", output not said") << (u.consistent ? "" : ", not consistent");
}

}  // namespace headgate::backends::openai
