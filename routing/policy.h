#pragma once

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
#include "config/config.h"
#include "routing/classifier.h"
#include "routing/signals.h"

namespace headgate::routing {

// A place a request can go to: one model at one backend. Indices are positions in the
// configuration (backends) and in CompiledPolicy::targets.
struct Target {
  std::string name;  // "model@backend", the label in metrics and logs
  std::string model;
  std::string upstream_model;
  std::size_t backend = 0;
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::int64_t context = 0;              // tokens; 0 = not known, fits everything
  std::int64_t max_output = 0;           // 0 = not known
  std::optional<config::Prices> prices;  // none: unpriced (paid) or rent (self-hosted)
  bool reasoning = false;   // supports: [reasoning]; its prior of output tokens is higher
  bool embeddings = false;  // supports: [embeddings]; such a model serves /v1/embeddings only
};

// A set of values of the enumerations (and of `stream`) that a request has exactly one of each: the
// condition of a route, or one request. One comparison decides all of them. Pure.
class Traits {
 public:
  static constexpr Traits Any() { return Traits(~0u); }
  static constexpr Traits None() { return Traits(0); }

  constexpr Traits& Add(Class value) { return Set(0, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Topic value) { return Set(8, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Urgency value) { return Set(12, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Endpoint value) { return Set(16, static_cast<unsigned>(value)); }
  constexpr Traits& AddStream(bool value) { return Set(24, value ? 1u : 0u); }

  // Whether every trait of `request` is in this set.
  constexpr bool Holds(Traits request) const { return (request.bits_ & ~bits_) == 0; }
  constexpr Traits operator|(Traits other) const { return Traits(bits_ | other.bits_); }

  // All values of one enumeration.
  static constexpr Traits AllClasses() { return Traits(0xFFu); }
  static constexpr Traits AllTopics() { return Traits(0xFu << 8); }
  static constexpr Traits AllUrgencies() { return Traits(0xFu << 12); }
  static constexpr Traits AllEndpoints() { return Traits(0xFFu << 16); }
  static constexpr Traits AllStreams() { return Traits(0x3u << 24); }

 private:
  constexpr explicit Traits(std::uint32_t bits) : bits_(bits) {}
  constexpr Traits& Set(unsigned first, unsigned value) {
    bits_ |= 1u << (first + value);
    return *this;
  }
  std::uint32_t bits_;
};

// A route with every name resolved: matching one allocates nothing. What matching reads stands
// first and together.
struct CompiledRoute {
  Traits traits = Traits::Any();  // class, topic, urgency, endpoint, stream
  // Estimated input tokens, both ends included; empty when no number meets the conditions.
  std::int64_t least_input_tokens = 0;
  std::int64_t most_input_tokens = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> models;  // canonical names, "auto" or target names; empty = any
  struct Header {
    std::size_t slot = 0;             // into CompiledPolicy::header_names
    std::vector<std::string> values;  // in any case of letters; empty = present
  };
  std::vector<Header> headers;
  std::uint64_t header_slots = 0;  // bit per slot below 64 in `headers`: all must be present

  std::string name;
  std::vector<std::size_t> targets;
  std::vector<int> weights;  // parallel to targets, >= 0
  config::Require require;
  config::Prefer prefer = config::Prefer::kOrdered;
};

// What a client's `model` asks for. `model` points into the policy that resolved it.
struct ModelRequest {
  enum class Kind : std::uint8_t { kAuto, kModel, kTarget, kUnknown };
  Kind kind = Kind::kUnknown;
  std::string_view model;  // canonical catalogue name for kModel and kTarget
  std::size_t target = 0;  // for kTarget
};

// The policy in the form that decides. Immutable; thread-safe; shared through a snapshot.
class CompiledPolicy {
 public:
  CompiledPolicy() = default;
  CompiledPolicy(const CompiledPolicy&) = delete;  // the views of names_ would point elsewhere
  CompiledPolicy& operator=(const CompiledPolicy&) = delete;

  // `config` has been loaded by config::Load, so its references resolve; a reference of a config
  // made by hand that does not is kInvalidArgument and names the route or alias.
  static absl::StatusOr<std::shared_ptr<const CompiledPolicy>> Compile(
      const config::Config& config);

  const std::vector<Target>& targets() const { return targets_; }
  const std::vector<CompiledRoute>& routes() const { return routes_; }
  // Lower-case names of the headers that routes look at. DecisionInput::headers is parallel to it.
  const std::vector<std::string>& header_names() const { return header_names_; }
  std::optional<std::size_t> baseline() const { return baseline_; }

  // Whether some model here is for embeddings. If none is marked, every target may get them.
  bool knows_embeddings() const { return knows_embeddings_; }

  // `auto`, an alias of the configuration, a catalogue name, an alias of a catalogue row, or
  // `model@backend`; letter case counts. A model that no backend serves is unknown. kUnknown is
  // OpenAI's 404 model_not_found. Allocates nothing.
  ModelRequest Resolve(std::string_view written) const;

 private:
  friend class PolicyCompiler;
  std::vector<Target> targets_;
  std::vector<CompiledRoute> routes_;
  std::vector<std::string> header_names_;
  std::optional<std::size_t> baseline_;
  bool knows_embeddings_ = false;
  absl::flat_hash_map<std::string, ModelRequest> names_;  // the views point into model_names_
  std::vector<std::string> model_names_;
};

}  // namespace headgate::routing
