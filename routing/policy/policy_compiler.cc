#include "routing/policy/policy_compiler.h"

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
#include "config/base/glob.h"
#include "policy/money/rent_terms.h"
#include "routing/classify/signals.h"
#include "routing/policy/condition_compiler.h"
#include "routing/policy/require_compiler.h"

namespace headgate::routing {

using std::string_view;

// Resolves every name of a configuration, once. Single use; each step needs the steps before it.
class PolicyCompiler {
 public:
  explicit PolicyCompiler(const config::Config& config)
      : config_(config), policy_(std::make_shared<CompiledPolicy>()) {}

  absl::StatusOr<std::shared_ptr<const CompiledPolicy>> Run() {
    if (absl::Status status = AddClassifier(); !status.ok()) return status;
    AddTargets();
    AddNames();
    if (absl::Status status = AddAliases(); !status.ok()) return status;
    if (absl::Status status = AddClasses(); !status.ok()) return status;
    for (const config::Route& route : config_.routes) {
      if (absl::Status status = AddRoute(route); !status.ok()) return status;
    }
    AddPatterns();
    AddKeys();
    policy_->self_hosted_price_ = config_.self_hosted_price;
    if (config_.baseline) {
      absl::StatusOr<std::size_t> target = FindTarget(*config_.baseline, "baseline");
      if (!target.ok()) return target.status();
      policy_->baseline_ = *target;
    }
    return policy_;
  }

 private:
  absl::Status AddClassifier() {
    const config::Classifier& classifier = config_.classifier;
    ClassifierOptions& options = policy_->classifier_;
    options.urgency = classifier.urgency;
    if (classifier.threshold) options.threshold = static_cast<float>(*classifier.threshold);
    if (!classifier.model) return absl::OkStatus();
    absl::StatusOr<TopicModel> model = TopicModel::Parse(classifier.model->bytes);
    if (!model.ok()) return model.status();
    for (std::size_t i = 0; i < model->topics().size(); ++i) {
      if (model->TopicOf(i) > Topic::kMath) policy_->topic_names_.push_back(model->topics()[i]);
    }
    if (policy_->topic_names_.size() > kMostTopics) {
      return absl::InvalidArgumentError(absl::StrCat("the model has topics of its own beyond ",
                                                     kMostTopics - kTopicNames.size(),
                                                     "; train one with fewer"));
    }
    options.model = &policy_->topic_model_.emplace(*std::move(model));
    return absl::OkStatus();
  }

