#include "gateway/admin/families/queue_families.h"

#include <array>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "gateway/metrics/family.h"

namespace headgate::gateway {
namespace {

using backends::Band;
using backends::SlotQueue;
using prometheus::MetricType;

double Seconds(backends::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Rounded up, so that 0 means that a request would not wait.
std::int64_t Milliseconds(backends::Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

void AppendSlots(const std::vector<QueueState>& backends, FamilySet::Families& families) {
  FamilyBuilder slots("headgate_slots", "Requests that a replica serves well at once.",
                      MetricType::Gauge);
  FamilyBuilder busy("headgate_slots_busy", "Requests that a replica serves now.",
                     MetricType::Gauge);
  for (const QueueState& backend : backends) {
    for (const QueueState::Replica& replica : backend.replicas) {
      const std::initializer_list<LabelPair> labels = {{"backend", backend.backend},
                                                       {"replica", replica.name}};
      busy.Add(labels, replica.busy);
      if (replica.slots > 0) slots.Add(labels, replica.slots);
    }
  }
  families.push_back(slots.Take());
  families.push_back(busy.Take());
}

void AppendTokens(const std::vector<QueueState>& backends, FamilySet::Families& families) {
  FamilyBuilder room("headgate_slot_tokens", "Tokens that a replica has room for (`slot_tokens`).",
                     MetricType::Gauge);
  FamilyBuilder busy("headgate_slot_tokens_busy",
                     "Tokens of what runs at a replica: its input, and the output expected of it.",
                     MetricType::Gauge);
  for (const QueueState& backend : backends) {
    for (const QueueState::Replica& replica : backend.replicas) {
      if (replica.slot_tokens == 0) continue;
      const std::initializer_list<LabelPair> labels = {{"backend", backend.backend},
                                                       {"replica", replica.name}};
      room.Add(labels, static_cast<double>(replica.slot_tokens));
      busy.Add(labels, static_cast<double>(replica.tokens));
    }
  }
  families.push_back(room.Take());
  families.push_back(busy.Take());
}

void AppendWaiting(const std::vector<QueueState>& backends, FamilySet::Families& families) {
  FamilyBuilder depth("headgate_queue_depth", "Requests that wait for a slot of a backend.",
                      MetricType::Gauge);
  FamilyBuilder wait("headgate_queue_predicted_wait_seconds",
                     "How long a request that comes now would wait for a slot.", MetricType::Gauge);
  FamilyBuilder ended("headgate_queue_requests_total",
                      "Requests at the queue of a backend, by what became of them: `granted` a "
                      "slot, `shed` for a more urgent request, `expired` if their time was over, "
                      "`left` for another target, `gone` with their client, `drained` by a "
                      "shutdown, `full` if they could not join.",
                      MetricType::Counter);
  for (const QueueState& backend : backends) {
    if (!backend.queue) continue;
    const SlotQueue::Figures& figures = *backend.queue;
    for (const Band band : backends::kAllBands) {
      const std::size_t i = backends::IndexOf(band);
      const LabelPair of_backend{"backend", backend.backend};
      const LabelPair of_band{"band", backends::NameOf(band)};
      depth.Add({of_backend, of_band}, static_cast<double>(figures.waiting[i]));
      wait.Add({of_backend, of_band}, Seconds(figures.predicted[i]));
      const auto add = [&](std::string_view result, std::uint64_t count) {
        ended.Add({of_backend, of_band, {"result", result}}, static_cast<double>(count));
      };
      add("granted", figures.granted[i]);
      add("shed", figures.shed[i]);
      add("expired", figures.expired[i]);
      add("left", figures.left[i]);
      add("gone", figures.gone[i]);
      add("drained", figures.drained[i]);
      add("full", figures.full[i]);
    }
  }
  families.push_back(depth.Take());
  families.push_back(wait.Take());
  families.push_back(ended.Take());
}

void AppendAffinity(const std::vector<QueueState>& backends, FamilySet::Families& families) {
  FamilyBuilder prompts(
      "headgate_prefix_affinity_total",
      "Prompts sent to a replica of several, by what it knew of their beginning: `none` has it in "
      "its cache, `followed`, `shorter` (others have more of it, and too much to do), `escaped` "
      "(others have it, and too much to do).",
      MetricType::Counter);
  constexpr std::array<std::string_view, 4> kResults = {"none", "followed", "shorter", "escaped"};
  for (const QueueState& backend : backends) {
    if (backend.affinity) prompts.AddResults(backend.backend, kResults, *backend.affinity);
  }
  families.push_back(prompts.Take());
}

}  // namespace

QueueState QueueStateOf(const BackendState& backend, backends::TimePoint now) {
  QueueState state;
  state.backend = backend.name;
  for (std::size_t r = 0; r < backend.replicas->size(); ++r) {
    const backends::SlotCount& count = backend.replicas->slots(r);
    state.replicas.push_back({.name = backend.upstream->replicas()[r].name,
                              .slots = count.slots(),
                              .busy = count.in_flight(),
                              .down = count.down(),
                              .others = count.others(),
                              .slot_tokens = count.slot_tokens(),
                              .tokens = count.tokens(),
                              .others_tokens = count.others_tokens()});
  }
  if (backend.queue != nullptr) state.queue = backend.queue->figures(now);
  if (backend.affinity != nullptr) state.affinity = backend.affinity->counts();
  return state;
}

std::vector<QueueState> QueueStatesOf(const Fleet& fleet, backends::TimePoint now) {
  std::vector<QueueState> states;
  std::map<std::string_view, std::size_t> configured;  // places in `states`
  for (const BackendState& backend : fleet.backends()) {
    configured.emplace(backend.name, states.size());
    states.push_back(QueueStateOf(backend, now));
  }
  for (const auto& [name, known] : fleet.known_slots().backends()) {
    const auto [place, gone] = configured.emplace(name, states.size());
    if (gone) states.push_back({.backend = name, .replicas = {}, .queue = {}, .affinity = {}});
    QueueState& state = states[place->second];
    if (!state.queue) state.queue = known.queue->figures(now);
    if (!state.affinity && known.affinity) state.affinity = PrefixAffinity::Read(known.affinity);
  }
  return states;
}

void AppendQueueFamilies(const std::vector<QueueState>& backends, FamilySet::Families& families) {
  AppendSlots(backends, families);
  AppendTokens(backends, families);
  AppendWaiting(backends, families);
  AppendAffinity(backends, families);
}

boost::json::object QueueJson(const QueueState& state) {
  if (!state.queue) return {};
  int slots = 0;
  int busy = 0;
  for (const QueueState::Replica& replica : state.replicas) {
    if (!replica.down) slots += replica.slots;
    busy += replica.busy;
  }
  boost::json::object waiting;
  boost::json::object predicted;
  for (const Band band : backends::kAllBands) {
    const std::size_t i = backends::IndexOf(band);
    const boost::json::string_view name(backends::NameOf(band).data(),
                                        backends::NameOf(band).size());
    waiting[name] = state.queue->waiting[i];
    predicted[name] = Milliseconds(state.queue->predicted[i]);
  }
  return {{"slots", slots},
          {"busy", busy},
          {"running_batch", state.queue->running_batch},
          {"batch_floor", state.queue->batch_floor},
          {"waiting", std::move(waiting)},
          {"predicted_wait_ms", std::move(predicted)}};
}

boost::json::object ReplicaLoadJson(const QueueState::Replica& replica) {
  boost::json::object json{{"in_flight", replica.busy}};
  if (replica.slots > 0) {
    json["slots"] = replica.slots;
    json["others"] = replica.others;
  }
  if (replica.slot_tokens > 0) {
    json["slot_tokens"] = replica.slot_tokens;
    json["tokens"] = replica.tokens;
    json["others_tokens"] = replica.others_tokens;
  }
  return json;
}

}  // namespace headgate::gateway
