#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "config/config.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/classify/topic_model.h"
#include "routing/policy/class_queue.h"
#include "routing/policy/condition.h"
#include "routing/policy/drop.h"
#include "routing/policy/facts.h"
#include "routing/policy/price_lookup.h"

namespace headgate::routing {

// Abilities of a model that a request may use. Bits of Target::supports and DecisionInput::uses.
// kDocuments has no word in the configuration: see Target::supports.
enum Ability : std::uint8_t {
  kTools = 1,
  kJsonSchema = 2,
  kImages = 4,
  kAudio = 8,
  kDocuments = 16
};
// The words of the other abilities are the first of config::kAbilities.
inline constexpr std::array kAbilityWords = {
    config::EnumWord<Ability>{config::kAbilities[0], kTools},
    config::EnumWord<Ability>{config::kAbilities[1], kJsonSchema},
    config::EnumWord<Ability>{config::kAbilities[2], kImages},
    config::EnumWord<Ability>{config::kAbilities[3], kAudio}};
static_assert(kAbilityWords[0].text == "tools" && kAbilityWords[3].text == "audio");

// Endpoints as a set: bits of Target::endpoints.
constexpr std::uint8_t BitOf(Endpoint endpoint) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(endpoint));
}
// What a backend of OpenAI's protocol is taken to serve unless the configuration says otherwise.
inline constexpr std::uint8_t kUsualEndpoints =
    BitOf(Endpoint::kChat) | BitOf(Endpoint::kCompletions) | BitOf(Endpoint::kEmbeddings);

// One model at one backend: where a request can go. Indices are positions in the configuration
// (backends) and in CompiledPolicy::targets.
struct Target {
  std::string name;  // "model@backend", the label in metrics and logs
  std::string model;
  std::string upstream_model;
  std::size_t backend = 0;
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::int64_t context = 0;              // tokens; 0 = unknown, everything fits
  std::int64_t max_output = 0;           // 0 = unknown
  std::int64_t image_tokens = 0;         // the most of one image; 0 = unknown
  std::optional<config::Prices> prices;  // nullopt: unpriced (paid) or rent (self-hosted)
  PriceMatch price_match = PriceMatch::kUnpriced;
  config::RentTerms slot_rent;  // self-hosted: the rent of a replica divided by its slots
  bool reasoning = false;       // supports: [reasoning]; more output tokens are expected
  bool embeddings = false;      // supports: [embeddings, ...]
  bool chat = true;             // false: it supports `embeddings` only
  std::uint8_t endpoints = kUsualEndpoints;  // that its backend serves itself (BitOf)
  // Abilities that the catalogue names. If its row names none, the target is taken to have all.
  // Documents are read by models that see images, at providers that take files apart (OpenAI, file
  // inputs; Anthropic, PDF support; both 2026-11): no inference server that `engine` names does.
  std::uint8_t supports = 0xff;
  // The score that policies call quality, by topic (config::QualityScores); nullopt: missing.
  std::array<std::optional<float>, 3> quality;
};

// Returns whether the catalogue names the abilities of the target's model.
constexpr bool NamesAbilities(const Target& target) {
  return (target.supports | kDocuments) != 0xff;  // those also depend on the engine
}

// The queue in which requests for the target wait: a self-hosted backend has one for all its
// models. Nullopt: a paid API has none.
constexpr std::optional<std::size_t> QueueOf(const Target& target) {
  if (target.hosting != config::Hosting::kSelfHosted) return std::nullopt;
  return target.backend;
}
// Returns whether both are the same queue, so that leaving one target for the other is no way out.
constexpr bool IsSameQueue(std::optional<std::size_t> a, std::optional<std::size_t> b) {
  return a && a == b;
}

// The rent of a self-hosted backend, which is due whether it is used or not.
struct BackendRent {
  std::string backend;
  std::int64_t replicas = 0;
  std::int64_t slots = 0;        // of one replica
  NanoUsd per_replica_hour = 0;  // the mean over a day
  NanoUsd PerHour() const { return replicas * per_replica_hour; }
  bool operator==(const BackendRent&) const = default;
};

