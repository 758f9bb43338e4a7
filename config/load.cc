#include "config/load.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/base/check.h"
#include "config/base/text.h"
#include "config/catalog.h"
#include "config/checks/checks.h"
#include "config/reader/include.h"
#include "config/reader/reading.h"
#include "config/reader/yaml_document.h"
#include "config/sections/sections.h"

namespace headgate::config {
namespace {

std::vector<Model> ReadCatalog() {
  const std::string name = "catalog.yaml";
  YamlResult document = ParseYaml(CatalogText(), name);
  HEADGATE_CHECK(document.root && document.diagnostics.empty());
  const Environment none = [](const std::string&) { return std::nullopt; };
  Reading reading(none);
  reading.AddFile(name);
  std::vector<Model> models;
  const Value root(reading, *document.root, "");
  for (const Value& section : root.Children()) ModelsSection::Read(section, models);
  for (const Diagnostic& diagnostic : reading.TakeDiagnostics()) {
    std::fprintf(stderr, "%s\n", ToString(diagnostic).c_str());
    HEADGATE_CHECK(!"the catalogue that ships with headgate is sound");
  }
  for (Model& model : models) model.place.line = 0;
  return models;
}

LoadResult Unreadable(const std::string& path, std::string problem, std::string fix) {
  LoadResult result;
  result.diagnostics.push_back({{path, 0}, "", std::move(problem), std::move(fix)});
  result.files = {path};
  return result;
}

// In the order of files (the first one, then as they were included) and lines.
void Sort(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics) {
  const auto rank = [&](const Diagnostic& diagnostic) {
    return std::find(files.begin(), files.end(), diagnostic.place.file) - files.begin();
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(rank(a), a.place.line) < std::pair(rank(b), b.place.line);
                   });
}

void ReadAndCheck(Reading& reading, const YamlNode& tree, Config& config) {
  config.models = ShippedModels();
  const Value root(reading, tree, "");
  ReadConfiguration(root, config);
  CheckServer(reading, config);
  CheckOutputs(reading, config);
  CheckBackends(reading, config);
  CheckRoutes(reading, config);
  CheckNames(reading, config);
  CheckLanguage(reading, config);
  CheckTests(reading, config);
}

void KeepPlaces(const Reading& reading, Config& config) {
  for (const char* path :
       {"server.listen", "server.admin", "server.access_log", "server.tls", "recording.file"}) {
    if (reading.Says(path)) config.places.emplace(path, reading.PlaceOf(std::string_view(path)));
  }
}

}  // namespace

const std::vector<Model>& ShippedModels() {
  static const std::vector<Model> models = ReadCatalog();
  return models;
}

LoadResult LoadText(std::string_view text, const std::string& name, const Environment& environment,
                    const Config* running, Secrets secrets) {
  LoadResult result;
  YamlResult document = ParseYaml(text, name);
  result.diagnostics = std::move(document.diagnostics);
  if (!document.root) return result;
  if (document.root->kind == YamlNode::Kind::kNull) {
    result.diagnostics.push_back({{name, 0}, "", "is empty", "write at least backends and routes"});
    return result;
  }
  Reading reading(environment, secrets);
  reading.AddFile(name);
  for (Diagnostic& diagnostic : result.diagnostics) reading.Report(std::move(diagnostic));
  Config config;
  if (ExpandIncludes(reading, *document.root)) ReadAndCheck(reading, *document.root, config);
  KeepPlaces(reading, config);
  if (running != nullptr) CheckRestart(reading, *running, config);
  result.diagnostics = reading.TakeDiagnostics();
  Sort(reading.files(), result.diagnostics);
  result.missing_secrets = reading.TakeMissingSecrets();
  Sort(reading.files(), result.missing_secrets);
  result.files.assign(reading.files().begin() + 1, reading.files().end());
  result.files.insert(result.files.end(), reading.others().begin(), reading.others().end());
  if (result.diagnostics.empty()) result.config = std::move(config);
  return result;
}

LoadResult LoadFile(const std::string& path, const Environment& environment, const Config* running,
                    Secrets secrets) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || error) {
    return Unreadable(path, "is not a file that can be read", "check the path");
  }
  const std::optional<std::string> text = ReadYamlFile(path);
  if (!text) return Unreadable(path, "cannot be opened", "check its permissions");
  LoadResult result = LoadText(*text, path, environment, running, secrets);
  result.files.insert(result.files.begin(), path);
  return result;
}

}  // namespace headgate::config
