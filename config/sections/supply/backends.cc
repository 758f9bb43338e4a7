#include "config/sections/supply/backends.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/access/limits.h"
#include "config/sections/supply/prices.h"
#include "config/sections/supply/rent.h"
#include "config/sections/supply/slots.h"

namespace headgate::config {
namespace {

// The address of a paid API, kept as its only replica.
struct SingleUrl {
  static constexpr std::string_view kExpects = HttpUrl::kExpects;
  static bool Read(const Value& value, std::vector<Url>& out) {
    Url url;
    if (!HttpUrl::Read(value, url)) return false;
    out.insert(out.begin(), std::move(url));
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return HttpUrl::JsonSchema(definitions); }
};

struct Replicas {
  static constexpr std::string_view kExpects = "a list of URLs";
  static constexpr std::string_view kDns = "dns://";
  static bool Read(const Value& value, std::vector<Url>& out) {
    if (value.IsScalar() && value.node().text.starts_with(kDns)) {
      return ReadDns(value, out);
    }
    std::vector<Url> urls;
    const bool good = ListOf<HttpUrl>::Read(value, urls);
    out.insert(out.end(), urls.begin(), urls.end());
    if (good && urls.empty()) return value.Fail("is an empty list", "write at least one URL");
    return good;
  }
  static bool ReadDns(const Value& value, std::vector<Url>& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    Parsed<Url> url = ParseDnsUrl(*text);
    // Not FailWritten: the URL may be refused because it holds a password.
    if (!url.value) return value.Fail(url.complaint.problem, url.complaint.fix);
    out.push_back(*std::move(url.value));
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({ListSchema(HttpUrl::JsonSchema(definitions), false),
                        TextSchema("dns://[A-Za-z0-9_.-]+:[0-9]+(?:/.*)?")});
  }
};

// Headers that every upstream request has already, and headers that would change its framing.
bool IsReservedHeader(std::string_view name) {
  constexpr std::array kReserved = {"host",
                                    "content-length",
                                    "transfer-encoding",
                                    "connection",
                                    "keep-alive",
                                    "upgrade",
                                    "te",
                                    "trailer",
                                    "expect",
                                    "content-type",
                                    "proxy-connection",
                                    "accept-encoding",
                                    "content-encoding"};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

struct Headers {
  static constexpr std::string_view kExpects = "a mapping of header names and values";
  static bool Read(const Value& value, std::vector<std::pair<std::string, std::string>>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    for (const Value& entry : value.Children()) {
      if (!HeaderName::Check(entry, entry.key())) continue;
      const std::string name = Lower(entry.key());
      std::string text;
      if (IsReservedHeader(name)) {
        entry.Fail("is a header that headgate writes itself", "remove it");
      } else if (std::any_of(out.begin(), out.end(),
                             [&](const auto& known) { return known.first == name; })) {
        entry.Fail("appears twice (header names are not case-sensitive)", "remove one of them");
      } else if (ReadSecret(entry, UseOfHeader(name), text)) {
        out.emplace_back(name, std::move(text));
      }
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapSchema(HeaderName::kPattern, ApiKey::JsonSchema(definitions));
  }
};

// Characters that need no encoding in a query.
bool IsPlainQuery(std::string_view text) { return ConsistsOf(text, "-._~!$'()*,;:@/?"); }

struct Query {
  static constexpr std::string_view kExpects = "a mapping of parameters";
  static bool Read(const Value& value, std::vector<std::pair<std::string, std::string>>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    for (const Value& entry : value.Children()) {
      std::string text;
      if (!Text::Read(entry, text)) continue;
      if (const std::optional<Complaint> reference =
              ForeignReference(text, OriginOf(entry, text))) {
        entry.Fail(reference->problem, reference->fix);
        continue;
      }
      if (entry.key().empty() || !IsPlainQuery(entry.key()) || !IsPlainQuery(text)) {
        entry.Fail("has a character that a query must not have unencoded",
                   "use letters, digits and -._~!$'()*,;:@/?");
        continue;
      }
      out.emplace_back(entry.key(), std::move(text));
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions&) {
    constexpr std::string_view kPlain = "[A-Za-z0-9._~!$'()*,;:@/?-]+";
    return MapSchema(kPlain, AnyTextSchema(kPlain));
  }
};

constexpr std::array kServedFields = {
    Optional<ServedModel, &ServedModel::upstream_name, Text>(
        "name", "The backend's name for the model; by default the catalogue's."),
    Optional<ServedModel, &ServedModel::price, PriceSection>(
        "price", "The price at this backend; by default the catalogue's list price."),
    Optional<ServedModel, &ServedModel::supports, OneOrMore<OneOf<kTargetAbilities>>>(
        "supports", "What this backend can do with the model: prefill continues a given answer."),
};

struct Served {
  static constexpr std::string_view kExpects = "the name the backend uses, or {name: …, price: …}";
  static bool Read(const Value& value, ServedModel& served) {
    served.location = value.location();
    served.upstream_name = served.model;
    if (value.IsScalar()) return Text::Read(value, served.upstream_name);
    if (!value.IsMapping()) return value.FailType(kExpects);
    return Mapping<kServedFields>::Read(value, served);
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema(
        {Text::JsonSchema(definitions), Mapping<kServedFields>::JsonSchema(definitions)});
  }
};

constexpr std::array kAuthFields = {
    Required<Backend, &Backend::auth_header, HeaderName>(
        "header",
        "The header that carries api_key, without Bearer unless it is Authorization; by default "
        "Authorization, or x-api-key with protocol anthropic."),
};

// A version of Anthropic's API, which is named by its date.
struct VersionDate {
  static constexpr std::string_view kExpects = "a date, for example 2023-06-01";
  static constexpr std::string_view kPattern = "[0-9]{4}-(?:0[1-9]|1[0-2])-[0-3][0-9]";
  static bool IsDate(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    return ParseInteger(text.substr(0, 4), 2000, 9999).value &&
           ParseInteger(text.substr(5, 2), 1, 12).value &&
           ParseInteger(text.substr(8, 2), 1, 31).value;
  }
  static bool Read(const Value& value, std::string& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    if (!IsDate(*text)) return value.FailWritten({"is not a date", "write it as 2023-06-01"});
    out = *text;
    return true;
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kPattern); }
};

constexpr std::array kBackendFields = {
    Optional<Backend, &Backend::protocol, OneOf<kProtocols>>("protocol",
                                                             "The protocol of its API."),
    Required<Backend, &Backend::hosting, OneOf<kHostings>>(
        "hosting", "self_hosted (paid by the hour) or paid_api (paid by the token)."),
    Optional<Backend, &Backend::engine, OneOf<kEngines>>("engine",
                                                         "The inference server that it runs."),
    Optional<Backend, &Backend::endpoints, OneOrMore<OneOf<kEndpoints>>>(
        "endpoints",
        "What it serves itself; by default chat, completions and embeddings, or the messages of "
        "protocol anthropic."),
    Optional<Backend, &Backend::replicas, SingleUrl>(
        "url", "The address of a paid API; without a path its /v1."),
    Optional<Backend, &Backend::replicas, Replicas>(
        "replicas",
        "The servers of a self-hosted backend, or dns://NAME:PORT, whose addresses are looked up "
        "every 10 s; without a path their /v1."),
    Required<Backend, &Backend::models, NamedItems<&ServedModel::model, ModelName, Served>>(
        "models", "Models of the catalogue that it serves, with its own names for them."),
    Optional<Backend, &Backend::slots, Slots>(
        "slots", "Requests that one replica serves well at once; self-hosted only."),
    Optional<Backend, &Backend::slot_tokens, SlotTokens>(
        "slot_tokens",
        "Tokens of input and expected output that one replica runs at once; self-hosted only."),
    Optional<Backend, &Backend::preempt, Flag>(
        "preempt",
        "true: batch that has not begun its answer is moved aside for latency-critical requests; "
        "self-hosted only."),
    Optional<Backend, &Backend::batch, BatchSection>(
        "batch", "The share of the slots that batch work keeps; self-hosted only."),
    Optional<Backend, kItself, QueueSection>(
        "queue", "The requests that wait for a slot; self-hosted only."),
    Optional<Backend, &Backend::priority, PrioritySection>(
        "priority",
        "Whether the engine is told how urgent a request is: true in the order of vllm or sglang, "
        "or the order itself; self-hosted only."),
    Optional<Backend, &Backend::rent, RentSection>("cost", "What a self-hosted backend costs."),
    Optional<Backend, &Backend::labels, MapOf<Name, Text>>(
        "labels", "Labels that `require` can compare, for example region."),
    Optional<Backend, &Backend::timeouts, Mapping<kTimeoutFields<Timeouts>>>(
        "timeouts", "Limits on an attempt."),
    Optional<Backend, &Backend::limits, RateLimitsSection>(
        "limits", "What a paid API allows our account; kept before it is exceeded."),
    Optional<Backend, &Backend::api_key, ApiKey>("api_key", "The provider's key."),
    Nested<Backend, kAuthFields>("auth", "How api_key is sent."),
    Optional<Backend, &Backend::anthropic_version, VersionDate>(
        "anthropic_version", "The version of Anthropic's API; protocol anthropic only."),
    Optional<Backend, &Backend::headers, Headers>("headers", "Sent with every request."),
    Optional<Backend, &Backend::query, Query>("query", "Appended to every URL."),
    Optional<Backend, &Backend::proxy, Proxy>(
        "proxy", "The HTTP proxy through which a paid API is reached, by CONNECT."),
    Optional<Backend, &Backend::ca, ReadableFile>(
        "ca", "PEM file that replaces the system's certificate authorities."),
    Optional<Backend, &Backend::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this backend."),
    Optional<Backend, &Backend::stream_usage, Flag>(
        "stream_usage",
        "false: the backend refuses stream_options, so the usage of streams is estimated."),
    Optional<Backend, &Backend::comments_after, DurationOrNever>(
        "comments_after",
        "How long a request waits before comments of its stream may begin the answer, or never."),
};

// What a backend is taken to serve if the configuration does not say. Recent releases of vLLM,
// SGLang, llama.cpp and Ollama also have Responses and Messages, but older releases do not, and
// everything reaches chat completions by translation.
std::vector<std::string> UsualEndpoints(const Backend& backend) {
  if (backend.protocol == Protocol::kAnthropic) return {"messages"};
  // Text Generation Inference has no embeddings (router/src/server.rs, commit db931fcf,
  // 2026-01-08).
  if (backend.engine == Engine::kTgi) return {"chat", "completions"};
  return Backend{}.endpoints;
}

}  // namespace

bool BackendSection::Read(const Value& value, Backend& backend) {
  backend.endpoints.clear();
  backend.auth_header.clear();
  const bool good = Mapping<kBackendFields>::Read(value, backend);
  if (backend.endpoints.empty()) backend.endpoints = UsualEndpoints(backend);
  if (backend.auth_header.empty()) {
    const bool anthropic = backend.protocol == Protocol::kAnthropic;
    backend.auth_header = anthropic ? "x-api-key" : "authorization";
  }
  return SettlePriority(value, backend) && good;
}

Json BackendSection::JsonSchema(Definitions& definitions) {
  return Mapping<kBackendFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
