#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::anthropic {

// What whole and streamed answers of Anthropic's Messages API share. Pure; thread-safe.

// Returns nullopt for "" and null. An unknown reason counts as the end of the turn.
std::optional<FinishReason> ReadStopReason(std::string_view stop_reason);

// Returns the stop_reason. `calls`: the answer calls tools, which some backends end with a plain
// stop. Without a `finish` the parts of the answer decide.
std::string_view StopReasonOf(std::optional<FinishReason> finish, bool calls);

// Appends the member stop_sequence: which one the answer stopped at, or null.
void AppendStopSequence(std::optional<FinishReason> finish, std::string_view sequence,
                        std::string& out);

// Appends the members of a `usage` object, without its brackets. Counts that are not known are 0,
// because the SDKs require numbers.
void AppendUsageMembers(const AnswerUsage& usage, std::string& out);

// Returns the backend's id if it has the form msg_…, else one made of the request's.
std::string MessageId(std::string_view id, const AnswerContext& context);

// Returns an id for the call that is block `index` of an answer, if the backend gave none.
std::string CallId(std::size_t index, const AnswerContext& context);

// Returns whether the client asked for thoughts. Clients that did not may take the first block of
// an answer for its text.
bool WantsThoughts(const Conversation& request);
// Returns whether the client wants signatures without the texts of thoughts.
bool OmitsThoughtTexts(const Conversation& request);

}  // namespace headgate::backends::anthropic
