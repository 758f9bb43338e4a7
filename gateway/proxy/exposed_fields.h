#pragma once

#include <cstdint>
#include <string>

#include "gateway/accounting/request_account.h"

namespace headgate::gateway {

// How much is known of how a request was served when the head of its answer is written.
enum class Exposed : std::uint8_t { kRoute, kTarget, kCost };

// Returns header lines for clients that may see how their request was served. REQUIRES for all but
// kRoute, and for the comments: account.committed.
std::string ExposedFields(const RequestAccount& account, Exposed exposed);

// Appends comments for the event stream, which say what was not known when the head of the answer
// was written.
void AppendTargetComments(const RequestAccount& account, std::string& out);
void AppendCostComment(const RequestAccount& account, std::string& out);

}  // namespace headgate::gateway
