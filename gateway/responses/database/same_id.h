#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/responses/database/stored_response.h"
#include "policy/store/sqlite.h"

namespace headgate::gateway {

// Some backends give all responses the same id. The latest one has it in the store, and the earlier
// ones go on as the past of what continued them. An error stays in the database.

// Called before `response` is inserted. If something continues the response that has its id so far,
// that one gets another id, which no client can say; otherwise it is deleted. A response that
// continues its own id would be its own past, without an end. Returns what `response` continues.
std::string SetEarlierAside(policy::Sqlite& database, const StoredResponse& response);

// Deletes the response and the earlier ones of that id, if they were used after `since`. Returns
// whether there were any.
bool DeleteWithEarlier(policy::Sqlite& database, std::string_view owner, std::string_view id,
                       std::int64_t since);

}  // namespace headgate::gateway
