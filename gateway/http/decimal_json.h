#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace headgate::gateway {

// `value` as JSON text in which every number is a plain decimal: 0.001 and not 1E-3, which
// boost::json::serialize writes and people stumble over. As many digits as tell the number from its
// neighbours; what is no number becomes null. Thread-safe.
std::string DecimalJson(const boost::json::value& value);

}  // namespace headgate::gateway
