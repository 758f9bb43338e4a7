#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/answer.h"
#include "gateway/snapshot.h"

namespace headgate::gateway {

// The answers of GET /v1/models and GET /v1/models/{id}: every model that some backend serves,
// `auto`, and the configured aliases. `allowed`: a key's models, null or empty for all.
std::string ModelListJson(const Snapshot& snapshot, const std::vector<std::string>* allowed);
std::optional<std::string> ModelJson(const Snapshot& snapshot,
                                     const std::vector<std::string>* allowed, std::string_view id);

// OpenAI's 404 for a model that does not exist or that the key may not use.
ClientError UnknownModel(std::string_view model);

// Decodes %XX; anything that is no valid escape stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace headgate::gateway
