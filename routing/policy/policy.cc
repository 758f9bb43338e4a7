#include "routing/policy/policy.h"

#include "absl/strings/string_view.h"
#include "routing/policy/policy_compiler.h"

namespace headgate::routing {

absl::StatusOr<std::shared_ptr<const CompiledPolicy>> CompiledPolicy::Compile(
    const config::Config& config) {
  return CompilePolicy(config);
}

ModelRequest CompiledPolicy::Resolve(std::string_view written) const {
  const auto found = names_.find(absl::string_view(written.data(), written.size()));
  return found == names_.end() ? ModelRequest{} : found->second;
}

absl::Span<const std::size_t> CompiledPolicy::PatternsOf(Pattern::Source source,
                                                         std::string_view name) const {
  const auto& patterns = source == Pattern::Source::kHeader ? header_patterns_ : metadata_patterns_;
  const auto found = patterns.find(absl::string_view(name.data(), name.size()));
  if (found == patterns.end()) return {};
  return found->second;
}

void AppendRelaxed(std::uint8_t relaxed, std::string& out) {
  bool first = true;
  for (std::size_t bit = 0; bit < kRelaxedNames.size(); ++bit) {
    if ((relaxed >> bit & 1) == 0) continue;
    if (!first) out += ", ";
    out += kRelaxedNames[bit];
    first = false;
  }
}

}  // namespace headgate::routing
