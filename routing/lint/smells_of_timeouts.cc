#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/lint/nose.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {
namespace {

using config::Concat;

// Who cannot wait is not helped by another target after this.
constexpr config::Milliseconds kLongestSilence(10'000);

bool Names(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "latency_critical") != words.end();
}

// Whether the condition asks for latency_critical requests, perhaps among others; also by a class
// of `own` that does so. Own classes cannot look at classes.
bool IsForLatencyCritical(const config::When& when, const std::vector<config::OwnClass>& own) {
  const auto any = [&](const std::vector<config::When>& parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const config::When& part) { return IsForLatencyCritical(part, own); });
  };
  const auto by_class = [&](const config::OwnClass& one) {
    const bool named =
        std::find(when.classes.begin(), when.classes.end(), one.name) != when.classes.end();
    return named && IsForLatencyCritical(one.when, {});
  };
  return Names(when.classes) || Names(when.urgencies) || any(when.all) || any(when.any) ||
         std::any_of(own.begin(), own.end(), by_class);
}

// Whether a request of the box can be a latency_critical one whose answer is streamed.
bool HasUrgentStreams(const RequestBox& box) {
  const Traits others = Traits::None()
                            .Add(Urgency::kNormal)
                            .Add(Urgency::kBatch)
                            .Add(Endpoint::kEmbeddings)
                            .AddStream(false);
  return box.traits.Without(others).Possible();
}

std::string DurationText(config::Milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? Concat(ms / 1000, "s") : Concat(ms, "ms");
}

}  // namespace

// Whether the route is for latency_critical requests, and streams are among them: an answer that is
// not streamed has no first token to wait for.
bool PolicyLinter::IsForUrgentStreams(std::size_t i) const {
  if (!IsForLatencyCritical(config_.routes[i].when, config_.classes)) return false;
  const auto& boxes = reach_.BoxesOf(i);
  return !boxes || std::any_of(boxes->begin(), boxes->end(), HasUrgentStreams);
}

// Routes of latency_critical requests whose backends may be silent for long before the next target
// is tried.
void PolicyLinter::FirstToken(std::size_t i) {
  if (!IsForUrgentStreams(i)) return;
  Silence shown;
  Silence allowed;
  for (const std::size_t t : policy_.routes()[i].targets) {
    const Target& target = policy_.targets()[t];
    if (!target.chat || !Passes(policy_.routes()[i], t)) continue;
    const config::Backend& backend = config_.backends[target.backend];
    const config::Timeouts timeouts = config_.routes[i].timeouts.Over(backend.timeouts);
    const config::Milliseconds wait = std::min(timeouts.first_token, timeouts.total);
    if (wait <= kLongestSilence) continue;
    Silence& silence = BackendAllows(config::WarningKind::kFirstTokenSlow, t) ? allowed : shown;
    silence.longest = std::max(silence.longest, wait);
    std::vector<std::string>& names = silence.backends;
    if (std::find(names.begin(), names.end(), backend.name) == names.end()) {
      names.push_back(backend.name);
    }
  }
  ReportSilence(i, shown, {});
  std::vector<std::string> about;
  about.reserve(allowed.backends.size());
  for (const std::string& name : allowed.backends) about.push_back(Concat("backends.", name));
  ReportSilence(i, allowed, std::move(about));
}

void PolicyLinter::ReportSilence(std::size_t i, const Silence& silence,
                                 std::vector<std::string> about) {
  if (silence.backends.empty()) return;
  const config::Route& route = config_.routes[i];
  Report(config::WarningKind::kFirstTokenSlow, route.place, route.path + ".timeouts.first_token",
         Concat("lets a latency_critical stream wait up to ", DurationText(silence.longest),
                " for ", Listed(silence.backends), " when ",
                silence.backends.size() == 1 ? "it hangs" : "they hang"),
         "write `timeouts: {first_token: 5s}` on the route, or a shorter time on the backend",
         std::move(about));
}

}  // namespace headgate::routing
