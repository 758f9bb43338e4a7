#include "backends/protocols/openai/answer.h"

#include <utility>

#include "backends/protocols/openai/top_level.h"

namespace headgate::backends::openai {

std::optional<Answer> ReadAnswer(std::string_view body) {
  std::optional<TopLevel> top = ReadTopLevel(body);
  if (!top) return std::nullopt;
  return std::move(top->answer);
}

}  // namespace headgate::backends::openai
