#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace headgate::gateway {

// Returns `value` as JSON text in which every number is a plain decimal: 0.001 and not 1E-3, which
// boost::json::serialize writes and people misread. A number has as many digits as distinguish it
// from its neighbours. NaN and infinity become null. Thread-safe.
std::string DecimalJson(const boost::json::value& value);

}  // namespace headgate::gateway
