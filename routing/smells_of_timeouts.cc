#include <algorithm>
#include <string>
#include <vector>

#include "config/text.h"
#include "routing/nose.h"
#include "routing/request_words.h"

namespace headgate::routing {
namespace {

using config::Concat;

// Who cannot wait is not helped by another target after this.
constexpr config::Milliseconds kLongestSilence(10'000);

bool Has(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "latency_critical") != words.end();
}

// Whether the condition asks for latency_critical requests, perhaps among others.
bool IsForLatencyCritical(const config::When& when) {
  const auto any = [](const std::vector<config::When>& parts) {
    return std::any_of(parts.begin(), parts.end(), IsForLatencyCritical);
  };
  return Has(when.classes) || Has(when.urgencies) || any(when.all) || any(when.any);
}

std::string DurationText(config::Milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? Concat(ms / 1000, "s") : Concat(ms, "ms");
}

}  // namespace

// Routes of latency_critical requests whose backends may be silent for long before the next target
// is tried.
void Nose::FirstToken(std::size_t i) {
  const config::Route& route = config_.routes[i];
  if (!IsForLatencyCritical(route.when)) return;
  const CompiledRoute& compiled = policy_.routes()[i];
  std::vector<std::string> silent;
  config::Milliseconds longest = kLongestSilence;
  for (const std::size_t t : compiled.targets) {
    if (!policy_.targets()[t].chat || !Passes(compiled, t)) continue;
    const config::Backend& backend = config_.backends[policy_.targets()[t].backend];
    const config::Milliseconds first_token = route.timeouts.Over(backend.timeouts).first_token;
    if (first_token <= kLongestSilence) continue;
    longest = std::max(longest, first_token);
    if (std::find(silent.begin(), silent.end(), backend.name) == silent.end()) {
      silent.push_back(backend.name);
    }
  }
  if (silent.empty()) return;
  Report(config::WarningKind::kFirstTokenSlow, route.place, route.path + ".timeouts.first_token",
         Concat("lets a latency_critical stream wait up to ", DurationText(longest), " for ",
                Listed(silent), " when ", silent.size() == 1 ? "it hangs" : "they hang"),
         "write `timeouts: {first_token: 5s}` on the route, or a shorter time on the backend");
}

}  // namespace headgate::routing
