#include "routing/lint/lint_allowances.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

// What a warning can be about. Bits.
enum Subject : std::uint8_t { kRoute = 1, kKey = 2, kTeam = 4, kBackend = 8 };
constexpr std::uint8_t kClients = kKey | kTeam;

constexpr std::array<std::pair<Subject, const char*>, 4> kSubjectWords = {
    {{kRoute, "route"}, {kKey, "key"}, {kTeam, "team"}, {kBackend, "backend"}}};

// Without a default, so that the compiler asks for each new kind.
std::uint8_t SubjectsOf(WarningKind kind) {
  switch (kind) {
    case WarningKind::kRouteUnreachable:
    case WarningKind::kScoreMissing:
    case WarningKind::kEndpointUnserved:
    case WarningKind::kCommitLate:
      return kRoute;
    case WarningKind::kKeyUseless:
      return kRoute | kTeam | kBackend;
    case WarningKind::kRequestsUnrouted:
      return kClients;
    case WarningKind::kRequireUnmet:
    case WarningKind::kRequireConflict:
    case WarningKind::kLimitBackward:
      return kRoute | kClients;
    case WarningKind::kResidencyBypass:
    case WarningKind::kResidencyRegion:
    case WarningKind::kAllowUseless:
      return kRoute | kClients | kBackend;
    case WarningKind::kTargetUnused:
    case WarningKind::kPriceMissing:
    case WarningKind::kCertificateExpiry:
      return kBackend;
    case WarningKind::kFirstTokenSlow:
      return kRoute | kBackend;
    case WarningKind::kTeamUnknown:
      return kTeam;
    case WarningKind::kBudgetTooSmall:
    case WarningKind::kBudgetUseless:
    case WarningKind::kTestKeyMissing:
    case WarningKind::kStateUnusable:
    case WarningKind::kStateUnused:
      return 0;
  }
  return 0;
}

std::string WhereElse(WarningKind kind) {
  std::vector<std::string> words;
  for (const auto& [subject, word] : kSubjectWords) {
    if ((SubjectsOf(kind) & subject) != 0) words.emplace_back(word);
  }
  if (words.empty()) return "write it at the top level, or remove it";
  return Concat("write it on the ", Listed(words, " or "),
                " that the warning names or at the top level, or remove it");
}

void ReportUseless(LintContext& context, const std::vector<WarningKind>& allowed,
                   std::uint8_t place, const config::SourceLocation& where,
                   const std::string& path) {
  for (const WarningKind kind : allowed) {
    if ((SubjectsOf(kind) & place) != 0) continue;
    std::string_view word;
    for (const auto& [subject, name] : kSubjectWords) {
      if (subject == place) word = name;
    }
    context.Report(WarningKind::kAllowUseless, where, Concat(path, ".allow_warnings"),
                   Concat("switches off nothing: ", NameOf(kind), " is never about a ", word),
                   WhereElse(kind));
  }
}

}  // namespace

void LintAllowances(LintContext& context) {
  const config::Config& config = context.config();
  for (const config::Route& route : config.routes) {
    ReportUseless(context, route.allow_warnings, kRoute, route.location, route.path);
  }
  for (const config::Key& key : config.keys) {
    ReportUseless(context, key.allow_warnings, kKey, key.location, key.path);
  }
  for (const config::Team& team : config.teams) {
    ReportUseless(context, team.allow_warnings, kTeam, team.location, Concat("teams.", team.name));
  }
  for (const config::Backend& backend : config.backends) {
    ReportUseless(context, backend.allow_warnings, kBackend, backend.location,
                  Concat("backends.", backend.name));
  }
}

}  // namespace headgate::routing
