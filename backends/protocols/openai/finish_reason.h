#pragma once

#include <string_view>

namespace headgate::backends::openai {

// Returns whether a finish_reason says something. Some servers write "" or "null" for null. Pure.
bool IsFinishReason(std::string_view reason);

// Returns whether a finish_reason says that the answer broke off at the backend, so that it is not
// whole: "error" (OpenRouter), "abort" (vLLM and SGLang when they stop or take the request away),
// "insufficient_system_resource" (DeepSeek), "network_error" (Zhipu), as their documentation has
// them in November 2026. Pure.
bool SaysBrokenOff(std::string_view reason);

}  // namespace headgate::backends::openai
