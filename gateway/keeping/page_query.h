#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/answer.h"
#include "gateway/responses/database/stored_response.h"

namespace headgate::gateway {

// Returns the first value of that name in a query, decoded; empty if it is absent. Pure.
std::string QueryValue(std::string_view query, std::string_view name);

// Reads limit, order and after as OpenAI's lists have them; other names are ignored. Returns why
// the query is refused. Pure.
std::optional<ClientError> ReadPageQuery(std::string_view query, PageQuery& page);

}  // namespace headgate::gateway