// The parts of a route's `require` that `on_no_target: relax` can drop. Bits of
// CompiledRequire::broken and Decision::relaxed, and a field of recordings, so new values come
// last.
enum RelaxedRequirement : std::uint8_t {
  kRelaxedTtft = 1,
  kRelaxedErrorRate = 2,
  kRelaxedContext = 4,
  kRelaxedScores = 8,
  kRelaxedPrice = 16,
  kRelaxedSupports = 32
};
inline constexpr int kRelaxedCount = 6;
inline constexpr std::array<std::string_view, kRelaxedCount> kRelaxedNames = {
    "ttft_p95", "error_rate", "context", "scores", "price", "supports"};
// Appends their names, spelled as in a policy, separated by ", ".
void AppendRelaxed(std::uint8_t relaxed, std::string& out);

// A `require` checked against every target. What does not depend on live windows is decided here,
// once.
struct CompiledRequire {
  std::vector<Drop> fixed;  // by target: the first filter that drops it, or kNone
  std::vector<Drop>
      binding;  // the same for hosting, labels and license alone, which are never relaxed
  std::vector<std::uint8_t>
      broken;           // by target: all of RelaxedRequirement that it fails, live windows aside
  Interval ttft_p95;    // milliseconds
  Interval error_rate;  // millionths
};

// A route with every name resolved: matching one allocates nothing.
struct CompiledRoute {
  Condition when;
  std::string name;
  std::vector<std::size_t> targets;
  std::vector<int> weights;  // parallel to targets, >= 0
  CompiledRequire require;
  config::Prefer prefer = config::Prefer::kOrdered;
  config::BlendWeights blend;
  config::OnNoTarget on_no_target = config::OnNoTarget::kReject;
  config::Spill spill;
  std::vector<config::Milliseconds> total;  // by target: the time of a request that begins there
};

// What decisions read of a client's key.
struct PolicyKey {
  std::string name;
  std::string team;
  std::vector<std::string> models;   // the models that it may use; empty = all
  std::vector<std::size_t> require;  // of the key and its team: into CompiledPolicy::key_requires
  Facts facts;                       // key and team patterns that it matches
  HintTrust trust;                   // which of its hints may raise urgency
  int share = 1;                     // the weight of its team in the queues; >= 1
};

// The resolved `model` of a request. The member `model` points into the policy that resolved it.
struct ModelRequest {
  enum class Kind : std::uint8_t { kAuto, kModel, kTarget, kUnknown };
  Kind kind = Kind::kUnknown;
  std::string_view model;  // canonical catalogue name for kModel and kTarget
  std::size_t target = 0;  // for kTarget
  // 0 = auto, then every served model, then every target. An unknown model has the default value,
  // for which no condition on models holds.
  std::size_t asked = std::numeric_limits<std::size_t>::max();
};

// The policy in the form that decides. Immutable; thread-safe; shared through a snapshot.
class CompiledPolicy {
 public:
  CompiledPolicy() = default;
  CompiledPolicy(const CompiledPolicy&) =
      delete;  // the views of names_ would point into the other policy
  CompiledPolicy& operator=(const CompiledPolicy&) = delete;

  // REQUIRES: config::Load has loaded `config`, so that its references resolve. Returns
  // kInvalidArgument, with the name of the route or alias, if one does not.
  static absl::StatusOr<std::shared_ptr<const CompiledPolicy>> Compile(
      const config::Config& config);

  const std::vector<Target>& targets() const { return targets_; }
  const std::vector<CompiledRoute>& routes() const { return routes_; }
  const std::vector<Gate>& route_gates() const { return gates_; }  // parallel to routes
  const std::vector<PolicyKey>& keys() const { return keys_; }     // parallel to Config::keys
  // Which hints may raise urgency: with a key, those of its `trust_hints`; without a key, all of
  // them under `auth: none`, else none.
  const HintTrust& TrustOf(std::optional<std::size_t> key) const {
    return key ? keys_[*key].trust : keyless_trust_;
  }
  const std::vector<CompiledRequire>& key_requires() const { return requires_; }
  const std::vector<Pattern>& patterns() const { return patterns_; }
  std::optional<std::size_t> baseline() const { return baseline_; }
  const std::vector<BackendRent>& rents() const { return rents_; }  // of self-hosted backends
  config::SelfHostedPrice self_hosted_price() const { return self_hosted_price_; }

