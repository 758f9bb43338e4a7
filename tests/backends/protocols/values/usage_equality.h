#pragma once

#include <ostream>
#include <tuple>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends {

// gtest finds these functions by their namespace.
inline bool operator==(const ReportedTokens& a, const ReportedTokens& b) {
  const auto all = [](const ReportedTokens& u) {
    return std::tie(u.input, u.cached_input, u.cache_write, u.output, u.reasoning, u.output_said,
                    u.consistent, u.cache_write_1h, u.web_searches, u.other_charges);
  };
  return all(a) == all(b);
}

inline void PrintTo(const ReportedTokens& u, std::ostream* out) {
  *out << "input " << u.input << ", cached " << u.cached_input << ", written " << u.cache_write
       << ", output " << u.output << ", reasoning " << u.reasoning << ", written for an hour "
       << u.cache_write_1h << ", searches " << u.web_searches
       << (u.other_charges ? ", other charges" : "") << (u.output_said ? "" : ", output not said")
       << (u.consistent ? "" : ", not consistent");
}

}  // namespace headgate::backends
