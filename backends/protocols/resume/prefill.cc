#include "backends/protocols/resume/prefill.h"

#include <algorithm>

namespace headgate::backends {
namespace {

constexpr std::array<PrefillDialect, 4> kDialects = {{
    {.name = "continue_final_message",
     .root = {{{"continue_final_message", "true"}, {"add_generation_prompt", "false"}}},
     .repeats = Repeats::kNever},
    {.name = "prefix", .root = {}, .message = {"prefix", "true"}, .repeats = Repeats::kAlways},
    {.name = "prefix_beta",
     .root = {},
     .message = {"prefix", "true"},
     .base_path = "/beta",
     .repeats = Repeats::kPerhaps},
    {.name = "last_turn",
     .protocol = ChatProtocol::kMessages,
     .root = {},
     .message = {},
     .refuses_thinking = true,
     .repeats = Repeats::kNever},
}};

}  // namespace

const PrefillDialect* PrefillDialectNamed(std::string_view name) {
  const auto* const found =
      std::find_if(kDialects.begin(), kDialects.end(),
                   [name](const PrefillDialect& dialect) { return dialect.name == name; });
  return found == kDialects.end() ? nullptr : found;
}

}  // namespace headgate::backends
