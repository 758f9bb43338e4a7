#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/units.h"
#include "config/yaml_document.h"

namespace headgate::config {

// One pass over one file: collects what is wrong, remembers on which line every value stands (so
// that later checks need only name a path), and resolves `${NAME}` and `file:PATH`. Whatever came
// out of the environment or a secret file is blotted out of every diagnostic. Thread-compatible.
class Reading {
 public:
  // `file` is what diagnostics call the text; `folder` is where its relative paths begin.
  Reading(std::string file, std::filesystem::path folder, const Environment& environment);

  void Report(int line, std::string path, std::string problem, std::string fix);

  // The same, on the line of `path` or of the nearest mapping around it.
  void ReportAt(std::string path, std::string problem, std::string fix);

  // Whether something at `path` or inside it has been reported. Checks that would only repeat the
  // consequence of a mistake ask first.
  bool HasProblem(std::string_view path) const;

  // Whether the file says `path`.
  bool Says(const std::string& path) const { return lines_.contains(path); }
  void Remember(const std::string& path, int line) { lines_.emplace(path, line); }

  Place PlaceOf(int line) const { return {file_, line}; }

  // `${NAME}` replaced by the environment's value, anywhere in the text; `$${` stands for `${`.
  Parsed<std::string> Expand(std::string_view text);

  // The content of the file behind `file:PATH`, without the newlines at its end.
  Parsed<std::string> ReadSecretFile(std::string_view path);

  // `path` as seen from the file's folder.
  std::string Resolve(std::string_view path) const;

  void KeepSecret(const std::string& text);

  std::size_t problems() const { return diagnostics_.size(); }
  // Everything reported so far, with secrets blotted out.
  std::vector<Diagnostic> TakeDiagnostics();

 private:
  std::string Blot(std::string text) const;

  const std::string file_;
  const std::filesystem::path folder_;
  const Environment& environment_;
  std::map<std::string, int, std::less<>> lines_;
  std::vector<std::string> secrets_;
  std::vector<Diagnostic> diagnostics_;
};

// A node of the tree together with its path and the reading it belongs to. Cheap to pass by
// reference; valid while both live. Thread-compatible.
class Value {
 public:
  Value(Reading& reading, const YamlNode& node, std::string path);

  Reading& reading() const { return reading_; }
  const YamlNode& node() const { return node_; }
  const std::string& path() const { return path_; }
  const std::string& key() const { return node_.key; }
  Place place() const { return reading_.PlaceOf(node_.line); }

  bool IsScalar() const { return node_.kind == YamlNode::Kind::kScalar; }
  bool IsList() const { return node_.kind == YamlNode::Kind::kList; }
  bool IsMapping() const { return node_.kind == YamlNode::Kind::kMapping; }

  // Its entries or items, in the order written.
  std::vector<Value> Children() const;

  // Reports and returns false, for `return value.Fail(…)`.
  bool Fail(std::string problem, std::string fix) const;

  // The same with the text as the file has it in front: `"2" has no unit`. Not for secrets.
  bool FailWritten(const Complaint& complaint) const;

  // "is a list", "is a mapping", "is a text", "is empty": not what `expects` says.
  bool FailKind(std::string_view expects) const;

  // The scalar with `${NAME}` resolved; reports when it is none or a variable is missing.
  std::optional<std::string> Scalar(std::string_view expects) const;

 private:
  Reading& reading_;
  const YamlNode& node_;
  const std::string path_;
};

}  // namespace headgate::config