  void AddTargets() {
    for (std::size_t i = 0; i < config_.backends.size(); ++i) {
      const config::Backend& backend = config_.backends[i];
      if (backend.hosting == config::Hosting::kSelfHosted) {
        policy_->rents_.push_back({backend.name, static_cast<std::int64_t>(backend.replicas.size()),
                                   backend.slots, policy::MeanRent(backend.rent)});
      }
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
    target.endpoints = EndpointsOf(backend);
    const FoundPrice price = FindPrice(config_, backend, served);
    if (price.prices != nullptr) target.prices = *price.prices;
    target.price_match = price.match;
    if (backend.slots > 0) target.slot_rent = policy::OfOneSlot(backend.rent, backend.slots);
    const auto model =
        std::find_if(config_.models.begin(), config_.models.end(),
                     [&](const config::Model& row) { return row.name == served.model; });
    if (model == config_.models.end()) {
      target.supports = WithDocuments(target.supports, backend);
      return target;
    }
    const auto supports = [&](string_view ability) {
      return std::find(model->supports.begin(), model->supports.end(), ability) !=
             model->supports.end();
    };
    target.context = model->context;
    target.max_output = model->max_output.value_or(0);
    target.image_tokens = model->image_tokens.value_or(0);
    target.reasoning = supports("reasoning");
    target.embeddings = supports("embeddings");
    target.chat = !target.embeddings ||
                  std::any_of(model->supports.begin(), model->supports.end(),
                              [](const std::string& ability) { return ability != "embeddings"; });
    target.supports = WithDocuments(Abilities(model->supports), backend);
    const auto score = [&](const std::string& name) -> std::optional<float> {
      const auto found = model->scores.find(name);
      if (found == model->scores.end()) return std::nullopt;
      return static_cast<float>(found->second);
    };
    target.quality[static_cast<std::size_t>(Topic::kGeneral)] = score(config_.quality.general);
    target.quality[static_cast<std::size_t>(Topic::kCode)] = score(config_.quality.code);
    target.quality[static_cast<std::size_t>(Topic::kMath)] = score(config_.quality.math);
    return target;
  }

  static std::uint8_t EndpointsOf(const config::Backend& backend) {
    std::uint8_t endpoints = 0;
    for (std::size_t i = 0; i < config::kEndpoints.size(); ++i) {
      const auto& written = backend.endpoints;
      const bool named =
          std::find(written.begin(), written.end(), config::kEndpoints[i]) != written.end();
      if (named) endpoints |= BitOf(static_cast<Endpoint>(i));
    }
    // Ollama has Messages without a count of tokens (commit fb307609, 2026-08-21).
    const bool counts = backend.engine != config::Engine::kOllama;
    if (counts && (endpoints & BitOf(Endpoint::kMessages)) != 0) {
      endpoints |= BitOf(Endpoint::kCountTokens);
    }
    return endpoints;
  }

  // See Target::supports.
  static std::uint8_t WithDocuments(std::uint8_t supports, const config::Backend& backend) {
    const bool reads = (supports & kImages) != 0 && backend.engine == config::Engine::kNone;
    return static_cast<std::uint8_t>(reads ? supports | kDocuments : supports & ~kDocuments);
  }

  static std::uint8_t Abilities(const std::vector<std::string>& supports) {
    if (supports.empty()) return 0xff;
    std::uint8_t abilities = 0;
    for (const auto& [name, ability] : kAbilityWords) {
      if (std::find(supports.begin(), supports.end(), name) != supports.end()) abilities |= ability;
    }
    return abilities;
  }

  // The names that clients can ask for. A catalogue row that no backend serves has none.
  void AddNames() {
    auto& names = policy_->names_;
    names["auto"] = {ModelRequest::Kind::kAuto, {}, 0, 0};
    // Reserved first: the views in names_ point into these strings.
    policy_->model_names_.reserve(policy_->targets_.size());
    for (std::size_t i = 0; i < policy_->targets_.size(); ++i) {
      const Target& target = policy_->targets_[i];
      auto known = names.find(target.model);
      if (known == names.end()) {
        policy_->model_names_.push_back(target.model);
        known = names
                    .emplace(target.model,
                             ModelRequest{ModelRequest::Kind::kModel, policy_->model_names_.back(),
                                          0, policy_->model_names_.size()})
                    .first;
      }
    }
    const std::size_t first_target = 1 + policy_->model_names_.size();
    for (std::size_t i = 0; i < policy_->targets_.size(); ++i) {
      const Target& target = policy_->targets_[i];
      const string_view model = names.find(target.model)->second.model;
      names.emplace(target.name,
                    ModelRequest{ModelRequest::Kind::kTarget, model, i, first_target + i});
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

  absl::Status AddRoute(const config::Route& route) {
    CompiledRoute compiled;
    compiled.name = route.name;
    absl::StatusOr<Condition> when = conditions_.Compile(route.when, route.name);
    if (!when.ok()) return when.status();
    compiled.when = *std::move(when);
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
    compiled.require = CompileRequire(route.require, config_, *policy_);
    if (route.unpriced == config::OnUnpriced::kReject) {
      DropUnpriced(policy_->targets_, compiled.require);
    }
    compiled.prefer = route.prefer;
    compiled.blend = route.blend;
    compiled.on_no_target = route.on_no_target;
    compiled.spill = route.spill;
    for (const Target& target : policy_->targets_) {
      const config::Timeouts& timeouts = config_.backends[target.backend].timeouts;
      compiled.total.push_back(route.timeouts.Over(timeouts).total);
    }
    policy_->gates_.push_back(GateOf(compiled.when));
    policy_->routes_.push_back(std::move(compiled));
    return absl::OkStatus();
  }

  // Conditions need the indices of the classes that they name, so all names come first. Conditions
  // of custom classes do not look at classes.
  absl::Status AddClasses() {
    policy_->class_names_.assign(kClassNames.begin(), kClassNames.end());
    policy_->class_queues_ = {QueueOf(config::Band::kBatch),
                              QueueOf(config::Band::kLatencyCritical),
                              QueueOf(config::Band::kNormal), QueueOf(config::Band::kNormal)};
    static_assert(kClassNames.size() == 4 && kClassNames[0] == "batch" &&
                  kClassNames[1] == "latency_critical");
    for (std::size_t i = 0; i < kClassNames.size(); ++i) {
      const auto own = config_.built_in_target_ttft.find(kClassNames[i]);
      if (own != config_.built_in_target_ttft.end()) {
        policy_->class_queues_[i].target_ttft = own->second;
      }
    }
    for (const config::CustomClass& own : config_.classes) {
      policy_->class_names_.push_back(own.name);
      ClassQueue& queue = policy_->class_queues_.emplace_back(QueueOf(own.band));
      queue.target_ttft = own.target_ttft.value_or(queue.target_ttft);
    }
    if (policy_->class_names_.size() > kMaxClasses) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxClasses, " classes"));
    }
    for (const config::CustomClass& own : config_.classes) {
      absl::StatusOr<Condition> when = conditions_.Compile(own.when, own.name);
      if (!when.ok()) return when.status();
      policy_->custom_classes_.push_back(*std::move(when));
    }
    return absl::OkStatus();
  }

