#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Which topic model a configuration uses, for people who watch a daemon. Pure; thread-safe.

// {model, checksum, topics, threshold}: `model` is the path of the file, or "built-in"; `checksum`
// is that of the file, 16 hexadecimal digits; `topics` are those that a request may get;
// `threshold` is that of the configuration, and is missing if it has none.
boost::json::object ClassifierJson(const config::Config& config,
                                   const routing::CompiledPolicy& policy);

// How a reload changed the model: `classifier.model (another file: checksum 1a2b3c4d → 9f00aa11,
// topics added: fees; gone: loans)`. Empty if the model is that of before.
std::string ClassifierChange(const routing::CompiledPolicy& before,
                             const routing::CompiledPolicy& after);

}  // namespace headgate::gateway
