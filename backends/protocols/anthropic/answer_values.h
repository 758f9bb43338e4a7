#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/translation.h"

namespace headgate::backends::anthropic {

// What whole and streamed answers of Anthropic's Messages API share. Pure; thread-safe, but for
// UsageReport.

// Returns nullopt for "" and null. An unknown reason counts as the end of the turn.
std::optional<FinishReason> ReadStopReason(std::string_view stop_reason);

// Returns the stop_reason. `calls`: the answer calls tools, which some backends end with a plain
// stop. Without a `finish` the parts of the answer decide.
std::string_view StopReasonOf(std::optional<FinishReason> finish, bool calls);

// Appends the member stop_sequence: which one the answer stopped at, or null.
void AppendStopSequence(std::optional<FinishReason> finish, std::string_view sequence,
                        std::string& out);

// Adds up the `usage` objects of one answer. Each count replaces the count before (a message_delta
// is cumulative), but neither null nor 0 replaces a number: some servers write 0 for unknown.
class UsageReport {
 public:
  // Consumes `usage`. A count that is negative, over 10^12 or not whole is left out, and the tokens
  // are not `consistent`.
  void Add(simdjson::ondemand::object usage);
  bool known() const { return known_; }
  // Input includes cached and written tokens here, which Anthropic's input_tokens exclude.
  AnswerUsage Usage() const;

 private:
  void Count(simdjson::ondemand::value value, std::int64_t& count);

  std::int64_t input_ = 0;
  std::int64_t cache_read_ = 0;
  std::int64_t cache_write_ = 0;
  std::int64_t output_ = 0;
  std::int64_t thinking_ = 0;
  bool output_said_ = false;
  bool left_out_ = false;
  bool known_ = false;
  std::string service_tier_;
};

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
