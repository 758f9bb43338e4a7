#include "tests/routing/plain_rules.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "config/base/check.h"

namespace headgate::routing {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

bool SameLetter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool Like(const std::string& glob, const std::string& text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*') {
    return Like(glob.substr(1), text) || (!text.empty() && Like(glob, text.substr(1)));
  }
  return !text.empty() && (glob[0] == '?' || SameLetter(glob[0], text[0])) &&
         Like(glob.substr(1), text.substr(1));
}

bool LikeOne(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& g) { return Like(g, text); });
}

bool Contains(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

template <typename Comparisons, typename Value>
bool Compares(const Comparisons& comparisons, Value value) {
  for (const auto& comparison : comparisons) {
    const Value other = comparison.value;
    switch (comparison.op) {
      case config::Comparator::kLess:
        if (!(value < other)) return false;
        break;
      case config::Comparator::kLessEqual:
        if (!(value <= other)) return false;
        break;
      case config::Comparator::kGreater:
        if (!(value > other)) return false;
        break;
      case config::Comparator::kGreaterEqual:
        if (!(value >= other)) return false;
        break;
      case config::Comparator::kEqual:
        if (value != other) return false;
    }
  }
  return true;
}

// A window is an interval of minutes of the week that begins on each of its days.
bool Within(const config::TimeWindow& window, std::int64_t unix_seconds) {
  constexpr std::int64_t kDay = 24L * 60;
  const std::int64_t offset = window.zone == "Etc/GMT-5"    ? 5 * 60
                              : window.zone == "Etc/GMT+11" ? -11 * 60
                                                            : 0;
  // 1970 began on a Thursday.
  const std::int64_t minute = (unix_seconds / 60 + offset + 3 * kDay) % (7 * kDay);
  const std::int64_t length =
      window.to_minute - window.from_minute + (window.to_minute > window.from_minute ? 0 : kDay);
  for (std::size_t day = 0; day < 7; ++day) {
    const std::int64_t start = static_cast<std::int64_t>(day) * kDay + window.from_minute;
    if (window.days[day] && (minute - start + 14 * kDay) % (7 * kDay) < length) return true;
  }
  return false;
}

bool AnyLike(const config::TextMatch& match, const Texts& texts) {
  return std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
    return text.first == match.name && LikeOne(match.values, text.second);
  });
}

std::int64_t Tokens(const PlainRequest& request, float rate) {
  const double text =
      static_cast<double>(request.input.text_bytes) * static_cast<double>(rate > 0 ? rate : 0.25f);
  return std::max<std::int64_t>(
      1, std::llround(text + static_cast<double>(request.input.other_input_tokens)));
}

// As policies call it. Tokens are counted where the message itself would go.
std::string WordOf(Endpoint endpoint) {
  const bool counts = endpoint == Endpoint::kCountTokens;
  return counts ? "messages" : std::string(kEndpointNames[static_cast<std::size_t>(endpoint)]);
}

// The facts about one request that conditions use.
struct Asked {
  const config::Config& config;
  const CompiledPolicy& policy;
  const PlainRequest& request;
  std::string request_class;

  bool AsksFor(const std::string& model) const {
    const ModelRequest& asked = request.input.model;
    const std::string name = model == "old" ? "m0" : model;  // the alias of all these policies
    if (asked.kind == ModelRequest::Kind::kUnknown) return false;
    if (asked.kind == ModelRequest::Kind::kAuto) return Like(name, "auto");
    return Like(name, std::string(asked.model)) ||
           (asked.kind == ModelRequest::Kind::kTarget &&
            Like(name, policy.targets()[asked.target].name));
  }

  std::int64_t InputTokens() const {
    float rate = 0;
    for (std::size_t i = policy.targets().size(); i-- > 0;) {
      const float learned = request.input.candidates[i].tokens_per_byte;
      const ModelRequest& asked = request.input.model;
      const bool meant = asked.kind == ModelRequest::Kind::kTarget
                             ? i == asked.target
                             : asked.kind == ModelRequest::Kind::kModel &&
                                   policy.targets()[i].model == asked.model;
      if (meant && learned > 0) rate = learned;
    }
    return Tokens(request, rate);
  }

