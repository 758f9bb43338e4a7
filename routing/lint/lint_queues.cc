#include "routing/lint/lint_queues.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"

namespace headgate::routing {

namespace {

using config::Band;
using config::Concat;
using config::WarningKind;

// One run over what a policy says about full backends.
class QueueLinter {
 public:
  explicit QueueLinter(LintContext& context)
      : context_(context), config_(context.config()), policy_(context.policy()) {}

  void Spill(std::size_t i);           // of a route
  void Preemption(std::size_t index);  // of a backend
  void Share(const config::Team& team);

 private:
  Band BandOf(Class value) const;
  std::optional<Reach::Boxes> BoxesOf(Band band);
  bool MayGet(std::size_t backend, Band band);

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
};

void QueueLinter::Spill(std::size_t i) {
  const config::Route& route = config_.routes[i];
  if (!route.spill.written) return;
  std::set<std::optional<std::size_t>> queues;
  for (const std::size_t t : policy_.routes()[i].targets) {
    if (LintContext::Passes(policy_.routes()[i], t)) queues.insert(QueueOf(policy_.targets()[t]));
  }
  if (queues.empty()) return;  // LintUnmetRoutes reports it
  const bool is_self_hosted = *queues.rbegin() != std::nullopt;
  const std::string path = Concat(route.path, ".spill");
  if (!is_self_hosted) {
    context_.Report(WarningKind::kKeyUseless, route.location, path,
                    "has no effect: no target of the route is self-hosted",
                    "remove it: requests wait for self-hosted targets alone");
  } else if (queues.size() < 2 && route.spill.when != config::Spill::When::kNever) {
    context_.Report(WarningKind::kKeyUseless, route.location, path,
                    "has no effect: the route has no target at another backend to spill to",
                    "add one to its targets, or write `spill: never`");
  }
}

Band QueueLinter::BandOf(Class value) const {
  const auto index = static_cast<std::size_t>(value);
  if (index >= kClassNames.size()) return config_.classes[index - kClassNames.size()].band;
  if (value == Class::kBatch) return Band::kBatch;
  return value == Class::kLatencyCritical ? Band::kLatencyCritical : Band::kNormal;
}

// The requests of all classes of the band. Nullopt if that is too much to search.
std::optional<Reach::Boxes> QueueLinter::BoxesOf(Band band) {
  std::optional<Reach::Boxes> boxes = context_.reach().ByClass();
  if (!boxes) return std::nullopt;
  Traits others = Traits::None();
  for (std::size_t i = 0; i < kClassNames.size() + config_.classes.size(); ++i) {
    if (BandOf(static_cast<Class>(i)) != band) others.Add(static_cast<Class>(i));
  }
  std::erase_if(*boxes,
                [&](const RequestBox& box) { return !box.traits.Without(others).Possible(); });
  return boxes;
}

// Whether a route may send requests of the band to the backend; true if that is unknown.
bool QueueLinter::MayGet(std::size_t backend, Band band) {
  const std::optional<Reach::Boxes> boxes = BoxesOf(band);
  if (!boxes) return true;
  std::vector<std::size_t> targets;
  for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
    if (policy_.targets()[t].backend == backend) targets.push_back(t);
  }
  for (std::size_t i = 0; i < policy_.routes().size(); ++i) {
    std::size_t found = 0;
    const bool may = std::any_of(boxes->begin(), boxes->end(), [&](const RequestBox& box) {
      return context_.MayLeak(i, box, targets, found);
    });
    if (may) return true;
  }
  return false;
}

// Whether all slots are batch's floor, so that no batch can be moved aside. The number of replicas
// behind a name is not known.
bool IsAllFloor(const config::Backend& backend) {
  constexpr std::int64_t kWhole = 1'000'000;
  const bool is_named = std::any_of(backend.replicas.begin(), backend.replicas.end(),
                                    [](const config::Url& url) { return url.dns; });
  if (is_named) return false;
  const std::int64_t slots = backend.slots * static_cast<std::int64_t>(backend.replicas.size());
  return (slots * backend.batch.floor + kWhole - 1) / kWhole >= slots;
}

void QueueLinter::Preemption(std::size_t index) {
  const config::Backend& backend = config_.backends[index];
  if (!backend.preempt) return;
  const auto report = [&](std::string problem, std::string fix) {
    context_.Report(WarningKind::kKeyUseless, backend.location,
                    Concat("backends.", backend.name, ".preempt"), std::move(problem),
                    std::move(fix));
  };
  if (IsAllFloor(backend)) {
    report("has no effect: the only slot is the floor of batch, which is never moved aside",
           "write `batch: {floor: 0%}`, or remove preempt");
  } else if (!MayGet(index, Band::kBatch)) {
    report("has no effect: no route sends batch requests to the backend",
           "add a target of the backend to a route for batch, or remove preempt");
  } else if (!MayGet(index, Band::kLatencyCritical)) {
    report("has no effect: no route sends latency_critical requests to the backend",
           "add a target of the backend to a route for them, or remove preempt");
  }
}

void QueueLinter::Share(const config::Team& team) {
  if (team.share == 1) return;
  const auto report = [&](std::string problem, std::string fix) {
    context_.Report(WarningKind::kKeyUseless, team.location, Concat("teams.", team.name, ".share"),
                    std::move(problem), std::move(fix));
  };
  const bool has_queues = std::any_of(config_.backends.begin(), config_.backends.end(),
                                      [](const config::Backend& backend) {
                                        return backend.hosting == config::Hosting::kSelfHosted;
                                      });
  const bool has_rivals =
      std::any_of(config_.keys.begin(), config_.keys.end(),
                  [&](const config::Key& key) { return key.team != team.name; });
  if (!has_queues) {
    report("has no effect: no backend is self-hosted",
           "remove it: requests wait for self-hosted backends alone");
  } else if (!has_rivals) {
    report("has no effect: no other team has a key",
           "remove it: a share weighs the teams against each other");
  }
}

}  // namespace

void LintQueues(LintContext& context) {
  QueueLinter linter(context);
  const config::Config& config = context.config();
  for (std::size_t i = 0; i < config.routes.size(); ++i) linter.Spill(i);
  for (std::size_t i = 0; i < config.backends.size(); ++i) linter.Preemption(i);
  for (const config::Team& team : config.teams) linter.Share(team);
}

}  // namespace headgate::routing
