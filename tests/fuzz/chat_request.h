#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/request_reader.h"
#include "backends/protocols/translator.h"
#include "config/base/check.h"

namespace headgate::backends {

// Whether the gateway would let the body through to a translation.
inline bool IsAcceptedBody(ChatProtocol protocol, std::string_view body) {
  static RequestReader reader;
  static RequestView view;
  constexpr ApiEndpoint kEndpoints[] = {ApiEndpoint::kChat, ApiEndpoint::kMessages,
                                        ApiEndpoint::kResponses};
  const auto block = std::make_unique<char[]>(body.size() + RequestReader::kPadding);
  std::memcpy(block.get(), body.data(), body.size());
  return !reader.Read(kEndpoints[static_cast<std::size_t>(protocol)], block.get(), body.size(),
                      view);
}

// Reads a body, writes it for a backend of each protocol, and reads that again.
inline void CheckChatRequest(ChatProtocol client, std::string_view body) {
  if (!IsAcceptedBody(client, body)) return;
  Conversation said;
  DroppedFields dropped;
  if (const auto problem = ReadConversation(client, body, said, dropped)) {
    HEADGATE_CHECK(!problem->message.empty());
    return;
  }
  for (const ChatProtocol backend :
       {ChatProtocol::kChatCompletions, ChatProtocol::kMessages, ChatProtocol::kResponses}) {
    Conversation arrived;
    DroppedFields unread;
    DroppedFields unsaid = dropped;
    std::string out;
    if (WriteConversation(backend, said, {.model = "m", .takes_thoughts = true}, unsaid, out)) {
      continue;
    }
    if (!IsAcceptedBody(backend, out)) continue;  // such as a role that has nothing to say
    static_cast<void>(ReadConversation(backend, out, arrived, unread));
    HEADGATE_CHECK(arrived.model == "m" || arrived.model.empty());
  }
}

}  // namespace headgate::backends
