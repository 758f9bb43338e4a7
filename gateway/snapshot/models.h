#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/client_protocol.h"
#include "gateway/http/answer.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// The answers of GET /v1/models and GET /v1/models/{id}: every model that some backend serves,
// `auto`, and the configured aliases. Models that the key may not use are left out: its `models`,
// its `require` and the `require` of its team decide. `key` is an index into the configured keys;
// nullopt: no model is left out. The list is always whole, whatever page a client asks for.
std::string ModelListJson(const Snapshot& snapshot, std::optional<std::size_t> key,
                          backends::ClientProtocol protocol);
std::optional<std::string> ModelJson(const Snapshot& snapshot, std::optional<std::size_t> key,
                                     std::string_view id, backends::ClientProtocol protocol);

// Returns OpenAI's 404 for a model that does not exist or that the key may not use.
ClientError UnknownModel(std::string_view model);

}  // namespace headgate::gateway
