#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// Whether a backend's answer begins with the text that it was sent as its beginning.
enum class Repeats : std::uint8_t { kNever, kPerhaps, kAlways };

// How a backend is asked to go on with a text: the text is the last message of the conversation, in
// the name of the assistant, and the members below are added. All of it is constant.
struct PrefillDialect {
  // A member and its JSON value. Empty names are not written.
  using Member = std::pair<std::string_view, std::string_view>;

  std::string_view name;  // as the configuration has it
  ChatProtocol protocol = ChatProtocol::kChatCompletions;
  std::array<Member, 2> root;     // of the body; they replace the client's own
  Member message;                 // of the last message
  std::string_view base_path;     // the path that its URL must have; empty: as configured
  bool refuses_thinking = false;  // no text can be continued while the model is to think
  Repeats repeats = Repeats::kPerhaps;
};

// Returns the dialect of that name, or null. Thread-safe.
//
// * continue_final_message: vLLM and SGLang (`add_generation_prompt` is vLLM's: both true is a 400;
//   docs.vllm.ai, "OpenAI-Compatible Server", 2026-11; sgl-project/sglang pull request 4226).
// * prefix: Mistral, which repeats the text (vercel/ai pull request 3256).
// * prefix_beta: DeepSeek, below its path /beta alone (api-docs.deepseek.com, "Chat Prefix
//   Completion", 2026-11).
// * last_turn: Anthropic. White space at its end is refused, and so is the whole request with
//   thinking and by models since Claude Opus 4.6.
const PrefillDialect* PrefillDialectNamed(std::string_view name);

}  // namespace headgate::backends
