#pragma once

#include <simdjson.h>

#include <optional>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// Reads a `usage` object in any of the dialects: usage.cc has the table of their names. The same
// arithmetic serves whole, large and streamed answers. Consumes `fields`.
//
// nullopt: nothing in it is above 0, or the count of prompt or completion is negative, over 10^12
// or not an integer; such figures are no basis for a bill. Any other count that cannot be is left
// out, and the usage is not `consistent`.
std::optional<ReportedTokens> ReadUsage(simdjson::ondemand::object fields);

// Puts together what several events of one stream report. The last word on a side counts, and one
// that does not speak of a side (Anthropic's first event has the prompt and its last the output;
// Ollama puts zeros where it does not know better) leaves it as it was. A prompt does not shrink,
// so a smaller one that does not agree with itself is part of it.
void MergeUsage(const ReportedTokens& later, std::optional<ReportedTokens>& known);

// Whether nothing is left behind the document's value; simdjson's iteration does not ask.
inline bool AtEnd(simdjson::ondemand::document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != simdjson::SUCCESS;
}

}  // namespace headgate::backends::openai
