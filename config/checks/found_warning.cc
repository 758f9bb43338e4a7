#include "config/checks/found_warning.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

struct AllowedAt {
  std::string path;
  const std::vector<WarningKind>* kinds = nullptr;
};

bool IsWithin(std::string_view path, std::string_view outer) {
  return path.starts_with(outer) &&
         (path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[');
}

// Every object that can have `allow_warnings`, also if it has none. The longest path first: names
// may have dots, so the text "backends.a.b" lies within "backends.a" although it is another
// backend.
std::vector<AllowedAt> ObjectsOf(const Config& config) {
  std::vector<AllowedAt> objects;
  for (const Route& route : config.routes) objects.push_back({route.path, &route.allow_warnings});
  for (const Key& key : config.keys) objects.push_back({key.path, &key.allow_warnings});
  for (const Team& team : config.teams) {
    objects.push_back({Concat("teams.", team.name), &team.allow_warnings});
  }
  for (const Backend& backend : config.backends) {
    objects.push_back({Concat("backends.", backend.name), &backend.allow_warnings});
  }
  std::stable_sort(objects.begin(), objects.end(), [](const AllowedAt& a, const AllowedAt& b) {
    return a.path.size() > b.path.size();
  });
  return objects;
}

// Whether the object that the path lies in allows the kind.
bool IsAllowedAt(const std::vector<AllowedAt>& objects, std::string_view path, WarningKind kind) {
  const auto object = std::find_if(objects.begin(), objects.end(), [&](const AllowedAt& candidate) {
    return !candidate.path.empty() && IsWithin(path, candidate.path);
  });
  return object != objects.end() && Has(*object->kinds, kind);
}

}  // namespace

bool Has(const std::vector<WarningKind>& kinds, WarningKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::string ToString(const FoundWarning& warning) {
  return Concat(ToString(warning.diagnostic), " [", NameOf(warning.kind), "]");
}

SiftedWarnings SiftWarnings(const Config& config, std::vector<FoundWarning> found) {
  const std::vector<AllowedAt> objects = ObjectsOf(config);
  SiftedWarnings sifted;
  for (FoundWarning& warning : found) {
    const bool allowed =
        Has(config.allow_warnings, warning.kind) ||
        IsAllowedAt(objects, warning.diagnostic.path, warning.kind) ||
        std::any_of(warning.about.begin(), warning.about.end(), [&](const std::string& path) {
          return IsAllowedAt(objects, path, warning.kind);
        });
    (allowed ? sifted.allowed : sifted.shown).push_back(std::move(warning));
  }
  return sifted;
}

}  // namespace headgate::config
