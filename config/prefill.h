#pragma once

#include <string_view>

#include "config/supply.h"

namespace headgate::config {

// Returns the name of the way in which a backend is asked to go on with a text that it is given
// (backends::PrefillDialect); empty if none is known: then `supports: [prefill]` of its models has
// no effect. Pure.
std::string_view PrefillDialectName(const Backend& backend);

// Returns the endpoint, of kEndpoints, to which such a request goes. Pure.
std::string_view PrefillEndpoint(const Backend& backend);

// Returns whether a backend's model is said to continue an answer. Pure.
bool SupportsPrefill(const ServedModel& served);
bool SupportsPrefill(const Backend& backend, std::string_view model);

}  // namespace headgate::config
