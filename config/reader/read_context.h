#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/reader/units.h"
#include "config/reader/yaml_document.h"

namespace headgate::config {

// One pass over one file and what it includes: collects what is wrong, remembers on which line
// every value stands (so that later checks need only name a path), and resolves `${NAME}` and
// `file:PATH`. Whatever came out of the environment or a secret file is blotted out of every
// diagnostic. Thread-compatible.
class ReadContext {
 public:
  explicit ReadContext(const Environment& environment, Secrets secrets = Secrets::kRequired)
      : environment_(environment), secrets_wanted_(secrets) {}

  // A file to read from; `name` is what diagnostics call it, and its folder is where its relative
  // paths begin. The index is what YamlNode::file says.
  int AddFile(const std::string& name);

  void Report(const SourceLocation& location, std::string path, std::string problem,
              std::string fix);
  void Report(Diagnostic diagnostic) { diagnostics_.push_back(std::move(diagnostic)); }

  // The same, on the line of `path` or of the nearest mapping around it.
  void ReportAt(std::string path, std::string problem, std::string fix);

  // Whether something at `path` or inside it has been reported. Checks that would only repeat the
  // consequence of a mistake ask first.
  bool HasProblem(std::string_view path) const;

  // Whether the file says `path`.
  bool Has(const std::string& path) const { return locations_.contains(path); }
  void AddLocation(const std::string& path, SourceLocation location) {
    locations_.emplace(path, std::move(location));
  }

  // Of the innermost thing around `path` that the file says; its first line else.
  SourceLocation LocationOf(std::string_view path) const;
  SourceLocation LocationOf(const YamlNode& node) const {
    return {files_[static_cast<std::size_t>(node.file)], node.line};
  }

  // The configuration's own files, in the order of AddFile.
  const std::vector<std::string>& files() const { return files_; }

  // Other files that the configuration depends on, whether they could be read or not:
  // certificates, keys, secrets.
  void AddDependency(const std::string& path) { dependencies_.push_back(path); }
  const std::vector<std::string>& dependencies() const { return dependencies_; }

  // `${NAME}` replaced by the environment's value, anywhere in the text; `$${` stands for `${`.
  // `unset`: set where a variable that is not is the trouble.
  Parsed<std::string> Expand(std::string_view text, bool* unset = nullptr);

  // The content of the file behind `file:PATH`, without the newlines at its end.
  Parsed<std::string> ReadSecretFile(std::string_view path, const YamlNode& from);

  // `path` as seen from the folder of the file that `from` stands in.
  std::string Resolve(std::string_view path, const YamlNode& from) const;

  void AddSecret(const std::string& text);

  // The secret at `path` is not there. True: it is noted, and reading goes on without it.
  bool TolerateMissing(const SourceLocation& location, const std::string& path,
                       const Complaint& complaint);
  std::vector<Diagnostic> TakeMissingSecrets() { return std::move(missing_secrets_); }

  std::size_t problems() const { return diagnostics_.size(); }
  // Everything reported so far, with secrets blotted out.
  std::vector<Diagnostic> TakeDiagnostics();

 private:
  std::string Redact(std::string text) const;

  const Environment& environment_;
  const Secrets secrets_wanted_;
  std::vector<std::string> files_;
  std::vector<std::string> dependencies_;
  std::map<std::string, SourceLocation, std::less<>> locations_;
  std::vector<std::string> secrets_;
  std::vector<Diagnostic> diagnostics_;
  std::vector<Diagnostic> missing_secrets_;
};

// A node of the tree together with its path and the reading it belongs to. Cheap to pass by
// reference; valid while both live. Thread-compatible.
class Value {
 public:
  Value(ReadContext& context, const YamlNode& node, std::string path);

  ReadContext& context() const { return context_; }
  const YamlNode& node() const { return node_; }
  const std::string& path() const { return path_; }
  const std::string& key() const { return node_.key; }
  SourceLocation location() const { return context_.LocationOf(node_); }

  bool IsScalar() const { return node_.kind == YamlNode::Kind::kScalar; }
  bool IsList() const { return node_.kind == YamlNode::Kind::kList; }
  bool IsMapping() const { return node_.kind == YamlNode::Kind::kMapping; }

  // `path` as seen from the folder of the file that this value stands in.
  std::string Resolve(std::string_view path) const { return context_.Resolve(path, node_); }

  // Its entries or items, in the order written. The path of an item is `targets[2]`; of a route,
  // class, key or test that has a name, `routes.code`.
  std::vector<Value> Children() const;

  // Reports and returns false, for `return value.Fail(…)`.
  bool Fail(std::string problem, std::string fix) const;

  // The same with the text as the file has it in front: `"2" has no unit`. Not for secrets.
  bool FailWritten(const Complaint& complaint) const;

  // "is a list", "is a mapping", "is a text", "is empty": not what `expects` says.
  bool FailType(std::string_view expects) const;

  // The scalar with `${NAME}` resolved; reports when it is none or a variable is missing.
  std::optional<std::string> Scalar(std::string_view expects) const;

 private:
  ReadContext& context_;
  const YamlNode& node_;
  const std::string path_;
};

}  // namespace headgate::config
