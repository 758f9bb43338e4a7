#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reader/reading.h"

namespace headgate::config {

// Finding models, backends and targets by name, with one wording for what is not found. Pure but
// for what goes into `reading`; thread-compatible.

// "policy.yaml:12", for a diagnostic that speaks of a second place.
std::string Where(const Place& place);

const Model* FindModel(const Config& config, std::string_view name);
const Backend* FindBackend(const Config& config, std::string_view name);
bool Serves(const Backend& backend, std::string_view model);
bool IsServed(const Config& config, std::string_view model);

// The built-in topics, then those of the configured model.
std::vector<std::string> KnownTopics(const Config& config);

// Reports at `path` when there is no such model; an alias of one is named as the fix.
bool CheckModelExists(Reading& reading, const Config& config, const std::string& path,
                      std::string_view model);

// Reports at `path` when model or backend do not exist, or the backend does not serve the model.
bool CheckTarget(Reading& reading, const Config& config, const std::string& path,
                 const TargetReference& target);

// Reports when a model's name or "model@backend" refers to nothing.
bool CheckModelOrTarget(Reading& reading, const Config& config, const std::string& path,
                        const std::string& name);

}  // namespace headgate::config
