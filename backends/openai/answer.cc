#include "backends/openai/answer.h"

#include <simdjson.h>

#include "backends/openai/usage.h"

namespace headgate::backends::openai {

std::optional<Answer> ReadAnswer(std::string_view body) {
  thread_local simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object fields;
  const std::size_t padded = body.size() + simdjson::SIMDJSON_PADDING;
  if (parser.iterate(body.data(), body.size(), padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(fields) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Answer answer;
  for (auto field : fields) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return std::nullopt;
    if (key == "usage") {
      simdjson::ondemand::object usage;
      if (field.value().get_object().get(usage) == simdjson::SUCCESS) {
        answer.usage = ReadUsage(usage);
      }
    } else if (key == "service_tier") {
      std::string_view tier;
      if (field.value().get_string().get(tier) == simdjson::SUCCESS) answer.service_tier = tier;
    }
  }
  if (!AtEnd(document)) return std::nullopt;
  return answer;
}

}  // namespace headgate::backends::openai
