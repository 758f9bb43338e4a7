#pragma once

#include <cstdint>
#include <string>

#include "gateway/accounting/request_account.h"

namespace headgate::gateway {

// How much of what served a request is known when the head of its answer is written.
enum class Exposed : std::uint8_t { kRoute, kTarget, kCost };

// Header lines for clients that may see how their request was served; of the latest attempt.
std::string ExposedFields(const RequestAccount& account, Exposed exposed);

// For events of a stream: as comments, what the head of the answer could not know yet.
void AppendTargetComments(const RequestAccount& account, std::string& out);
void AppendCostComment(const RequestAccount& account, std::string& out);

}  // namespace headgate::gateway