  void AddPatterns() {
    policy_->patterns_ = conditions_.patterns();
    for (std::size_t i = 0; i < policy_->patterns_.size(); ++i) {
      const Pattern& pattern = policy_->patterns_[i];
      if (pattern.source == Pattern::Source::kHeader) {
        std::vector<std::size_t>& same = policy_->header_patterns_[pattern.name];
        if (same.empty()) policy_->header_names_.push_back(pattern.name);
        same.push_back(i);
      } else if (pattern.source == Pattern::Source::kMetadata) {
        policy_->metadata_patterns_[pattern.name].push_back(i);
      }
    }
  }

  void AddKeys() {
    policy_->keyless_trust_ =
        config_.server.auth == config::AuthMode::kNone ? HintTrust::All() : HintTrust::Of({});
    for (const config::Key& key : config_.keys) {
      PolicyKey compiled;
      compiled.name = key.name;
      compiled.team = key.team;
      compiled.models = key.models;
      compiled.trust = HintTrust::Of(key.trust_hints);
      compiled.facts.Reset(policy_->patterns_.size());
      for (std::size_t i = 0; i < policy_->patterns_.size(); ++i) {
        const Pattern& pattern = policy_->patterns_[i];
        const bool matches =
            (pattern.source == Pattern::Source::kKey &&
             config::MatchesGlob(pattern.glob, key.name)) ||
            (pattern.source == Pattern::Source::kTeam && !key.team.empty() &&
             config::MatchesGlob(pattern.glob,
                                 key.team));  // "*" does not match a key without a team
        if (matches) compiled.facts.Set(i);
      }
      AddRequire(key.require, compiled);
      for (const config::Team& team : config_.teams) {
        if (team.name != key.team) continue;
        AddRequire(team.require, compiled);
        compiled.share = team.share;
      }
      policy_->keys_.push_back(std::move(compiled));
    }
  }

  void AddRequire(const config::Require& require, PolicyKey& key) {
    key.require.push_back(policy_->requires_.size());
    policy_->requires_.push_back(CompileRequire(require, config_, *policy_));
  }

  const config::Config& config_;
  std::shared_ptr<CompiledPolicy> policy_;
  ConditionCompiler conditions_{*policy_};
};

absl::StatusOr<std::shared_ptr<const CompiledPolicy>> CompilePolicy(const config::Config& config) {
  return PolicyCompiler(config).Run();
}

}  // namespace headgate::routing
