#pragma once

#include <cstdint>

namespace headgate::backends {

// The protocol of a client: the shape in which it reads answers, events and errors.
enum class ClientProtocol : std::uint8_t {
  kOpenAi,     // chat completions, legacy completions, embeddings
  kAnthropic,  // Messages
  kResponses,  // OpenAI's Responses
};

}  // namespace headgate::backends
