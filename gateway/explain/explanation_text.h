#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace headgate::gateway {

// What Explain says, as text with a table of targets: the answer, then how it comes about.
// `verbose`: with what the topic model saw.
std::string ExplanationText(const boost::json::object& explanation, bool verbose);

}  // namespace headgate::gateway
