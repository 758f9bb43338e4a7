#include "config/checks/check_names.h"

#include <algorithm>
#include <map>

#include "config/base/text.h"
#include "config/checks/lookup.h"

namespace headgate::config {
namespace {

bool IsFromOperator(const Model& model) { return model.location.line > 0; }

// Whether the operator wrote this model's aliases, rather than the shipped catalogue.
bool AliasesAreFromOperator(const ReadContext& context, const Model& model) {
  return context.Has(Concat("models.", model.name, ".aliases"));
}

void CheckModelAliases(ReadContext& context, Config& config) {
  std::map<std::string, std::string> meaning;  // an operator's alias -> its model
  for (const Model& model : config.models) {
    if (!AliasesAreFromOperator(context, model)) continue;
    const std::string path = Concat("models.", model.name, ".aliases");
    for (const std::string& alias : model.aliases) {
      if (FindModel(config, alias) != nullptr) {
        context.ReportAt(path, Concat("`", alias, "` is the name of a model"),
                         "choose another alias, or map it under the top-level `aliases`");
      } else if (const auto [known, fresh] = meaning.emplace(alias, model.name); !fresh) {
        context.ReportAt(path, Concat("`", alias, "` is already an alias of `", known->second, "`"),
                         "keep one of them");
      } else if (config.aliases.contains(alias)) {
        context.ReportAt(path, Concat("`", alias, "` is also a top-level alias"),
                         "keep one of them");
      }
    }
  }
  for (Model& model : config.models) {
    if (AliasesAreFromOperator(context, model)) continue;
    std::erase_if(model.aliases, [&](const std::string& alias) {
      return meaning.contains(alias) || config.aliases.contains(alias) ||
             FindModel(config, alias) != nullptr;
    });
  }
}

// The target of a chain of aliases; empty if the chain is a circle.
std::string MeaningOf(const std::map<std::string, std::string>& aliases, std::string name) {
  for (std::size_t steps = 0; steps <= aliases.size(); ++steps) {
    const auto found = aliases.find(name);
    if (found == aliases.end()) return name;
    name = found->second;
  }
  return {};
}

void CheckAliases(ReadContext& context, const Config& config) {
  for (const auto& [alias, target] : config.aliases) {
    const std::string path = Concat("aliases.", alias);
    const Model* model = FindModel(config, alias);
    // An alias may have the name of a shipped model that no backend serves (`gpt-4o: auto`), but it
    // must not hide a model that clients can ask for.
    if (model != nullptr && (IsFromOperator(*model) || IsServed(config, alias))) {
      context.ReportAt(path, Concat("`", alias, "` is the name of a model in use"),
                       "choose another alias, or remove the model from the backends");
    }
    if (target == "auto") continue;
    if (config.aliases.contains(target)) {
      const std::string meaning = MeaningOf(config.aliases, target);
      context.ReportAt(path, Concat("`", target, "` is an alias itself"),
                       meaning.empty()
                           ? "write auto or a model that a backend serves: this alias leads only "
                             "to other aliases"
                           : Concat("write its target, `", meaning, "`"));
      continue;
    }
    if (!CheckModelOrTarget(context, config, path, target)) continue;
    if (target.find('@') == std::string::npos && !IsServed(config, target) &&
        !context.HasProblem("backends")) {
      context.ReportAt(path, Concat("no backend serves `", target, "`"),
                       "add it under the models of a backend, or write `auto`");
    }
  }
}

}  // namespace

void CheckNames(ReadContext& context, Config& config) {
  CheckModelAliases(context, config);
  CheckAliases(context, config);
}

}  // namespace headgate::config
