#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "routing/policy.h"
#include "routing/signals.h"

namespace headgate::routing {

using std::string_view;

// Resolves every name of a configuration, once. Single use; each step needs those before it.
class PolicyCompiler {
 public:
  explicit PolicyCompiler(const config::Config& config)
      : config_(config), policy_(std::make_shared<CompiledPolicy>()) {}

  absl::StatusOr<std::shared_ptr<const CompiledPolicy>> Run() {
    AddTargets();
    AddNames();
    if (absl::Status status = AddAliases(); !status.ok()) return status;
    for (const config::Route& route : config_.routes) {
      if (absl::Status status = AddRoute(route); !status.ok()) return status;
    }
    if (config_.baseline) {
      absl::StatusOr<std::size_t> target = FindTarget(*config_.baseline, "baseline");
      if (!target.ok()) return target.status();
      policy_->baseline_ = *target;
    }
    return policy_;
  }

 private:
  void AddTargets() {
    for (std::size_t i = 0; i < config_.backends.size(); ++i) {
      const config::Backend& backend = config_.backends[i];
      for (const config::ServedModel& served : backend.models) {
        policy_->targets_.push_back(MakeTarget(backend, i, served));
        policy_->knows_embeddings_ |= policy_->targets_.back().embeddings;
      }
    }
  }

  Target MakeTarget(const config::Backend& backend, std::size_t index,
                    const config::ServedModel& served) const {
    Target target;
    target.name = absl::StrCat(served.model, "@", backend.name);
    target.model = served.model;
    target.upstream_model = served.upstream_name;
    target.backend = index;
    target.hosting = backend.hosting;
    const bool paid = backend.hosting == config::Hosting::kPaidApi;
    if (paid) target.prices = served.price;
    const auto model =
        std::find_if(config_.models.begin(), config_.models.end(),
                     [&](const config::Model& row) { return row.name == served.model; });
    if (model == config_.models.end()) return target;
    const auto supports = [&](string_view ability) {
      return std::find(model->supports.begin(), model->supports.end(), ability) !=
             model->supports.end();
    };
    target.context = model->context;
    target.max_output = model->max_output.value_or(0);
    target.reasoning = supports("reasoning");
    target.embeddings = supports("embeddings");
    if (paid && !target.prices) target.prices = model->price;
    return target;
  }

  // What can be asked for by its own name. A catalogue row that nobody serves cannot.
  void AddNames() {
    auto& names = policy_->names_;
    names["auto"] = {ModelRequest::Kind::kAuto, {}, 0};
    // Exact room beforehand: the views in names_ point into these strings.
    policy_->model_names_.reserve(policy_->targets_.size());
    for (std::size_t i = 0; i < policy_->targets_.size(); ++i) {
      const Target& target = policy_->targets_[i];
      auto known = names.find(target.model);
      if (known == names.end()) {
        policy_->model_names_.push_back(target.model);
        known = names
                    .emplace(target.model, ModelRequest{ModelRequest::Kind::kModel,
                                                        policy_->model_names_.back(), 0})
                    .first;
      }
      const string_view model = known->second.model;
      names.emplace(target.name, ModelRequest{ModelRequest::Kind::kTarget, model, i});
    }
    for (const config::Model& model : config_.models) {
      const auto known = names.find(model.name);
      if (known == names.end()) continue;
      const ModelRequest request = known->second;
      for (const std::string& alias : model.aliases) names.emplace(alias, request);
    }
    names.erase("");
  }

  absl::Status AddAliases() {
    for (const auto& [alias, meaning] : config_.aliases) {
      const auto known = policy_->names_.find(meaning);
      if (known == policy_->names_.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("alias ", alias, ": no backend serves ", meaning));
      }
      const ModelRequest request = known->second;
      if (!alias.empty()) policy_->names_.insert_or_assign(alias, request);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::size_t> FindTarget(const config::TargetReference& reference,
                                         const std::string& where) const {
    const auto found =
        std::find_if(policy_->targets_.begin(), policy_->targets_.end(), [&](const Target& target) {
          return target.model == reference.model &&
                 config_.backends[target.backend].name == reference.backend;
        });
    if (found == policy_->targets_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": no target ", reference.model, "@", reference.backend));
    }
    return static_cast<std::size_t>(found - policy_->targets_.begin());
  }

  // Adds the values called `words`, or all of `every` when nothing is said.
  template <typename Enum, std::size_t N>
  static absl::Status AddTraits(const std::vector<std::string>& words,
                                const std::array<Enum, N>& values, Traits every,
                                const std::string& route, Traits& traits) {
    if (words.empty()) traits = traits | every;
    for (const std::string& word : words) {
      const auto found = std::find_if(values.begin(), values.end(),
                                      [&](Enum value) { return Name(value) == word; });
      if (found == values.end()) {
        return absl::InvalidArgumentError(absl::StrCat(route, ": unknown name ", word));
      }
      traits.Add(*found);
    }
    return absl::OkStatus();
  }

