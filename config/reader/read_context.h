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

// One pass over a file and the files that it includes. Collects diagnostics, records the location
// of every value (so that checks only have to name a path), and resolves `${NAME}` and `file:PATH`.
// Values from the environment and from secret files are redacted in every diagnostic.
// Thread-compatible.
class ReadContext {
 public:
  explicit ReadContext(const Environment& environment, Secrets secrets = Secrets::kRequired)
      : environment_(environment), secrets_wanted_(secrets) {}

  // Adds a file to read. Diagnostics call it `name`, and paths in it are relative to its folder.
  // Returns the index for YamlNode::file.
  int AddFile(const std::string& name);

  void Report(const SourceLocation& location, std::string path, std::string problem,
              std::string fix);
  void Report(Diagnostic diagnostic) { diagnostics_.push_back(std::move(diagnostic)); }

  // The same, at the location of `path` (LocationOf).
  void ReportAt(std::string path, std::string problem, std::string fix);

  // Whether a problem at `path` or inside it has been reported. Checks ask first, so as not to
  // report the consequences of a mistake too.
  bool HasProblem(std::string_view path) const;

  // Whether the files have a value at `path`.
  bool Has(const std::string& path) const { return locations_.contains(path); }
  void AddLocation(const std::string& path, SourceLocation location) {
    locations_.emplace(path, std::move(location));
  }

  // The location of the innermost value at or around `path`; the first line of the first file if
  // there is none.
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

  // Replaces each `${NAME}` in the text by the value in the environment; `$${` stands for `${`.
  // Sets `*unset` to true when the text is refused because a variable is not set.
  Parsed<std::string> Expand(std::string_view text, bool* unset = nullptr);

  // The content of the file of a `file:PATH`, without newlines at its end.
  Parsed<std::string> ReadSecretFile(std::string_view path, const YamlNode& from);

  // `path`, relative to the folder of the file that holds `from`.
  std::string Resolve(std::string_view path, const YamlNode& from) const;

  void AddSecret(const std::string& text);

  // Notes the missing secret at `path` and returns true if secrets are optional; returns false if
  // it must be reported.
  bool TolerateMissing(const SourceLocation& location, const std::string& path,
                       const Complaint& complaint);
  std::vector<Diagnostic> TakeMissingSecrets() { return std::move(missing_secrets_); }

  std::size_t problems() const { return diagnostics_.size(); }
  // Everything reported so far, with secrets redacted.
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

// A node of the tree with its path and its ReadContext. Cheap to pass by reference. Valid while
// both are. Thread-compatible.
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

  // `path`, relative to the folder of the file that holds this value.
  std::string Resolve(std::string_view path) const { return context_.Resolve(path, node_); }

  // The entries or items, in the order written. The path of an item is `targets[2]`; the path of a
  // route, class, key or test with a name is `routes.code`.
  std::vector<Value> Children() const;

  // Reports and returns false, for `return value.Fail(…)`.
  bool Fail(std::string problem, std::string fix) const;

  // The same, with the text of the file first: `"2" has no unit`. Not for secrets.
  bool FailWritten(const Complaint& complaint) const;

  // Reports that the value is a list, a mapping, a text or empty instead of `expects`.
  bool FailType(std::string_view expects) const;

  // The scalar with `${NAME}` resolved. Reports a value that is not a scalar and a variable that is
  // not set.
  std::optional<std::string> Scalar(std::string_view expects) const;

 private:
  ReadContext& context_;
  const YamlNode& node_;
  const std::string path_;
};

}  // namespace headgate::config
