#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/resume/prefill.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/client_protocol.h"
#include "backends/protocols/values/conversation.h"
#include "config/config.h"
#include "gateway/http/endpoints.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A backend and a client of different protocols.
struct Translation {
  backends::ChatProtocol backend = backends::ChatProtocol::kChatCompletions;
  backends::ChatProtocol client = backends::ChatProtocol::kChatCompletions;
};

// Returns the name of the endpoint that takes the protocol: chat, messages, responses. Pure.
std::string_view NameOf(backends::ChatProtocol protocol);

// How the requests to one endpoint of the gateway are put to one backend. A value.
struct Dialect {
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;  // of the answers
  std::string_view path;                   // relative to the backend's URL; a constant
  std::optional<Translation> translation;  // nullopt: bytes pass as the client wrote them
  std::string_view base_path;              // in place of the URL's own path; empty: that
};

// How a backend is asked for the rest of an answer that another backend began.
struct ContinuedDialect {
  Dialect dialect;
  const backends::PrefillDialect* prefill = nullptr;  // never null
};

// Returns the protocol of conversations that clients of an endpoint speak, or nullopt if it has
// none. Pure.
std::optional<backends::ChatProtocol> ChatProtocolOf(const EndpointRow& endpoint);

// Returns the dialect, or nullopt if the target's backend can serve the endpoint in no way. A
// backend that serves the client's endpoint itself gets the client's bytes. Otherwise the request
// is translated: into chat completions if the backend has them, else into what it has. Pure.
std::optional<Dialect> DialectOf(const routing::Target& target, const EndpointRow& endpoint);

// Returns how the backend is asked to go on with a text, or nullopt if it cannot be asked. Engines
// are known by `engine`, providers by the host of their URL. Pure.
std::optional<ContinuedDialect> ContinuedDialectOf(const config::Backend& backend,
                                                   const routing::Target& target,
                                                   const EndpointRow& endpoint);

// Returns whether a 404 of the backend is about the model, for a request to `endpoint`. At an
// endpoint that not every server of its protocol has, a 404 may be about the path. Pure.
bool IsUsualEndpoint(const config::Backend& backend, const routing::Target& target,
                     const EndpointRow& endpoint);

// Returns what a request that is translated has to respect at a target. The views point into
// `target`. Pure.
backends::BackendTraits TraitsOf(const config::Backend& backend, const routing::Target& target);

}  // namespace headgate::gateway
