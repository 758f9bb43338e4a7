#pragma once

#include <cstdint>
#include <string>

#include "gateway/accounting/request_account.h"

namespace headgate::gateway {

// How much is known of how a request was served when the head of its answer is written.
enum class Exposed : std::uint8_t { kRoute, kTarget, kCost };

// Returns header lines for clients that may see how their request was served; the time in queues
// only if the request waited. REQUIRES for all but kRoute, and for the comments: account.committed.
std::string ExposedFields(const RequestAccount& account, Exposed exposed);

// Appends x-headgate-dropped, which concerns every client: the fields of its request that the
// committed target has not got, because the request was translated. Appends nothing if there are
// none.
void AppendDroppedField(const RequestAccount& account, std::string& out);
// The same for a stream whose head has been sent.
void AppendDroppedComment(const RequestAccount& account, std::string& out);

// Appends comments for the event stream, which say what was not known when the head of the answer
// was written.
void AppendTargetComments(const RequestAccount& account, std::string& out);
// `target`: index of the target that goes on with the answer.
void AppendResumedComment(const RequestAccount& account, std::size_t target, std::string& out);
void AppendCostComment(const RequestAccount& account, std::string& out);

}  // namespace headgate::gateway
