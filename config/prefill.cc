#include "config/prefill.h"

#include <algorithm>

namespace headgate::config {
namespace {

bool IsAt(const Backend& backend, std::string_view domain) {
  return std::any_of(backend.replicas.begin(), backend.replicas.end(), [&](const Url& url) {
    const std::string_view host = url.host;
    return host == domain ||
           (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
  });
}

}  // namespace

std::string_view PrefillDialectName(const Backend& backend) {
  if (backend.protocol == Protocol::kAnthropic) return "last_turn";
  if (backend.engine == Engine::kVllm || backend.engine == Engine::kSglang) {
    return "continue_final_message";
  }
  if (IsAt(backend, "mistral.ai")) return "prefix";
  return IsAt(backend, "deepseek.com") ? "prefix_beta" : "";
}

std::string_view PrefillEndpoint(const Backend& backend) {
  return backend.protocol == Protocol::kAnthropic ? "messages" : "chat";
}

bool SupportsPrefill(const ServedModel& served) {
  return std::find(served.supports.begin(), served.supports.end(), "prefill") !=
         served.supports.end();
}

bool SupportsPrefill(const Backend& backend, std::string_view model) {
  return std::any_of(backend.models.begin(), backend.models.end(), [&](const ServedModel& served) {
    return served.model == model && SupportsPrefill(served);
  });
}

}  // namespace headgate::config