  bool Holds(const config::When& when) const {
    const DecisionInput& input = request.input;
    const auto says = [](const std::vector<std::string>& list, std::string_view value) {
      return list.empty() || Contains(list, std::string(value));
    };
    const auto holds = [this](const config::When& part) { return Holds(part); };
    const std::string key = request.key ? config.keys[*request.key].name : "";
    const std::string team = request.key ? config.keys[*request.key].team : "";
    return says(when.classes, request_class) &&
           says(when.topics, ToString(input.classification.topic)) &&
           says(when.urgencies, ToString(input.classification.urgency)) &&
           says(when.endpoints, WordOf(input.endpoint)) &&
           (when.models.empty() || std::any_of(when.models.begin(), when.models.end(),
                                               [&](const auto& m) { return AsksFor(m); })) &&
           (when.keys.empty() || (!key.empty() && LikeOne(when.keys, key))) &&
           (when.teams.empty() || (!team.empty() && LikeOne(when.teams, team))) &&
           std::all_of(when.headers.begin(), when.headers.end(),
                       [&](const auto& m) { return AnyLike(m, request.headers); }) &&
           std::all_of(when.metadata.begin(), when.metadata.end(),
                       [&](const auto& m) { return AnyLike(m, request.metadata); }) &&
           when.stream.value_or(input.stream) == input.stream &&
           (!when.tools || *when.tools == ((input.uses & kTools) != 0)) &&
           (!when.images || *when.images == ((input.uses & kImages) != 0)) &&
           Compares(when.input_tokens, InputTokens()) &&
           (when.max_tokens.empty() ||
            (input.max_tokens && Compares(when.max_tokens, *input.max_tokens))) &&
           (when.times.empty() ||
            std::any_of(when.times.begin(), when.times.end(),
                        [&](const auto& w) { return Within(w, input.unix_seconds); })) &&
           std::all_of(when.all.begin(), when.all.end(), holds) &&
           (when.any.empty() || std::any_of(when.any.begin(), when.any.end(), holds)) &&
           std::none_of(when.none.begin(), when.none.end(), holds);
  }
};

// One target as its rows describe it.
struct Found {
  const config::Backend& backend;
  const config::Model& model;
  const config::ServedModel& served;
  const Candidate& candidate;

  bool Supports(const std::string& what) const { return Contains(model.supports, what); }
  bool MaySupport(const std::string& what) const {
    return model.supports.empty() || Supports(what);
  }

  std::string Fault(const config::Require& require, RelaxLevel relaxed) const {
    if (require.hosting && *require.hosting != backend.hosting) return "hosting";
    for (const auto& [name, globs] : require.labels) {
      if (backend.labels.count(name) == 0 || !LikeOne(globs, backend.labels.at(name))) {
        return "labels";
      }
    }
    if (!require.licenses.empty() &&
        (model.license.empty() || !LikeOne(require.licenses, model.license))) {
      return "license";
    }
    if (relaxed == RelaxLevel::kAllButBinding) return "";
    if (require.min_context && model.context < *require.min_context) return "context required";
    for (const auto& [name, comparisons] : require.scores) {
      if (model.scores.count(name) == 0 || !Compares(comparisons, model.scores.at(name))) {
        return "scores";
      }
    }
    const bool paid = backend.hosting == config::Hosting::kPaidApi;
    if (paid && !(require.input_price.empty() && require.output_price.empty())) {
      if (!served.price) return "no price";
      if (!Compares(require.input_price, served.price->standard.input)) return "input price";
      if (!Compares(require.output_price, served.price->standard.output)) return "output price";
    }
    for (const std::string& ability : require.supports) {
      if (!Supports(ability)) return "supports";
    }
    if (relaxed == RelaxLevel::kLive) return "";
    if (candidate.ttft_samples >= 20 &&
        !Compares(require.ttft_p95, std::llround(candidate.ttft_p95_ms))) {
      return "ttft_p95";
    }
    if (candidate.attempt_samples >= 20 &&
        !Compares(require.error_rate, std::llround(double{candidate.error_rate} * 1e6))) {
      return "error_rate";
    }
    return "";
  }

  std::string FaultOfEndpoint(const DecisionInput& input) const {
    const std::string word = WordOf(input.endpoint);
    if (Contains(backend.endpoints, word)) return "";
    if (word == "completions" || word == "embeddings") return "never translated";
    const bool talks = Contains(backend.endpoints, "chat") ||
                       Contains(backend.endpoints, "messages") ||
                       Contains(backend.endpoints, "responses");
    if (!talks) return "nothing to translate to";
    return input.native_only.empty() ? "" : "cannot be translated";
  }

