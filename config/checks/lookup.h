#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Finding models, backends and targets by name, with one wording for what is not found. Pure but
// for what goes into `context`; thread-compatible.

const Model* FindModel(const Config& config, std::string_view name);
const Backend* FindBackend(const Config& config, std::string_view name);
bool Serves(const Backend& backend, std::string_view model);
bool IsServed(const Config& config, std::string_view model);

// The built-in topics, then those of the configured model.
std::vector<std::string> KnownTopics(const Config& config);

// Reports at `path` when there is no such model; an alias of one is named as the fix.
bool CheckModelExists(ReadContext& context, const Config& config, const std::string& path,
                      std::string_view model);

// Reports at `path` when model or backend do not exist, or the backend does not serve the model.
bool CheckTarget(ReadContext& context, const Config& config, const std::string& path,
                 const TargetReference& target);

// Reports when a model's name or "model@backend" refers to nothing.
bool CheckModelOrTarget(ReadContext& context, const Config& config, const std::string& path,
                        const std::string& name);

}  // namespace headgate::config
