#include "config/load.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/base/check.h"
#include "config/catalog.h"
#include "config/checks.h"
#include "config/reading.h"
#include "config/sections.h"
#include "config/text.h"
#include "config/yaml_document.h"

namespace headgate::config {
namespace {

std::vector<Model> ReadCatalog() {
  const std::string name = "catalog.yaml";
  YamlResult document = ParseYaml(CatalogText(), name);
  HEADGATE_CHECK(document.root && document.diagnostics.empty());
  const Environment none = [](const std::string&) { return std::nullopt; };
  Reading reading(name, {}, none);
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
  return result;
}

void Append(std::vector<Diagnostic> more, std::vector<Diagnostic>& out) {
  std::move(more.begin(), more.end(), std::back_inserter(out));
}

}  // namespace

std::string ToString(const Diagnostic& diagnostic) {
  std::string where = diagnostic.place.file;
  if (diagnostic.place.line > 0) where += Concat(":", diagnostic.place.line);
  std::string line = Concat(where, ": ", diagnostic.path, diagnostic.path.empty() ? "" : ": ",
                            diagnostic.problem, "; ", diagnostic.fix);
  // A quoted key may hold anything, a line break among it; a diagnostic stays one line.
  std::replace_if(line.begin(), line.end(), IsControl, ' ');
  return line;
}

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

const std::vector<Model>& ShippedModels() {
  static const std::vector<Model> models = ReadCatalog();
  return models;
}

LoadResult LoadText(std::string_view text, const std::string& name,
                    const Environment& environment) {
  LoadResult result;
  YamlResult document = ParseYaml(text, name);
  result.diagnostics = std::move(document.diagnostics);
  if (!document.root) return result;
  if (document.root->kind == YamlNode::Kind::kNull) {
    result.diagnostics.push_back({{name, 0}, "", "is empty", "write at least backends and routes"});
    return result;
  }
  Reading reading(name, std::filesystem::path(name).parent_path(), environment);
  Config config;
  config.models = ShippedModels();
  const Value root(reading, *document.root, "");
  ReadConfiguration(root, config);
  CheckServer(reading, config);
  CheckBackends(reading, config);
  CheckRoutes(reading, config);
  CheckNames(reading, config);
  Append(reading.TakeDiagnostics(), result.diagnostics);
  std::stable_sort(
      result.diagnostics.begin(), result.diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return a.place.line < b.place.line; });
  if (result.diagnostics.empty()) result.config = std::move(config);
  return result;
}

LoadResult LoadFile(const std::string& path, const Environment& environment) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || error) {
    return Unreadable(path, "is not a file that can be read", "check the path");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Unreadable(path, "cannot be opened", "check its permissions");
  std::string text(kMaxYamlBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return LoadText(text, path, environment);
}

}  // namespace headgate::config
