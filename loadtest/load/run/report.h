#pragma once

#include <boost/json/object.hpp>
#include <ostream>
#include <vector>

#include "loadtest/load/run/runner.h"
#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

// A table for people: a row for all requests, a row for each kind of request, and the errors.
void PrintTable(const LoadResult& result, const std::vector<MixEntry>& mix, std::ostream& out);

// The same for programs: {"total": …, "mix": {name: …}, "generator": …}; times in milliseconds.
// `cpu_seconds` is the CPU time that the generator itself used.
boost::json::object ToJson(const LoadResult& result, const std::vector<MixEntry>& mix,
                           double cpu_seconds);

}  // namespace headgate::loadtest::load
