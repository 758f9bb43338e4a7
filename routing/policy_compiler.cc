#include <algorithm>
#include <array>
#include <cstddef>
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

  // The bits of `words` among `names`, all of them when nothing is said.
  template <std::size_t N>
  static absl::StatusOr<std::uint32_t> Bits(const std::vector<std::string>& words,
                                            const std::array<string_view, N>& names,
                                            const std::string& where) {
    if (words.empty()) return ~0u;
    std::uint32_t bits = 0;
    for (const std::string& word : words) {
      const auto found = std::find(names.begin(), names.end(), word);
      if (found == names.end()) {
        return absl::InvalidArgumentError(absl::StrCat(where, ": unknown name ", word));
      }
      bits |= 1u << static_cast<unsigned>(found - names.begin());
    }
    return bits;
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
    static constexpr std::array<string_view, 3> kTopics = {"general", "code", "math"};
    static constexpr std::array<string_view, 3> kUrgencies = {"normal", "latency_critical",
                                                              "batch"};
    static constexpr std::array<string_view, kEndpointCount> kEndpoints = {"chat", "completions",
                                                                           "embeddings"};
    const config::When& when = route.when;
    const auto classes = Bits(when.classes, kClassNames, route.name);
    const auto topics = Bits(when.topics, kTopics, route.name);
    const auto urgencies = Bits(when.urgencies, kUrgencies, route.name);
    const auto endpoints = Bits(when.endpoints, kEndpoints, route.name);
    for (const auto* bits : {&classes, &topics, &urgencies, &endpoints}) {
      if (!bits->ok()) return bits->status();
    }
    compiled.classes = *classes;
    compiled.topics = *topics;
    compiled.urgencies = *urgencies;
    compiled.endpoints = *endpoints;
    for (const std::string& model : when.models) compiled.models.push_back(Canonical(model));
    for (const config::HeaderMatch& match : when.headers) {
      compiled.headers.push_back({HeaderSlot(match.name), match.values});
    }
    compiled.stream = when.stream;
    compiled.input_tokens = when.input_tokens;
    return absl::OkStatus();
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
