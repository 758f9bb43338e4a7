#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace headgate::gateway {

// Returns the result of Explain as text with a table of targets: the answer, then its reasons.
// `verbose` adds what the topic model saw.
std::string ExplanationText(const boost::json::object& explanation, bool verbose);

}  // namespace headgate::gateway
