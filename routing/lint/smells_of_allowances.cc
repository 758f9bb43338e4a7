#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/lint/nose.h"

// What `allow_warnings` of keys, teams and backends leaves out, and where it leaves out nothing.

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

// What a warning can be about: bits.
enum Subject : std::uint8_t { kRoute = 1, kKey = 2, kTeam = 4, kBackend = 8 };
constexpr std::uint8_t kClients = kKey | kTeam;

constexpr std::array<std::pair<Subject, const char*>, 4> kSubjectWords = {
    {{kRoute, "route"}, {kKey, "key"}, {kTeam, "team"}, {kBackend, "backend"}}};

// Without a default: a new kind must say it.
std::uint8_t SubjectsOf(WarningKind kind) {
  switch (kind) {
    case WarningKind::kRouteUnreachable:
    case WarningKind::kScoreMissing:
      return kRoute;
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
    case WarningKind::kTestKeyMissing:
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

}  // namespace

std::vector<std::string> PolicyLinter::AllowingPaths(WarningKind kind,
                                                     std::size_t requester) const {
  std::vector<std::string> paths;
  if (requester >= config_.keys.size()) return paths;
  const config::Key& key = config_.keys[requester];
  if (Has(key.allow_warnings, kind)) paths.push_back(key.path);
  for (const config::Team& team : config_.teams) {
    const bool allows = team.name == key.team && Has(team.allow_warnings, kind);
    if (allows) paths.push_back(Concat("teams.", team.name));
  }
  return paths;
}

bool PolicyLinter::BackendAllows(WarningKind kind, std::size_t target) const {
  return Has(config_.backends[policy_.targets()[target].backend].allow_warnings, kind);
}

const PolicyLinter::Exempt& PolicyLinter::ExemptFrom(WarningKind kind) {
  const auto [place, is_new] = exempt_.try_emplace(kind);
  Exempt& exempt = place->second;
  if (!is_new) return exempt;
  exempt.others = reach_.space().every[kKeys];
  for (std::size_t key = 0; key < config_.keys.size(); ++key) {
    std::vector<std::string> paths = AllowingPaths(kind, key);
    if (paths.empty()) continue;
    RemoveNumber(key, exempt.others);
    std::move(paths.begin(), paths.end(), std::back_inserter(exempt.paths));
  }
  for (const config::Backend& backend : config_.backends) {
    if (!Has(backend.allow_warnings, kind)) continue;
    exempt.paths.push_back(Concat("backends.", backend.name));
  }
  return exempt;
}

void PolicyLinter::UselessAllowances(const std::vector<WarningKind>& allowed, std::uint8_t place,
                                     const config::Place& where, const std::string& path) {
  for (const WarningKind kind : allowed) {
    if ((SubjectsOf(kind) & place) != 0) continue;
    std::string_view word;
    for (const auto& [subject, name] : kSubjectWords) {
      if (subject == place) word = name;
    }
    Report(WarningKind::kAllowUseless, where, Concat(path, ".allow_warnings"),
           Concat("switches off nothing: ", NameOf(kind), " is never about a ", word),
           WhereElse(kind));
  }
}

void PolicyLinter::UselessAllowances() {
  for (const config::Route& route : config_.routes) {
    UselessAllowances(route.allow_warnings, kRoute, route.place, route.path);
  }
  for (const config::Key& key : config_.keys) {
    UselessAllowances(key.allow_warnings, kKey, key.place, key.path);
  }
  for (const config::Team& team : config_.teams) {
    UselessAllowances(team.allow_warnings, kTeam, team.place, Concat("teams.", team.name));
  }
  for (const config::Backend& backend : config_.backends) {
    UselessAllowances(backend.allow_warnings, kBackend, backend.place,
                      Concat("backends.", backend.name));
  }
}

}  // namespace headgate::routing