  static string_view Name(Endpoint endpoint) {
    static constexpr std::array<string_view, kEndpointCount> kNames = {"chat", "completions",
                                                                       "embeddings"};
    return kNames[static_cast<std::size_t>(endpoint)];
  }
  template <typename Enum>
  static string_view Name(Enum value) {
    return ToString(value);
  }

  // Every comparison with a whole number is an interval; all of them are their intersection.
  static void Narrow(const config::Comparison& comparison, CompiledRoute& route) {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    switch (comparison.op) {
      case config::Comparator::kLess:
        most = comparison.value - 1;
        break;
      case config::Comparator::kLessEqual:
        most = comparison.value;
        break;
      case config::Comparator::kGreater:
        least = comparison.value + 1;
        break;
      case config::Comparator::kGreaterEqual:
        least = comparison.value;
        break;
      case config::Comparator::kEqual:
        least = most = comparison.value;
        break;
    }
    route.least_input_tokens = std::max(route.least_input_tokens, least);
    route.most_input_tokens = std::min(route.most_input_tokens, most);
  }

  absl::Status AddRoute(const config::Route& route) {
    CompiledRoute compiled;
    compiled.name = route.name;
    if (absl::Status status = AddConditions(route, compiled); !status.ok()) return status;
    for (const config::TargetReference& reference : route.targets) {
      absl::StatusOr<std::size_t> target = FindTarget(reference, route.name);
      if (!target.ok()) return target.status();
      compiled.targets.push_back(*target);
      compiled.weights.push_back(reference.weight);
    }
    if (route.targets.empty()) {
      for (std::size_t i = 0; i < policy_->targets_.size(); ++i) compiled.targets.push_back(i);
      compiled.weights.assign(policy_->targets_.size(), 1);
    }
    compiled.require = route.require;
    compiled.prefer = route.prefer;
    policy_->routes_.push_back(std::move(compiled));
    return absl::OkStatus();
  }

  absl::Status AddConditions(const config::Route& route, CompiledRoute& compiled) {
    const config::When& when = route.when;
    Traits traits = Traits::None();
    absl::Status status;
    status.Update(
        AddTraits(when.classes,
                  std::array{Class::kBatch, Class::kLatencyCritical, Class::kCode, Class::kGeneral},
                  Traits::AllClasses(), route.name, traits));
    status.Update(AddTraits(when.topics, std::array{Topic::kGeneral, Topic::kCode, Topic::kMath},
                            Traits::AllTopics(), route.name, traits));
    status.Update(AddTraits(
        when.urgencies, std::array{Urgency::kNormal, Urgency::kLatencyCritical, Urgency::kBatch},
        Traits::AllUrgencies(), route.name, traits));
    status.Update(AddTraits(
        when.endpoints, std::array{Endpoint::kChat, Endpoint::kCompletions, Endpoint::kEmbeddings},
        Traits::AllEndpoints(), route.name, traits));
    compiled.traits = when.stream ? traits.AddStream(*when.stream) : traits | Traits::AllStreams();
    for (const std::string& model : when.models) compiled.models.push_back(Canonical(model));
    for (const config::HeaderMatch& match : when.headers) {
      const std::size_t slot = HeaderSlot(match.name);
      compiled.headers.push_back({slot, match.values});
      if (slot < 64) compiled.header_slots |= std::uint64_t{1} << slot;
    }
    for (const config::Comparison& comparison : when.input_tokens) Narrow(comparison, compiled);
    return status;
  }

  // A name that nobody serves stays as written: no request resolves to it, so it never matches.
  std::string Canonical(const std::string& model) const {
    const ModelRequest request = policy_->Resolve(model);
    switch (request.kind) {
      case ModelRequest::Kind::kAuto:
        return "auto";
      case ModelRequest::Kind::kModel:
        return std::string(request.model);
      case ModelRequest::Kind::kTarget:
        return policy_->targets_[request.target].name;
      case ModelRequest::Kind::kUnknown:
        break;
    }
    return model;
  }

  std::size_t HeaderSlot(const std::string& name) {
    std::vector<std::string>& names = policy_->header_names_;
    const auto found = std::find(names.begin(), names.end(), name);
    const auto slot = static_cast<std::size_t>(found - names.begin());
    if (found == names.end()) names.push_back(name);
    return slot;
  }

  const config::Config& config_;
  std::shared_ptr<CompiledPolicy> policy_;
};

absl::StatusOr<std::shared_ptr<const CompiledPolicy>> CompiledPolicy::Compile(
    const config::Config& config) {
  return PolicyCompiler(config).Run();
}

}  // namespace headgate::routing
