#include "routing/policy/serving.h"

#include <cstdint>

namespace headgate::routing {
namespace {

// What requests are translated into.
constexpr std::uint8_t kConversations =
    BitOf(Endpoint::kChat) | BitOf(Endpoint::kMessages) | BitOf(Endpoint::kResponses);

// The gateway itself estimates the tokens of a request that it would translate.
constexpr std::uint8_t kTranslated = kConversations | BitOf(Endpoint::kCountTokens);

}  // namespace

Drop EndpointDrop(const CompiledPolicy& policy, const Target& target, Endpoint endpoint,
                  bool native_only) {
  const bool model_suits = endpoint == Endpoint::kEmbeddings
                               ? target.embeddings || !policy.knows_embeddings()
                               : target.chat;
  if (!model_suits) return Drop::kEndpoint;
  if (ServesItself(target, endpoint)) return Drop::kNone;
  const bool translates =
      (kTranslated & BitOf(endpoint)) != 0 && (target.endpoints & kConversations) != 0;
  if (!translates) return Drop::kEndpoint;
  return native_only ? Drop::kNativeOnly : Drop::kNone;
}

}  // namespace headgate::routing
