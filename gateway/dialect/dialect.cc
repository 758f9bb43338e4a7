#include "gateway/dialect/dialect.h"

#include <algorithm>
#include <array>
#include <string>

#include "backends/protocols/translation/signature_mark.h"
#include "config/prefill.h"
#include "routing/policy/serving.h"

namespace headgate::gateway {
namespace {

using backends::ChatProtocol;
using backends::ClientProtocol;
using routing::Endpoint;
using routing::ServesItself;

constexpr std::string_view kUpstreamChat = "/chat/completions";
constexpr std::string_view kUpstreamMessages = "/messages";

// The endpoint of each protocol in which a conversation can be written, in the order in which they
// are chosen.
struct ChatEndpoint {
  Endpoint endpoint;
  ChatProtocol chat;
  ClientProtocol protocol;
  std::string_view path;
};
constexpr std::array kChatEndpoints = {
    ChatEndpoint{Endpoint::kChat, ChatProtocol::kChatCompletions, ClientProtocol::kOpenAi,
                 kUpstreamChat},
    ChatEndpoint{Endpoint::kMessages, ChatProtocol::kMessages, ClientProtocol::kAnthropic,
                 kUpstreamMessages},
    ChatEndpoint{Endpoint::kResponses, ChatProtocol::kResponses, ClientProtocol::kResponses,
                 "/responses"},
};

const ChatEndpoint* ChatEndpointOf(Endpoint endpoint) {
  const auto* const found =
      std::find_if(kChatEndpoints.begin(), kChatEndpoints.end(),
                   [&](const ChatEndpoint& chat) { return chat.endpoint == endpoint; });
  return found == kChatEndpoints.end() ? nullptr : &*found;
}

const ChatEndpoint* ChatEndpointOf(ChatProtocol protocol) {
  const auto* const found =
      std::find_if(kChatEndpoints.begin(), kChatEndpoints.end(),
                   [&](const ChatEndpoint& chat) { return chat.chat == protocol; });
  return found == kChatEndpoints.end() ? nullptr : &*found;
}

// OpenAI itself, or Azure's OpenAI: what only the former's models take or require.
bool IsOpenAi(const config::Backend& backend) {
  if (backend.protocol != config::Protocol::kOpenAi || backend.engine != config::Engine::kNone) {
    return false;
  }
  constexpr std::array<std::string_view, 3> kHosts = {".openai.com", ".openai.azure.com",
                                                      ".services.ai.azure.com"};
  return std::any_of(backend.replicas.begin(), backend.replicas.end(), [&](const auto& url) {
    return std::any_of(kHosts.begin(), kHosts.end(),
                       [&](std::string_view host) { return url.host.ends_with(host); });
  });
}

// Models since the version of October 2026 refuse temperature, top_p and top_k
// (platform.claude.com, "Versioning", 2026-11). Versions are dates, so text order is time order.
bool TakesSampling(const config::Backend& backend, const routing::Target& target) {
  constexpr std::string_view kFirstWithout = "2026-10-21";
  if (backend.protocol == config::Protocol::kAnthropic) {
    return backend.anthropic_version < kFirstWithout;
  }
  return !(IsOpenAi(backend) && target.reasoning);  // its reasoning models take only the default
}

// Inference servers give the thoughts of earlier turns to the model's template, which takes those
// that it needs, as between the calls of one turn. They read them as reasoning_content (vLLM and
// SGLang also under that name if they write `reasoning`, 2026-11). A provider may refuse the
// member.
bool TakesThoughts(config::Engine engine) {
  return engine == config::Engine::kVllm || engine == config::Engine::kSglang ||
         engine == config::Engine::kLlamaCpp;
}

}  // namespace

std::string_view NameOf(ChatProtocol protocol) {
  const auto* const found =
      std::find_if(kChatEndpoints.begin(), kChatEndpoints.end(),
                   [protocol](const ChatEndpoint& chat) { return chat.chat == protocol; });
  return routing::kEndpointNames[static_cast<std::size_t>(found->endpoint)];
}

std::optional<ChatProtocol> ChatProtocolOf(const EndpointRow& endpoint) {
  const ChatEndpoint* const chat = ChatEndpointOf(endpoint.endpoint);
  if (chat == nullptr) return std::nullopt;
  return chat->chat;
}

std::optional<Dialect> DialectOf(const routing::Target& target, const EndpointRow& endpoint) {
  if (ServesItself(target, endpoint.endpoint)) {
    return Dialect{endpoint.protocol, endpoint.upstream_path, {}, {}};
  }
  const ChatEndpoint* const client = ChatEndpointOf(endpoint.endpoint);
  if (client == nullptr) return std::nullopt;
  for (const ChatEndpoint& chat : kChatEndpoints) {
    if (!ServesItself(target, chat.endpoint)) continue;
    return Dialect{chat.protocol, chat.path, Translation{chat.chat, client->chat}, {}};
  }
  return std::nullopt;
}

std::optional<ContinuedDialect> ContinuedDialectOf(const config::Backend& backend,
                                                   const routing::Target& target,
                                                   const EndpointRow& endpoint) {
  const backends::PrefillDialect* const prefill =
      backends::PrefillDialectNamed(config::PrefillDialectName(backend));
  const ChatEndpoint* const client = ChatEndpointOf(endpoint.endpoint);
  if (prefill == nullptr || client == nullptr) return std::nullopt;
  const ChatEndpoint* const chat = ChatEndpointOf(prefill->protocol);
  if (chat == nullptr || !ServesItself(target, chat->endpoint)) return std::nullopt;
  ContinuedDialect continued{.dialect = {chat->protocol, chat->path, {}, prefill->base_path},
                             .prefill = prefill};
  if (chat != client) continued.dialect.translation = Translation{chat->chat, client->chat};
  return continued;
}

bool IsUsualEndpoint(const config::Backend& backend, const routing::Target& target,
                     const EndpointRow& endpoint) {
  if (!target.chat) return endpoint.endpoint == Endpoint::kEmbeddings;
  const std::optional<Dialect> dialect = DialectOf(target, endpoint);
  const bool anthropic = backend.protocol == config::Protocol::kAnthropic;
  return dialect && dialect->path == (anthropic ? kUpstreamMessages : kUpstreamChat);
}

backends::BackendTraits TraitsOf(const config::Backend& backend, const routing::Target& target) {
  backends::BackendTraits traits;
  traits.model = target.upstream_model;
  if (target.max_output > 0) traits.default_max_tokens = target.max_output;
  traits.is_openai = IsOpenAi(backend);
  traits.takes_sampling = TakesSampling(backend, target);
  // A model that is not known to reason may refuse to be told how much.
  traits.takes_effort = target.reasoning || !routing::NamesAbilities(target);
  traits.takes_thoughts = TakesThoughts(backend.engine);
  traits.origin = backends::SignatureOrigin(backend.name);
  return traits;
}

}  // namespace headgate::gateway
