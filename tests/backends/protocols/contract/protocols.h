#pragma once

#include <array>
#include <string>
#include <string_view>

#include "backends/protocols/translator.h"
#include "backends/protocols/values/client_protocol.h"

namespace headgate::backends::contract {

inline constexpr auto kChat = ChatProtocol::kChatCompletions;
inline constexpr auto kMessages = ChatProtocol::kMessages;
inline constexpr auto kResponses = ChatProtocol::kResponses;

inline constexpr std::array kProtocols = {ChatProtocol::kChatCompletions, ChatProtocol::kMessages,
                                          ChatProtocol::kResponses};

inline std::string_view NameOf(ChatProtocol protocol) {
  constexpr std::array<std::string_view, 3> kNames = {"chat", "messages", "responses"};
  return kNames[static_cast<std::size_t>(protocol)];
}

// What a client of the protocol speaks, for the readers of passing streams.
inline ClientProtocol ClientOf(ChatProtocol protocol) {
  constexpr std::array kClients = {ClientProtocol::kOpenAi, ClientProtocol::kAnthropic,
                                   ClientProtocol::kResponses};
  return kClients[static_cast<std::size_t>(protocol)];
}

inline std::string PairName(ChatProtocol from, ChatProtocol to) {
  return std::string(NameOf(from)).append(" to ").append(NameOf(to));
}

// A provider's own endpoint, which takes all that its protocol has.
inline BackendTraits TraitsOf(ChatProtocol protocol) {
  return {.model = "backend-model",
          .is_openai = protocol != ChatProtocol::kMessages,
          .takes_thoughts = true};
}

// A client that wants to be told everything: thoughts, and the usage of a stream.
inline Conversation CuriousClient(ChatProtocol protocol) {
  Conversation request;
  request.protocol = protocol;
  request.model = "client-model";
  request.stream = true;
  request.stream_usage = true;
  request.thinking.mode = ThinkingRequest::Mode::kAdaptive;
  return request;
}

}  // namespace headgate::backends::contract
