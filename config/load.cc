#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "config/catalog.h"
#include "config/checks/access/check_keys.h"
#include "config/checks/check_restart.h"
#include "config/checks/checks.h"
#include "config/reader/include.h"
#include "config/reader/read_context.h"
#include "config/reader/yaml_document.h"
#include "config/sections/configuration.h"
#include "config/sections/keys.h"

namespace headgate::config {
namespace {

LoadResult Unreadable(const std::string& path, std::string problem, std::string fix) {
  LoadResult result;
  result.diagnostics.push_back({{path, 0}, "", std::move(problem), std::move(fix)});
  result.files = {path};
  return result;
}

// Sorts by file (the first file, then included files in the order of inclusion) and line.
void Sort(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics) {
  const auto rank = [&](const Diagnostic& diagnostic) {
    return std::find(files.begin(), files.end(), diagnostic.location.file) - files.begin();
  };
  std::stable_sort(
      diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& a, const Diagnostic& b) {
        return std::pair(rank(a), a.location.line) < std::pair(rank(b), b.location.line);
      });
}

void ReadAndCheck(ReadContext& context, const YamlNode& tree, Config& config) {
  config.models = ShippedModels();
  const Value root(context, tree, "");
  ReadConfiguration(root, config);
  CheckConfiguration(context, config);
}

void RecordLocations(const ReadContext& context, Config& config) {
  for (const char* path : {"server.listen", "server.admin", "server.access_log", "server.state",
                           "server.tls", "recording.file"}) {
    if (context.Has(path))
      config.locations.emplace(path, context.LocationOf(std::string_view(path)));
  }
}

}  // namespace

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
  ReadContext context(environment, secrets);
  context.AddFile(name);
  for (Diagnostic& diagnostic : result.diagnostics) context.Report(std::move(diagnostic));
  Config config;
  if (ExpandIncludes(context, *document.root)) ReadAndCheck(context, *document.root, config);
  RecordLocations(context, config);
  if (running != nullptr) CheckRestart(context, *running, config);
  result.diagnostics = context.TakeDiagnostics();
  Sort(context.files(), result.diagnostics);
  result.missing_secrets = context.TakeMissingSecrets();
  Sort(context.files(), result.missing_secrets);
  result.files.assign(context.files().begin() + 1, context.files().end());
  result.files.insert(result.files.end(), context.dependencies().begin(),
                      context.dependencies().end());
  if (result.diagnostics.empty()) result.config = std::move(config);
  result.written = std::make_shared<const YamlNode>(*std::move(document.root));
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

KeyResult LoadKey(std::string_view text, const Config& config) {
  static const std::string kName = "key";
  KeyResult result;
  YamlResult document = ParseYaml(text, kName);
  result.diagnostics = std::move(document.diagnostics);
  if (!document.root) return result;
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  ReadContext context(nothing, Secrets::kRequired);
  context.AddFile(kName);
  Config others = config;
  Key& key = others.keys.emplace_back();
  KeySection::Read(Value(context, *document.root, kName), key);
  key.made = true;
  CheckKeys(context, others);
  std::vector<Diagnostic> found = context.TakeDiagnostics();
  std::move(found.begin(), found.end(), std::back_inserter(result.diagnostics));
  if (result.diagnostics.empty()) result.key = std::move(key);
  return result;
}

}  // namespace headgate::config