  // The built-in classes, then the custom classes; the index is the value of Class.
  const std::vector<std::string>& class_names() const { return class_names_; }
  const std::string& NameOf(Class value) const {
    return class_names_[static_cast<std::size_t>(value)];
  }
  // How requests of a class wait: batch and latency_critical in the bands of these names, custom
  // classes in the band that they say, all other classes in normal.
  config::Band BandOf(Class value) const { return ClassQueueOf(value).band; }
  // The time to first token that they want unless they name one (ClassQueue).
  config::Milliseconds TargetTtft(Class value) const { return ClassQueueOf(value).target_ttft; }
  // The team of the key; "" without a key.
  std::string_view TeamOf(std::optional<std::size_t> key) const {
    return key ? std::string_view(keys_[*key].team) : std::string_view();
  }
  // The weight of the key's team in the queues; 1 without a key or team.
  int ShareOf(std::optional<std::size_t> key) const { return key ? keys_[*key].share : 1; }

  // The built-in topics, then those of the configured model; the index is the value of Topic.
  const std::vector<std::string>& topic_names() const { return topic_names_; }
  const std::string& NameOf(Topic value) const {
    return topic_names_[static_cast<std::size_t>(value)];
  }
  // The options for Classify; their model lives as long as the policy.
  const ClassifierOptions& classifier() const { return classifier_; }

  const TopicModel& topic_model() const {
    return topic_model_ ? *topic_model_ : TopicModel::Shipped();
  }
  // Conditions of the custom classes, in the order of the configuration.
  const std::vector<Condition>& custom_classes() const { return custom_classes_; }

  // Whether a model is known to support embeddings. If no model is, every target may get them.
  bool knows_embeddings() const { return knows_embeddings_; }

  // `auto`, an alias of the configuration, a catalogue name, an alias of a catalogue row, or
  // `model@backend`; case-sensitive. A model that no backend serves is kUnknown, which becomes
  // OpenAI's 404 model_not_found. Allocates nothing.
  ModelRequest Resolve(std::string_view written) const;

  // One more than the largest ModelRequest::asked of a known model.
  std::size_t asked_count() const { return 1 + model_names_.size() + targets_.size(); }

  // The patterns for a header of this name (lower case) or a metadata entry, in order. Empty if no
  // condition looks at that name.
  absl::Span<const std::size_t> PatternsOf(Pattern::Source source, std::string_view name) const;
  // The names of all headers that have patterns; lower case.
  const std::vector<std::string>& header_names() const { return header_names_; }

 private:
  friend class PolicyCompiler;
  const ClassQueue& ClassQueueOf(Class value) const {
    return class_queues_[static_cast<std::size_t>(value)];
  }

  std::vector<Target> targets_;
  std::vector<CompiledRoute> routes_;
  std::vector<Gate> gates_;
  std::vector<PolicyKey> keys_;
  HintTrust keyless_trust_;
  std::vector<CompiledRequire> requires_;
  std::vector<Pattern> patterns_;
  using PatternsByName = absl::flat_hash_map<std::string, std::vector<std::size_t>>;
  PatternsByName header_patterns_;
  PatternsByName metadata_patterns_;
  std::vector<std::string> header_names_;
  std::vector<std::string> class_names_;
  std::vector<ClassQueue> class_queues_;  // parallel to class_names_
  std::vector<std::string> topic_names_{kTopicNames.begin(), kTopicNames.end()};
  std::optional<TopicModel> topic_model_;  // nullopt: the shipped model
  ClassifierOptions classifier_;
  std::vector<Condition> custom_classes_;
  std::optional<std::size_t> baseline_;
  std::vector<BackendRent> rents_;
  config::SelfHostedPrice self_hosted_price_ = config::SelfHostedPrice::kMarginal;
  bool knows_embeddings_ = false;
  absl::flat_hash_map<std::string, ModelRequest> names_;  // the views point into model_names_
  std::vector<std::string> model_names_;
};

}  // namespace headgate::routing
