#pragma once

#include <simdjson.h>

#include <optional>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// Reads a `usage` object in any of the dialects: usage.cc has the table of their names. The same
// arithmetic serves whole, large and streamed answers. Consumes `fields`.
//
// Returns nullopt if no number in it is above 0, or if the count of prompt or completion is
// negative, over 10^12 or not an integer: such figures cannot be billed. Any other impossible count
// is left out, and the usage is not `consistent`.
std::optional<ReportedTokens> ReadUsage(simdjson::ondemand::object fields);

// Merges the reports of several events of one stream. The last report of input or of output counts.
// An event that does not report one of them leaves it as it was. Anthropic's first event has the
// prompt and its last event the output; Ollama puts zeros for unknown counts. A prompt does not
// shrink, so a smaller prompt with inconsistent figures is a part of it.
void MergeUsage(const ReportedTokens& later, std::optional<ReportedTokens>& known);

// Returns whether a value is null. simdjson's own answer, taken as a bool, throws for a word that
// begins like null and is another.
inline bool IsNull(simdjson::ondemand::value value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

// Returns whether nothing is left behind the document's value; simdjson's iteration does not check.
inline bool AtEnd(simdjson::ondemand::document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != simdjson::SUCCESS;
}

}  // namespace headgate::backends::openai
