#include "gateway/log/configuration_warnings.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "config/base/text.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

// A policy of a thousand routes can have a thousand warnings. A person reads the first few, and
// `headgate check` shows all.
constexpr std::size_t kMostLogged = 20;

void Warn(std::string_view message, const std::string& detail) {
  OperatorLog::Event(OperatorLog::Level::kWarning, message, {{"detail", detail}});
}

}  // namespace

void LogWarnings(const std::vector<config::FoundWarning>& warnings) {
  const std::size_t logged = std::min(warnings.size(), kMostLogged);
  for (std::size_t i = 0; i < logged; ++i) {
    Warn("the configuration has a warning", config::ToString(warnings[i]));
  }
  if (warnings.size() > logged) {
    Warn("the configuration has more warnings",
         config::Concat(warnings.size() - logged,
                        " are not listed here; `headgate check` lists all"));
  }
}

boost::json::object ToJson(const config::FoundWarning& warning) {
  const config::Diagnostic& diagnostic = warning.diagnostic;
  return {{"warning", config::NameOf(warning.kind)}, {"file", diagnostic.location.file},
          {"line", diagnostic.location.line},        {"path", diagnostic.path},
          {"problem", diagnostic.problem},           {"fix", diagnostic.fix}};
}

boost::json::array ToJson(const std::vector<config::FoundWarning>& warnings) {
  boost::json::array out;
  for (const config::FoundWarning& warning : warnings) out.push_back(ToJson(warning));
  return out;
}

}  // namespace headgate::gateway
