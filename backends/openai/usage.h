#pragma once

#include <simdjson.h>

#include <optional>

#include "backends/openai/answer.h"

namespace headgate::backends::openai {

// Reads a `usage` object in any of the dialects. nullopt: it lacks prompt_tokens, or a count is
// negative, absurd (over 1e12) or no integer; such figures are no basis for a bill. Consumes
// `fields`.
std::optional<ReportedUsage> ReadUsage(simdjson::ondemand::object fields);

// Whether nothing is left behind the document's value; simdjson's iteration does not ask.
inline bool AtEnd(simdjson::ondemand::document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != simdjson::SUCCESS;
}

}  // namespace headgate::backends::openai
