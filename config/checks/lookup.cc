#include "config/checks/lookup.h"

#include <algorithm>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/topic_names.h"

namespace headgate::config {
namespace {

template <typename Items, typename NameOf>
auto Find(const Items& items, NameOf name_of, std::string_view name) -> decltype(&items.front()) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const auto& item) { return name_of(item) == name; });
  return found == items.end() ? nullptr : &*found;
}

std::vector<std::string> ServedBy(const Backend& backend) {
  std::vector<std::string> names;
  for (const ServedModel& served : backend.models) names.push_back(served.model);
  return names;
}

// What to write instead of `model` at `backend`, which does not serve it.
std::string FixForUnserved(const Config& config, const Backend& backend, std::string_view model) {
  for (const Backend& other : config.backends) {
    if (!Serves(other, model)) continue;
    return Concat("backend `", other.name, "` serves it: write ", model, "@", other.name);
  }
  if (const auto nearest = Nearest(model, ServedBy(backend))) {
    return Concat("did you mean `", *nearest, "@", backend.name, "`?");
  }
  return Concat("add it under backends.", backend.name, ".models");
}

}  // namespace

const Model* FindModel(const Config& config, std::string_view name) {
  return Find(
      config.models, [](const Model& model) { return model.name; }, name);
}

const Backend* FindBackend(const Config& config, std::string_view name) {
  return Find(
      config.backends, [](const Backend& backend) { return backend.name; }, name);
}

bool Serves(const Backend& backend, std::string_view model) {
  return Find(
             backend.models, [](const ServedModel& served) { return served.model; }, model) !=
         nullptr;
}

bool IsServed(const Config& config, std::string_view model) {
  return std::any_of(config.backends.begin(), config.backends.end(),
                     [&](const Backend& backend) { return Serves(backend, model); });
}

std::vector<std::string> KnownTopics(const Config& config) {
  std::vector<std::string> topics(kTopics.begin(), kTopics.end());
  if (!config.classifier.model) return topics;
  for (std::string& topic : TopicsOfModel(*config.classifier.model)) {
    if (std::find(topics.begin(), topics.end(), topic) == topics.end()) {
      topics.push_back(std::move(topic));
    }
  }
  return topics;
}

bool CheckModelExists(ReadContext& context, const Config& config, const std::string& path,
                      std::string_view model) {
  if (FindModel(config, model) != nullptr || context.HasProblem("models")) return true;
  std::vector<std::string> names;
  for (const Model& known : config.models) {
    names.push_back(known.name);
    if (std::find(known.aliases.begin(), known.aliases.end(), model) == known.aliases.end()) {
      continue;
    }
    context.ReportAt(path, Concat("`", model, "` is an alias"),
                     Concat("write the model itself, `", known.name, "`"));
    return false;
  }
  const auto nearest = Nearest(model, names);
  context.ReportAt(path, Concat("model `", model, "` is not in the catalogue"),
                   nearest
                       ? Concat("did you mean `", *nearest, "`?")
                       : Concat("add it under `models`, for example ", model, ": {context: 128k}"));
  return false;
}

bool CheckTarget(ReadContext& context, const Config& config, const std::string& path,
                 const TargetReference& target) {
  if (target.model.empty() || context.HasProblem(path)) return false;
  const Backend* backend = FindBackend(config, target.backend);
  if (backend == nullptr) {
    if (context.HasProblem("backends") && config.backends.empty()) return false;
    std::vector<std::string> names;
    for (const Backend& known : config.backends) names.push_back(known.name);
    context.ReportAt(path, Concat("backend `", target.backend, "` does not exist"),
                     DidYouMean(target.backend, names));
    return false;
  }
  if (Serves(*backend, target.model)) return true;
  if (!CheckModelExists(context, config, path, target.model)) return false;
  if (context.HasProblem(Concat("backends.", backend->name, ".models"))) return false;
  context.ReportAt(path,
                   Concat("backend `", backend->name, "` does not serve `", target.model, "`"),
                   FixForUnserved(config, *backend, target.model));
  return false;
}

bool CheckModelOrTarget(ReadContext& context, const Config& config, const std::string& path,
                        const std::string& name) {
  if (name.find('@') == std::string::npos) return CheckModelExists(context, config, path, name);
  Parsed<TargetReference> target = ParseTarget(name);
  if (target.value) return CheckTarget(context, config, path, *target.value);
  context.ReportAt(path, Concat("`", name, "` ", target.complaint.problem), target.complaint.fix);
  return false;
}

}  // namespace headgate::config
