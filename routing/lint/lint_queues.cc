#include "routing/lint/lint_queues.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "config/base/text.h"
#include "config/base/written_duration.h"

namespace headgate::routing {

namespace {

using config::Band;
using config::Concat;
using config::WarningKind;
using config::WrittenDuration;

// One run over what a policy says about full backends.
class QueueLinter {
 public:
  explicit QueueLinter(LintContext& context)
      : context_(context), config_(context.config()), policy_(context.policy()) {}

  void Spill(std::size_t i);           // of a route
  void Preemption(std::size_t index);  // of a backend
  void Floor(std::size_t index);
  void SlotTokens(const config::Backend& backend);
  void Wait(const config::PolicyTest& test);
  void Share(const config::Team& team);

 private:
  Band BandOf(Class value) const;
  std::optional<Reach::Boxes> BoxesOf(absl::FunctionRef<bool(Class)> counts);
  bool MayGet(std::size_t backend, Band band);
  bool MayTake(std::size_t route, Class value);
  bool MaySend(std::size_t route, const std::vector<std::size_t>& targets, Band band);
  void LateSpill(std::size_t i);
  void LateFirstToken(std::size_t i);

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
  } else if (route.spill.when != config::Spill::When::kNever) {
    LateSpill(i);
    LateFirstToken(i);
  }
}

// The time after which a request leaves a queue must come before the end of the request. While
// batch waits, its time limit does not run, but its `max_wait` does.
void QueueLinter::LateSpill(std::size_t i) {
  const config::Route& route = config_.routes[i];
  config::Milliseconds total{0};
  config::Milliseconds max_wait{0};
  std::vector<std::size_t> queued;
  for (const std::size_t t : policy_.routes()[i].targets) {
    if (!LintContext::Passes(policy_.routes()[i], t) || !QueueOf(policy_.targets()[t])) continue;
    const config::Backend& backend = config_.backends[policy_.targets()[t].backend];
    total = std::max(total, route.timeouts.Over(backend.timeouts).total);
    max_wait = std::max(max_wait, backend.batch.max_wait);
    queued.push_back(t);
  }
  if (route.spill.limit < std::min(total, max_wait)) return;
  const bool has_batch = MaySend(i, queued, Band::kBatch);
  if (has_batch && route.spill.limit < max_wait) return;
  const bool has_others =
      !has_batch || MaySend(i, queued, Band::kLatencyCritical) || MaySend(i, queued, Band::kNormal);
  if (has_others && route.spill.limit < total) return;
  const bool waits_over = route.spill.when == config::Spill::When::kWaitOver;
  const std::string limit = WrittenDuration(route.spill.limit);
  const std::string end = WrittenDuration(has_others ? total : max_wait);
  context_.Report(
      WarningKind::kKeyUseless, route.location, Concat(route.path, ".spill"),
      Concat(waits_over ? Concat("a request whose predicted wait is below ", limit, " waits")
                        : Concat("a request waits ", limit, " before it leaves"),
             has_others ? ", but timeouts.total ends it after "
                        : ", but it is batch, and batch.max_wait ends its wait after ",
             end),
      Concat("write a time below ", end, waits_over ? "" : ", or `spill: never`"));
}

Band QueueLinter::BandOf(Class value) const {
  const auto index = static_cast<std::size_t>(value);
  if (index >= kClassNames.size()) return config_.classes[index - kClassNames.size()].band;
  if (value == Class::kBatch) return Band::kBatch;
  return value == Class::kLatencyCritical ? Band::kLatencyCritical : Band::kNormal;
}

// A request may wait for the time of the route before it leaves. If that is all of the time in
// which its first token is wanted, it leaves too late.
void QueueLinter::LateFirstToken(std::size_t i) {
  const config::Route& route = config_.routes[i];
  std::optional<Class> hurried;
  for (std::size_t n = 0; n < policy_.class_names().size(); ++n) {
    const auto value = static_cast<Class>(n);
    if (BandOf(value) != Band::kLatencyCritical || !MayTake(i, value)) continue;
    if (!hurried || policy_.TargetTtft(value) < policy_.TargetTtft(*hurried)) hurried = value;
  }
  if (!hurried || route.spill.limit < policy_.TargetTtft(*hurried)) return;
  context_.Report(
      WarningKind::kFirstTokenSlow, route.location, Concat(route.path, ".spill"),
      Concat("lets a request of class ", policy_.class_names()[static_cast<std::size_t>(*hurried)],
             " wait up to ", WrittenDuration(route.spill.limit),
             " before it leaves, and its target_ttft is ",
             WrittenDuration(policy_.TargetTtft(*hurried))),
      "write the target_ttft minus the time to first token of the target to which it goes");
}

// Whether requests of the class may come to the route; false if that is too much to search.
bool QueueLinter::MayTake(std::size_t route, Class value) {
  const std::optional<Reach::Boxes> boxes =
      BoxesOf([value](Class other) { return other == value; });
  std::size_t found = 0;
  return boxes && std::any_of(boxes->begin(), boxes->end(), [&](const RequestBox& box) {
           return context_.MayLeak(route, box, policy_.routes()[route].targets, found);
         });
}

// The requests of all classes that count. Nullopt if that is too much to search.
std::optional<Reach::Boxes> QueueLinter::BoxesOf(absl::FunctionRef<bool(Class)> counts) {
  std::optional<Reach::Boxes> boxes = context_.reach().ByClass();
  if (!boxes) return std::nullopt;
  Traits others = Traits::None();
  for (std::size_t i = 0; i < kClassNames.size() + config_.classes.size(); ++i) {
    if (!counts(static_cast<Class>(i))) others.Add(static_cast<Class>(i));
  }
  std::erase_if(*boxes,
                [&](const RequestBox& box) { return !box.traits.Without(others).Possible(); });
  return boxes;
}

// Whether the route may send requests of the band to one of the targets; true if that is unknown.
bool QueueLinter::MaySend(std::size_t route, const std::vector<std::size_t>& targets, Band band) {
  const std::optional<Reach::Boxes> boxes =
      BoxesOf([&](Class value) { return BandOf(value) == band; });
  if (!boxes) return true;
  std::size_t found = 0;
  return std::any_of(boxes->begin(), boxes->end(), [&](const RequestBox& box) {
    return context_.MayLeak(route, box, targets, found);
  });
}

// Whether some route may send requests of the band to the backend.
bool QueueLinter::MayGet(std::size_t backend, Band band) {
  std::vector<std::size_t> targets;
  for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
    if (policy_.targets()[t].backend == backend) targets.push_back(t);
  }
  for (std::size_t i = 0; i < policy_.routes().size(); ++i) {
    if (MaySend(i, targets, band)) return true;
  }
  return false;
}