  std::string FaultForRequest(const PlainRequest& request, bool any_embeds) const {
    const DecisionInput& input = request.input;
    const bool embeds = Supports("embeddings");
    const bool embedding = input.endpoint == Endpoint::kEmbeddings;
    if (!embedding && embeds && model.supports.size() == 1)
      return "chat with a model for embeddings alone";
    if (embedding && any_embeds && !embeds) return "embeddings with a model for chat";
    if (std::string fault = FaultOfEndpoint(input); !fault.empty()) return fault;
    if ((input.uses & kTools) != 0 && !MaySupport("tools")) return "tools";
    if ((input.uses & kJsonSchema) != 0 && !MaySupport("json_schema")) return "json_schema";
    if ((input.uses & kImages) != 0 && !MaySupport("images")) return "images";
    if ((input.uses & kAudio) != 0 && !MaySupport("audio")) return "audio";
    const bool answers = !embedding && input.endpoint != Endpoint::kCountTokens;
    if (answers && model.context > 0 &&
        Tokens(request, candidate.tokens_per_byte) + input.max_tokens.value_or(0) > model.context) {
      return "does not fit";
    }
    return "";
  }
};

Found Find(const config::Config& config, const CompiledPolicy& policy, const PlainRequest& request,
           std::size_t index) {
  const std::string& name = policy.targets()[index].name;
  for (const config::Backend& backend : config.backends) {
    for (const config::ServedModel& served : backend.models) {
      if (served.model + "@" + backend.name != name) continue;
      for (const config::Model& model : config.models) {
        if (model.name == served.model) {
          return {backend, model, served, request.input.candidates[index]};
        }
      }
    }
  }
  HEADGATE_CHECK(false);
}

}  // namespace

std::string PlainRules::ClassOf(const PlainRequest& request) const {
  std::string built_in(ToString(request.input.classification.built_in_class));
  const Asked asked{config_, policy_, request, built_in};
  for (const config::CustomClass& custom_class : config_.classes) {
    if (asked.Holds(custom_class.when)) return custom_class.name;
  }
  return built_in;
}

std::optional<std::size_t> PlainRules::RouteOf(const PlainRequest& request,
                                               const std::string& request_class) const {
  const Asked asked{config_, policy_, request, request_class};
  for (std::size_t i = 0; i < config_.routes.size(); ++i) {
    if (asked.Holds(config_.routes[i].when)) return i;
  }
  return std::nullopt;
}

bool PlainRules::KeyForbids(const PlainRequest& request, std::size_t target) const {
  if (!request.key) return false;
  const config::Key& key = config_.keys[*request.key];
  const Found served = Find(config_, policy_, request, target);
  if (!key.models.empty() && !Contains(key.models, served.model.name)) return true;
  if (!served.Fault(key.require, RelaxLevel::kNothing).empty()) return true;
  return std::any_of(config_.teams.begin(), config_.teams.end(), [&](const config::Team& team) {
    return team.name == key.team && !served.Fault(team.require, RelaxLevel::kNothing).empty();
  });
}

std::string PlainRules::Fault(const PlainRequest& request, std::size_t route, RelaxLevel relaxed,
                              std::size_t target) const {
  const ModelRequest& asked = request.input.model;
  const Found served = Find(config_, policy_, request, target);
  if (asked.kind == ModelRequest::Kind::kModel && served.model.name != asked.model) {
    return "another model";
  }
  if (asked.kind == ModelRequest::Kind::kTarget && target != asked.target) return "another target";
  if (KeyForbids(request, target)) return "forbidden by the key or its team";
  const bool any_embeds = std::any_of(policy_.targets().begin(), policy_.targets().end(),
                                      [](const Target& known) { return known.embeddings; });
  if (std::string fault = served.FaultForRequest(request, any_embeds); !fault.empty()) return fault;
  const bool paid = served.backend.hosting == config::Hosting::kPaidApi;
  const bool rejects = config_.routes[route].unpriced == config::OnUnpriced::kReject;
  if (paid && rejects && !served.served.price) return "unpriced";
  return served.Fault(config_.routes[route].require, relaxed);
}

}  // namespace headgate::routing
