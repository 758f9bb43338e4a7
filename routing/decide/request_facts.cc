#include "routing/decide/request_facts.h"

#include "config/base/glob.h"
#include "routing/classify/hints.h"

namespace headgate::routing {
namespace {

void Compare(const CompiledPolicy& policy, Pattern::Source source, std::string_view name,
             std::string_view value, Facts& facts) {
  for (const std::size_t pattern : policy.PatternsOf(source, name)) {
    if (config::MatchesGlob(policy.patterns()[pattern].glob, value)) facts.Set(pattern);
  }
}

std::uint8_t Uses(const Signals& signals) {
  std::uint8_t uses = 0;
  if (signals.uses_tools) uses |= kTools;
  if (signals.uses_json_schema) uses |= kJsonSchema;
  if (signals.uses_images) uses |= kImages;
  if (signals.uses_audio) uses |= kAudio;
  if (signals.uses_documents) uses |= kDocuments;
  return uses;
}

}  // namespace

void FillRequest(const CompiledPolicy& policy, const Signals& signals,
                 std::optional<std::size_t> key, DecisionInput& input) {
  input.endpoint = signals.endpoint;
  input.model = policy.Resolve(signals.model);
  input.stream = signals.stream;
  input.uses = Uses(signals);
  input.text_bytes = signals.text_bytes;
  input.other_input_tokens = signals.other_input_tokens;
  input.max_tokens = signals.max_tokens;
  // A deadline sends requests to paid targets and moves others aside, so it is trusted like the
  // urgency that it means.
  input.slo_ttft_ms = policy.TrustOf(key).Has(config::Hint::kSlo)
                          ? SloTtftMs(signals.slo_ttft_header)
                          : std::nullopt;
  input.choices = signals.choices;
  input.native_only = signals.native_only;
  input.key = key;
  input.facts.Reset(policy.patterns().size());
  if (key) input.facts.Add(policy.keys()[*key].facts);
  for (const auto& [name, value] : signals.metadata) {
    Compare(policy, Pattern::Source::kMetadata, name, value, input.facts);
  }
}

void AddHeader(const CompiledPolicy& policy, std::string_view name, std::string_view value,
               DecisionInput& input) {
  Compare(policy, Pattern::Source::kHeader, name, value, input.facts);
}

}  // namespace headgate::routing