// At most half of the slots are batch's floor, rounded down. The number of replicas behind a name
// is not known.
bool HasOneSlot(const config::Backend& backend) {
  return backend.slots == 1 && backend.replicas.size() == 1 && !backend.replicas.front().dns;
}

// Whether the operator cares how batch gets slots.
bool SaysFloor(const config::Backend& backend) {
  return backend.batch.floor > 0 &&
         (backend.preempt || backend.batch.floor != config::BatchShare{}.floor);
}

void QueueLinter::Floor(std::size_t index) {
  const config::Backend& backend = config_.backends[index];
  if (!HasOneSlot(backend) || !SaysFloor(backend) || !MayGet(index, Band::kBatch)) return;
  context_.Report(WarningKind::kKeyUseless, backend.location,
                  Concat("backends.", backend.name, ".batch.floor"),
                  "is no slot: at most half of 1 slot is for batch, so batch gets one only when "
                  "nobody else waits",
                  "write `batch: {floor: 0%}`, or add slots or a replica");
}

// With fewer tokens for each slot, `slot_tokens` is the limit that counts, and most slots are never
// used.
void QueueLinter::SlotTokens(const config::Backend& backend) {
  constexpr std::int64_t kFewest = 1000;
  if (backend.slot_tokens == 0 || backend.slots < 1) return;
  const std::int64_t each = backend.slot_tokens / backend.slots;
  if (each >= kFewest) return;
  context_.Report(WarningKind::kKeyUseless, backend.location,
                  Concat("backends.", backend.name, ".slot_tokens"),
                  Concat("leaves only ", each, " tokens for each of the ", backend.slots,
                         " slots, so most slots are never used"),
                  "write the tokens that the KV cache of a replica holds, or fewer slots");
}

void QueueLinter::Preemption(std::size_t index) {
  const config::Backend& backend = config_.backends[index];
  if (!backend.preempt) return;
  const auto report = [&](std::string problem, std::string fix) {
    context_.Report(WarningKind::kKeyUseless, backend.location,
                    Concat("backends.", backend.name, ".preempt"), std::move(problem),
                    std::move(fix));
  };
  if (!MayGet(index, Band::kBatch)) {
    report("has no effect: no route sends batch requests to the backend",
           "add a target of the backend to a route for batch, or remove preempt");
  } else if (!MayGet(index, Band::kLatencyCritical)) {
    report("has no effect: no route sends latency_critical requests to the backend",
           "add a target of the backend to a route for them, or remove preempt");
  }
}

// `wait` of a policy test, which only requests for a self-hosted backend have.
void QueueLinter::Wait(const config::PolicyTest& test) {
  for (const config::TestLoad& load : test.load) {
    if (!load.wait) continue;
    const std::string_view name = std::string_view(load.name).substr(load.name.find('@') + 1);
    const auto backend =
        std::find_if(config_.backends.begin(), config_.backends.end(),
                     [&](const config::Backend& known) { return known.name == name; });
    if (backend == config_.backends.end()) continue;
    if (backend->hosting != config::Hosting::kPaidApi) continue;
    context_.Report(WarningKind::kKeyUseless, load.location,
                    Concat(test.path, ".load.", load.name, ".wait"),
                    "has no effect: a paid API has no queue",
                    "remove it, or write how slow it is as `ttft_p95`");
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
  } else if (config_.server.auth == config::AuthMode::kNone) {
    report("has no effect: with `auth: none` requests have no team",
           "write `server: {auth: keys}`, or remove it");
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
  for (std::size_t i = 0; i < config.backends.size(); ++i) {
    linter.SlotTokens(config.backends[i]);
    linter.Floor(i);
    linter.Preemption(i);
  }
  for (const config::PolicyTest& test : config.tests) linter.Wait(test);
  for (const config::Team& team : config.teams) linter.Share(team);
}

}  // namespace headgate::routing
