#pragma once

#include <cstdint>
#include <string_view>

#include "tests/backends/protocols/contract/protocols.h"

namespace headgate::backends::contract {

// An aspect (aspects.h) of a conversation that is another one behind a translation.
struct Loss {
  enum class How : std::uint8_t {
    kDropped,    // it is lost, and the client is told its name in x-headgate-dropped
    kRewritten,  // it is said in words or in another member, or is filled in; or it means nothing
    kCombined,   // it is lost only together with another member that is said
  };
  ChatProtocol from;
  ChatProtocol to;
  std::string_view aspect;
  How how;
  std::string_view name;  // in x-headgate-dropped
};

// All losses. What is not in here survives.
inline constexpr Loss kLosses[] = {
    // From chat completions to Messages. max_tokens is required. Notes of the system go into the
    // user's turn,
    // refusals are texts, an object of JSON is asked for in words, and only a choice of
    // tools can say that calls come one by one. The tier priority is Anthropic's auto.
    {kChat, kMessages, "max_tokens", Loss::How::kRewritten, ""},
    {kChat, kMessages, "order", Loss::How::kRewritten, ""},
    {kChat, kMessages, "texts.note", Loss::How::kRewritten, ""},
    {kChat, kMessages, "texts.user", Loss::How::kRewritten, ""},
    {kChat, kMessages, "images.detail", Loss::How::kDropped, "image_url.detail"},
    {kChat, kMessages, "tool_choice", Loss::How::kRewritten, ""},
    {kChat, kMessages, "calls", Loss::How::kRewritten, ""},
    {kChat, kMessages, "results", Loss::How::kRewritten, ""},
    {kChat, kMessages, "signatures", Loss::How::kDropped, "reasoning_content"},
    {kChat, kMessages, "thoughts", Loss::How::kDropped, "reasoning_content"},
    {kChat, kMessages, "refusals", Loss::How::kRewritten, ""},
    {kChat, kMessages, "texts.assistant", Loss::How::kRewritten, ""},
    {kChat, kMessages, "format", Loss::How::kRewritten, ""},
    {kChat, kMessages, "texts.system", Loss::How::kRewritten, ""},
    {kChat, kMessages, "format.name", Loss::How::kRewritten, ""},
    {kChat, kMessages, "format.description", Loss::How::kDropped,
     "response_format.json_schema.description"},
    {kChat, kMessages, "format.strict", Loss::How::kRewritten, ""},
    {kChat, kMessages, "frequency_penalty", Loss::How::kDropped, "frequency_penalty"},
    {kChat, kMessages, "presence_penalty", Loss::How::kDropped, "presence_penalty"},
    {kChat, kMessages, "seed", Loss::How::kDropped, "seed"},
    {kChat, kMessages, "thinking", Loss::How::kRewritten, ""},
    {kChat, kMessages, "thinking.effort", Loss::How::kRewritten, ""},
    {kChat, kMessages, "verbosity", Loss::How::kDropped, "verbosity"},
    {kChat, kMessages, "service_tier", Loss::How::kDropped, "service_tier"},
    {kChat, kMessages, "cache_key", Loss::How::kDropped, "prompt_cache_key"},
    {kChat, kMessages, "parallel_tool_calls", Loss::How::kCombined, ""},
    {kChat, kMessages, "top_p", Loss::How::kCombined, "top_p"},
    {kChat, kMessages, "temperature", Loss::How::kCombined, "temperature"},
    // From chat completions to Responses. Responses makes a tool strict if nothing is said.
    {kChat, kResponses, "tools.strict", Loss::How::kRewritten, ""},
    {kChat, kResponses, "signatures", Loss::How::kDropped, "reasoning_content"},
    {kChat, kResponses, "thoughts", Loss::How::kDropped, "reasoning_content"},
    {kChat, kResponses, "frequency_penalty", Loss::How::kDropped, "frequency_penalty"},
    {kChat, kResponses, "presence_penalty", Loss::How::kDropped, "presence_penalty"},
    {kChat, kResponses, "seed", Loss::How::kDropped, "seed"},
    {kChat, kResponses, "stop", Loss::How::kDropped, "stop"},
    // From Messages to chat completions. A tool's message takes only texts, so its images go into
    // the user's
    // turn. A schema needs a name.
    {kMessages, kChat, "texts.system", Loss::How::kRewritten, ""},
    {kMessages, kChat, "results", Loss::How::kRewritten, ""},
    {kMessages, kChat, "results.error", Loss::How::kDropped, "is_error"},
    {kMessages, kChat, "images.result", Loss::How::kRewritten, ""},
    {kMessages, kChat, "images.user", Loss::How::kRewritten, ""},
    {kMessages, kChat, "order", Loss::How::kRewritten, ""},
    {kMessages, kChat, "texts.user", Loss::How::kRewritten, ""},
    {kMessages, kChat, "signatures", Loss::How::kDropped, "thinking"},
    {kMessages, kChat, "thoughts", Loss::How::kDropped, "thinking"},
    {kMessages, kChat, "format.name", Loss::How::kRewritten, ""},
    {kMessages, kChat, "format.strict", Loss::How::kRewritten, ""},
    {kMessages, kChat, "top_k", Loss::How::kDropped, "top_k"},
    {kMessages, kChat, "thinking.effort", Loss::How::kRewritten, ""},
    {kMessages, kChat, "thinking", Loss::How::kDropped, "thinking"},
    {kMessages, kChat, "thinking.budget", Loss::How::kDropped, "thinking"},
    {kMessages, kChat, "cache_control", Loss::How::kDropped, "cache_control"},
    {kMessages, kChat, "parts.cache_control", Loss::How::kDropped, "cache_control"},
    {kMessages, kChat, "tools.cache_control", Loss::How::kDropped, "cache_control"},
    // From Messages to Responses. Texts of the system are joined. Thoughts are asked for by their
    // summary.
    {kMessages, kResponses, "texts.system", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "tools.strict", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "results", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "results.error", Loss::How::kDropped, "is_error"},
    {kMessages, kResponses, "signatures", Loss::How::kDropped, "thinking"},
    {kMessages, kResponses, "thoughts", Loss::How::kDropped, "thinking"},
    {kMessages, kResponses, "format.name", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "format.strict", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "top_k", Loss::How::kDropped, "top_k"},
    {kMessages, kResponses, "stop", Loss::How::kDropped, "stop_sequences"},
    {kMessages, kResponses, "thinking.effort", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "thinking", Loss::How::kRewritten, "thinking"},
    {kMessages, kResponses, "thinking.display", Loss::How::kRewritten, ""},
    {kMessages, kResponses, "thinking.budget", Loss::How::kDropped, "thinking"},
    {kMessages, kResponses, "cache_control", Loss::How::kDropped, "cache_control"},
    {kMessages, kResponses, "parts.cache_control", Loss::How::kDropped, "cache_control"},
    {kMessages, kResponses, "tools.cache_control", Loss::How::kDropped, "cache_control"},
    // From Responses to chat completions. Thoughts are shown whether they are asked for or not.
    {kResponses, kChat, "images.result", Loss::How::kRewritten, ""},
    {kResponses, kChat, "images.user", Loss::How::kRewritten, ""},
    {kResponses, kChat, "order", Loss::How::kRewritten, ""},
    {kResponses, kChat, "texts.user", Loss::How::kRewritten, ""},
    {kResponses, kChat, "signatures", Loss::How::kDropped, "reasoning"},
    {kResponses, kChat, "thoughts", Loss::How::kDropped, "reasoning"},
    {kResponses, kChat, "thinking.display", Loss::How::kRewritten, ""},
    {kResponses, kChat, "metadata", Loss::How::kDropped, "metadata"},
    // From Responses to Messages. See chat completions to Messages.
    {kResponses, kMessages, "max_tokens", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "order", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "texts.note", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "texts.user", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "images.detail", Loss::How::kDropped, "detail"},
    {kResponses, kMessages, "tool_choice", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "calls", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "results", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "signatures", Loss::How::kDropped, "reasoning"},
    {kResponses, kMessages, "thoughts", Loss::How::kDropped, "reasoning"},
    {kResponses, kMessages, "refusals", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "texts.assistant", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "format", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "texts.system", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "format.name", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "format.description", Loss::How::kDropped, "text.format.description"},
    {kResponses, kMessages, "format.strict", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "thinking", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "thinking.effort", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "thinking.display", Loss::How::kRewritten, ""},
    {kResponses, kMessages, "verbosity", Loss::How::kDropped, "text.verbosity"},
    {kResponses, kMessages, "service_tier", Loss::How::kDropped, "service_tier"},
    {kResponses, kMessages, "metadata", Loss::How::kDropped, "metadata"},
    {kResponses, kMessages, "cache_key", Loss::How::kDropped, "prompt_cache_key"},
    {kResponses, kMessages, "parallel_tool_calls", Loss::How::kCombined, ""},
    {kResponses, kMessages, "top_p", Loss::How::kCombined, "top_p"},
    {kResponses, kMessages, "temperature", Loss::How::kCombined, "temperature"},
};

}  // namespace headgate::backends::contract
