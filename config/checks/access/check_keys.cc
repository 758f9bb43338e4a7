#include "config/checks/access/check_keys.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/checks/lookup.h"

namespace headgate::config {
namespace {

std::vector<std::string> RouteNames(const Config& config) {
  std::vector<std::string> names;
  for (const Route& route : config.routes) names.push_back(route.name);
  return names;
}

std::vector<std::string> ClassNames(const Config& config) {
  std::vector<std::string> names(kClasses.begin(), kClasses.end());
  for (const CustomClass& custom : config.classes) names.push_back(custom.name);
  return names;
}

// `kind`: what the names are of, as in "route".
void CheckAllowed(ReadContext& context, const std::string& path, std::string_view kind,
                  const std::vector<std::string>& allowed, const std::vector<std::string>& known) {
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    const std::string item = Concat(path, "[", i, "]");
    const std::string& at = context.Has(item) ? item : path;
    if (context.HasProblem(at)) continue;
    if (std::find(known.begin(), known.end(), allowed[i]) != known.end()) continue;
    context.ReportAt(at, Concat("there is no ", kind, " `", allowed[i], "`"),
                     DidYouMean(allowed[i], known));
  }
}

// Says that a key that was read before has the name.
void ReportName(ReadContext& context, const Key& key, const Key& first) {
  const std::string path = key.path + ".name";
  if (first.made) {
    context.ReportAt(
        path, Concat("`", key.name, "` is a key made at run time"),
        Concat("give this key another name, or end that one with `headgate key revoke ", key.name,
               "`"));
    return;
  }
  context.ReportAt(
      path, Concat("`", key.name, "` is already the name of the key at ", ToString(first.location)),
      "give each key a name of its own");
}

}  // namespace

void CheckKeys(ReadContext& context, const Config& config) {
  std::map<std::string, const Key*> names;
  std::map<Sha256, const Key*> digests;
  const std::vector<std::string> routes = RouteNames(config);
  const std::vector<std::string> classes = ClassNames(config);
  for (const Key& key : config.keys) {
    const std::string& path = key.path;
    const auto [first, fresh] = names.emplace(key.name, &key);
    if (!fresh && !key.name.empty()) ReportName(context, key, *first->second);
    for (const Sha256& digest : key.digests) {
      const auto [known, unknown] = digests.emplace(digest, &key);
      if (unknown || context.HasProblem(path + ".hash")) continue;
      context.ReportAt(
          path + ".hash",
          known->second->made
              ? Concat("has the same digest as `", known->second->name, "`, a key made at run time")
              : Concat("has the same digest as the key at ", ToString(known->second->location)),
          "make a new key with `headgate key new`");
    }
    for (std::size_t m = 0; m < key.models.size(); ++m) {
      const std::string item = Concat(path, ".models[", m, "]");
      const std::string at = context.Has(item) ? item : path + ".models";
      if (!context.HasProblem(at)) CheckModelExists(context, config, at, key.models[m]);
    }
    CheckAllowed(context, path + ".routes", "route", key.routes, routes);
    CheckAllowed(context, path + ".classes", "class", key.classes, classes);
  }
}

}  // namespace headgate::config
