#include "gateway/decide/passed_over_hints.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "config/config.h"
#include "routing/classify/hints.h"

namespace headgate::gateway {
namespace {

using config::Concat;

// Returns why the hint may not raise the urgency; empty if it may.
std::string WhyUntrusted(const routing::CompiledPolicy& policy, std::optional<std::size_t> key,
                         config::Hint hint) {
  if (policy.TrustOf(key).Has(hint)) return {};
  if (!key) return "no key was named";
  return Concat("key ", policy.keys()[*key].name,
                " has no trust_hints: ", config::WordFor(config::kHints, hint));
}

// Returns "batch, latency_critical, code or general".
std::string BuiltInClasses() {
  std::string names;
  for (std::size_t i = 0; i < routing::kClassNames.size(); ++i) {
    const bool last = i + 1 == routing::kClassNames.size();
    if (i > 0) names += last ? " or " : ", ";
    names += routing::kClassNames[i];
  }
  return names;
}

std::string AboutSlo(const routing::CompiledPolicy& policy, std::optional<std::size_t> key,
                     std::string_view written, const routing::Classification& classification) {
  if (!routing::SloTtftMs(written)) {
    return Concat("x-slo-ttft-ms \"", written, "\" is passed over: write a number of milliseconds");
  }
  const std::string why = WhyUntrusted(policy, key, config::Hint::kSlo);
  if (why.empty()) return {};
  // It may lower the urgency all the same.
  const bool lowers = classification.urgency_reason == routing::Reason::kSlo;
  return Concat("x-slo-ttft-ms ", written, " is passed over", lowers ? " as a deadline: " : ": ",
                why);
}

// `name`: where the class is written, x-headgate-class or metadata.class.
std::string AboutClass(const routing::CompiledPolicy& policy, std::optional<std::size_t> key,
                       std::string_view name, std::string_view written) {
  routing::Signals alone;
  alone.class_header = written;
  const std::optional<routing::Class> named = routing::ExplicitClass(alone);
  if (!named) {
    return Concat(name, " \"", written, "\" is passed over: write ", BuiltInClasses());
  }
  if (*named != routing::Class::kLatencyCritical) return {};
  const std::string why = WhyUntrusted(policy, key, config::Hint::kClass);
  return why.empty() ? why : Concat(name, " ", written, " is passed over: ", why);
}

}  // namespace

std::vector<std::string> PassedOverHints(const routing::CompiledPolicy& policy,
                                         std::optional<std::size_t> key,
                                         const routing::Signals& signals,
                                         const routing::Classification& classification) {
  std::vector<std::string> hints;
  const auto add = [&](std::string hint) {
    if (!hint.empty()) hints.push_back(std::move(hint));
  };
  if (!signals.slo_ttft_header.empty()) {
    add(AboutSlo(policy, key, signals.slo_ttft_header, classification));
  }
  if (!signals.class_header.empty()) {
    add(AboutClass(policy, key, "x-headgate-class", signals.class_header));
  }
  const bool is_condition = std::any_of(
      policy.patterns().begin(), policy.patterns().end(), [](const routing::Pattern& pattern) {
        return pattern.source == routing::Pattern::Source::kMetadata && pattern.name == "class";
      });
  if (signals.metadata_class.empty() || is_condition) return hints;
  routing::Signals header;
  header.class_header = signals.class_header;
  if (const std::optional<routing::Class> named = routing::ExplicitClass(header)) {
    add(Concat("metadata.class \"", signals.metadata_class,
               "\" is passed over: x-headgate-class says ", routing::ToString(*named)));
  } else {
    add(AboutClass(policy, key, "metadata.class", signals.metadata_class));
  }
  return hints;
}

}  // namespace headgate::gateway
