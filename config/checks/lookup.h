#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Find models, backends and targets by name, with one wording for a missing one. Pure except for
// reports into `context`; thread-compatible.

const Model* FindModel(const Config& config, std::string_view name);
const Backend* FindBackend(const Config& config, std::string_view name);
bool Serves(const Backend& backend, std::string_view model);
bool IsServed(const Config& config, std::string_view model);

// The built-in topics, then those of the configured model.
std::vector<std::string> KnownTopics(const Config& config);

// Reports at `path` if the model does not exist; for an alias, the fix names its model. Returns
// false after reporting.
bool CheckModelExists(ReadContext& context, const Config& config, const std::string& path,
                      std::string_view model);

// Reports at `path` if the model or backend does not exist, or the backend does not serve the
// model.
bool CheckTarget(ReadContext& context, const Config& config, const std::string& path,
                 const TargetReference& target);

// The same for the name of a model or "model@backend".
bool CheckModelOrTarget(ReadContext& context, const Config& config, const std::string& path,
                        const std::string& name);

}  // namespace headgate::config
