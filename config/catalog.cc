#include "config/catalog.h"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "config/base/check.h"
#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/reader/read_context.h"
#include "config/reader/yaml_document.h"
#include "config/sections/supply/models.h"

namespace headgate::config {
namespace {

std::vector<Model> ReadCatalog() {
  const std::string name = "catalog.yaml";
  YamlResult document = ParseYaml(CatalogText(), name);
  HEADGATE_CHECK(document.root && document.diagnostics.empty());
  const Environment none = [](const std::string&) { return std::nullopt; };
  ReadContext context(none);
  context.AddFile(name);
  std::vector<Model> models;
  const Value root(context, *document.root, "");
  for (const Value& section : root.Children()) ModelsSection::Read(section, models);
  for (const Diagnostic& diagnostic : context.TakeDiagnostics()) {
    std::fprintf(stderr, "%s\n", ToString(diagnostic).c_str());
    HEADGATE_CHECK(!"the catalogue that ships with headgate is sound");
  }
  for (Model& model : models) model.location.line = 0;
  return models;
}

}  // namespace

const std::vector<Model>& ShippedModels() {
  static const std::vector<Model> models = ReadCatalog();
  return models;
}

}  // namespace headgate::config
