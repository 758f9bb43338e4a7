#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/enum_words.h"
#include "config/base/money.h"
#include "config/limits.h"
#include "config/prices.h"
#include "config/queues.h"
#include "config/warning_kind.h"

namespace headgate::config {

// The models of the catalogue with their prices, and the backends that serve them. Part of
// config.h: immutable after loading, safe to share between threads.

using Milliseconds = std::chrono::milliseconds;
// The word `never`, where a duration may be written.
inline constexpr Milliseconds kNever = Milliseconds::max();

// A secret that cannot be printed by mistake: it has no stream operator and no conversion.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

enum class Hosting : std::uint8_t { kSelfHosted, kPaidApi };
inline constexpr std::array kHostings = {EnumWord<Hosting>{"self_hosted", Hosting::kSelfHosted},
                                         EnumWord<Hosting>{"paid_api", Hosting::kPaidApi}};

enum class Protocol : std::uint8_t { kOpenAi, kAnthropic };
inline constexpr std::array kProtocols = {EnumWord<Protocol>{"openai", Protocol::kOpenAi},
                                          EnumWord<Protocol>{"anthropic", Protocol::kAnthropic}};

enum class Engine : std::uint8_t { kNone, kVllm, kSglang, kLlamaCpp, kTgi, kOllama };
inline constexpr std::array kEngines = {
    EnumWord<Engine>{"vllm", Engine::kVllm},         EnumWord<Engine>{"sglang", Engine::kSglang},
    EnumWord<Engine>{"llamacpp", Engine::kLlamaCpp}, EnumWord<Engine>{"tgi", Engine::kTgi},
    EnumWord<Engine>{"ollama", Engine::kOllama},     EnumWord<Engine>{"none", Engine::kNone},
};

// What a target can do because of how its backend serves the model. prefill: it continues an answer
// whose beginning it is given.
inline constexpr std::array<std::string_view, 1> kTargetAbilities = {"prefill"};

// What a model can be asked for beside text.
inline constexpr std::array<std::string_view, 6> kAbilities = {
    "tools", "json_schema", "images", "audio", "reasoning", "embeddings"};

// An entry of the catalogue.
struct Model {
  std::string name;
  std::int64_t context = 0;  // tokens, input and output together; 0: unknown
  std::optional<std::int64_t> max_output;
  std::optional<std::int64_t> image_tokens;  // the most of one image; absent: unknown
  std::string license;
  std::vector<std::string> supports;  // of kAbilities
  std::map<std::string, double> scores;
  std::vector<std::string> aliases;  // unique over all models, models' names and Config::aliases
  std::optional<Prices> price;       // the list price, for paid APIs that set none of their own
  std::string source;                // where the figures come from, and when
  SourceLocation location;
};

struct Url {
  bool tls = false;
  std::string host;  // without brackets for IPv6
  std::uint16_t port = 0;
  std::string path;  // no trailing slash; "/v1" of https://api.openai.com, empty of https://a/.
  bool dns = false;  // each address of the host is a server: dns://host:8000
};

// An HTTP proxy through which a backend is reached.
struct EgressProxy {
  std::string host;  // without brackets for IPv6
  std::uint16_t port = 0;
  Secret credentials;  // "user:password", decoded; empty: none
};

struct Timeouts {
  Milliseconds connect{2000};
  Milliseconds first_token{60000};
  // Until the first byte of a non-streamed answer; absent: first_token and the time that the answer
  // takes at the target's measured speed.
  std::optional<Milliseconds> first_byte;
  Milliseconds between_tokens{30000};
  Milliseconds total{600000};
};

// A route's overrides of its backends' timeouts; absent ones are the backend's.
struct RouteTimeouts {
  std::optional<Milliseconds> connect;
  std::optional<Milliseconds> first_token;
  std::optional<Milliseconds> first_byte;
  std::optional<Milliseconds> between_tokens;
  std::optional<Milliseconds> total;

  Timeouts Over(const Timeouts& backend) const {
    return {.connect = connect.value_or(backend.connect),
            .first_token = first_token.value_or(backend.first_token),
            .first_byte = first_byte ? first_byte : backend.first_byte,
            .between_tokens = between_tokens.value_or(backend.between_tokens),
            .total = total.value_or(backend.total)};
  }
};

// One catalogue model as one backend serves it.
struct ServedModel {
  std::string model;                  // catalogue name
  std::string upstream_name;          // what goes into "model" upstream
  std::optional<Prices> price;        // this backend's, else the catalogue's; none: unpriced
  std::vector<std::string> supports;  // of kTargetAbilities
  SourceLocation location;
};

struct Backend {
  std::string name;
  Protocol protocol = Protocol::kOpenAi;
  Hosting hosting = Hosting::kPaidApi;
  Engine engine = Engine::kNone;
  // Of kEndpoints, those that it serves itself. BackendSection has the defaults of other protocols
  // and engines.
  std::vector<std::string> endpoints = {"chat", "completions", "embeddings"};
  // One for a paid API. One with `dns` for a self-hosted backend whose replicas are looked up.
  std::vector<Url> replicas;
  std::vector<ServedModel> models;
  int slots = 0;   // per replica; self-hosted only, > 0 there
  RentTerms rent;  // self-hosted only
  std::map<std::string, std::string> labels;
  Timeouts timeouts;
  RateLimits limits;         // what a provider allows our account; paid API only
  bool stream_usage = true;  // accepts stream_options, and so reports the usage of streams
  // From the arrival of a request until comments may begin its streamed answer.
  Milliseconds comments_after{5000};
  Secret api_key;  // may be empty (self-hosted without a key)
  // Lower case; "authorization" sends `Bearer KEY`, any other sends KEY. "x-api-key" is the default
  // of kAnthropic.
  std::string auth_header = "authorization";
  std::string anthropic_version = "2023-06-01";  // sent by kAnthropic
  // Sent with every request; names in lower case, values may be secret.
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> query;  // appended to every URL, unencoded
  std::optional<EgressProxy> proxy;                        // paid APIs only
  std::string ca;  // PEM file that replaces the system's trust store; empty = system
  std::vector<WarningKind> allow_warnings;
  SourceLocation location;

  // The rest is of self-hosted backends only.
  // Input and expected output, in tokens, of the requests that a replica runs at once; 0: any.
  std::int64_t slot_tokens = 0;
  bool preempt = false;  // batch is moved aside for latency-critical requests
  BatchShare batch;
  int queue_limit = 1000;  // requests that may wait, 1..100'000
  EnginePriority priority = EnginePriority::kNone;
};

}  // namespace headgate::config
