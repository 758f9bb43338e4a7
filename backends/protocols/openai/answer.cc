#include <utility>

#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

std::optional<Answer> ReadAnswer(std::string_view body) {
  std::optional<TopLevel> top = ReadTopLevel(body);
  if (!top) return std::nullopt;
  return std::move(top->answer);
}

}  // namespace headgate::backends::openai
