#include "config/reader/read_context.h"

#include <algorithm>
#include <functional>
#include <set>

#include "config/base/regular_file.h"
#include "config/base/text.h"

namespace headgate::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 64u << 10;

// Redacting every "eu" that came from the environment would make diagnostics unreadable and protect
// nothing.
constexpr std::size_t kShortestSecret = 8;

bool IsVariableName(std::string_view name) {
  return !name.empty() && !IsDigit(name.front()) && ConsistsOf(name, "_");
}

Parsed<std::string> RefuseText(std::string problem, std::string fix) {
  return {std::nullopt, {std::move(problem), std::move(fix)}};
}

// The text of a file as a diagnostic shows it: short, on one line.
std::string Shown(std::string_view text) {
  constexpr std::size_t kMost = 48;
  std::string shown(text.substr(0, kMost));
  std::replace_if(shown.begin(), shown.end(), IsControl, ' ');
  return Concat("\"", shown, text.size() > kMost ? "…" : "", "\"");
}

// The name of an item of a list whose items have names. Empty if the name is not a plain text, is
// too long for the beginning of a line, or comes from the environment and is not known yet.
std::string_view NameOfItem(std::string_view list, const YamlNode& item) {
  constexpr std::size_t kLongest = 64;
  const bool has_names = list == "routes" || list == "keys" || list == "tests";
  if (!has_names && list != "classes") return {};
  const auto name = std::find_if(
      item.children.begin(), item.children.end(),
      [&](const YamlNode& entry) { return entry.key == (has_names ? "name" : "class"); });
  if (name == item.children.end() || name->kind != YamlNode::Kind::kScalar) return {};
  const std::string_view text = name->text;
  const bool plain = text.size() <= kLongest &&
                     text.find_first_of("$\"") == std::string_view::npos &&
                     std::none_of(text.begin(), text.end(), IsControl);
  return plain ? text : std::string_view();
}

std::string PathByName(std::string_view list, std::string_view name) {
  return ConsistsOf(name, "-_.") ? Concat(list, ".", name) : Concat(list, "[\"", name, "\"]");
}

}  // namespace

int ReadContext::AddFile(const std::string& name) {
  files_.push_back(name);
  return static_cast<int>(files_.size()) - 1;
}

void ReadContext::Report(const SourceLocation& location, std::string path, std::string problem,
                         std::string fix) {
  diagnostics_.push_back({location, std::move(path), std::move(problem), std::move(fix)});
}

std::vector<Diagnostic> ReadContext::TakeDiagnostics() {
  // Only here, because a secret may be read after the diagnostic that happens to repeat it.
  for (Diagnostic& diagnostic : diagnostics_) {
    diagnostic.path = Redact(std::move(diagnostic.path));
    diagnostic.problem = Redact(std::move(diagnostic.problem));
    diagnostic.fix = Redact(std::move(diagnostic.fix));
  }
  return std::move(diagnostics_);
}

SourceLocation ReadContext::LocationOf(std::string_view path) const {
  while (!path.empty()) {
    if (const auto known = locations_.find(path); known != locations_.end()) return known->second;
    const std::size_t cut = path.find_last_of(".[");
    path = path.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
  return {files_.front(), 1};
}

void ReadContext::ReportAt(std::string path, std::string problem, std::string fix) {
  const SourceLocation location = LocationOf(path);
  Report(location, std::move(path), std::move(problem), std::move(fix));
}

bool ReadContext::HasProblem(std::string_view path) const {
  return std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& diagnostic) {
    const std::string_view at = diagnostic.path;
    return at.starts_with(path) &&
           (at.size() == path.size() || at[path.size()] == '.' || at[path.size()] == '[');
  });
}

Parsed<std::string> ReadContext::Expand(std::string_view text, bool* unset) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find("${", at);
    if (open == std::string_view::npos) break;
    if (open > at && text[open - 1] == '$') {
      out += Concat(text.substr(at, open - 1 - at), "${");
      at = open + 2;
      continue;
    }
    const std::size_t close = text.find('}', open);
    const std::string_view name =
        close == std::string_view::npos ? "" : text.substr(open + 2, close - open - 2);
    if (!IsVariableName(name)) {
      return RefuseText("has a ${ without a variable's name",
                        "write ${NAME} with letters, digits and _, or $${ for a plain ${");
    }
    const std::optional<std::string> value = environment_(std::string(name));
    if (!value) {
      if (unset != nullptr) *unset = true;
      return RefuseText(Concat("needs the environment variable ", name, ", which is not set"),
                        Concat("set ", name, " where headgate is started"));
    }
    AddSecret(*value);
    out += Concat(text.substr(at, open - at), *value);
    at = close + 1;
  }
  out += Concat(text.substr(std::min(at, text.size())));
  return {std::move(out), {}};
}

Parsed<std::string> ReadContext::ReadSecretFile(std::string_view path, const YamlNode& from) {
  const std::string resolved = Resolve(path, from);
  AddDependency(resolved);
  std::optional<std::string> content = ReadRegularFile(resolved, kMaxSecretBytes + 1);
  if (!content) {
    return RefuseText(
        "names a file that cannot be read",
        path.starts_with('~')
            ? "write the full path: ~ is not expanded"
            : "check the path (it is relative to the folder of this file) and the permissions");
  }
  std::string text = *std::move(content);
  if (text.size() > kMaxSecretBytes) {
    return RefuseText("names a file larger than 64 KiB", "name a file that holds the secret alone");
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return RefuseText("names a file in UTF-16, as some Windows programs write it",
                      "save it as UTF-8");
  }
  // Editors add these, and they are not part of the secret.
  constexpr std::string_view kByteOrderMark = "\ufeff";
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return {std::move(text), {}};
}

std::string ReadContext::Resolve(std::string_view path, const YamlNode& from) const {
  const std::filesystem::path file = files_[static_cast<std::size_t>(from.file)];
  return (file.parent_path() / std::filesystem::path(path)).lexically_normal().string();
}

void ReadContext::AddSecret(const std::string& text) {
  if (text.size() >= kShortestSecret) secrets_.push_back(text);
}

bool ReadContext::TolerateMissing(const SourceLocation& location, const std::string& path,
                                  const Complaint& complaint) {
  if (secrets_wanted_ == Secrets::kRequired) return false;
  missing_secrets_.push_back({location, path, complaint.problem, complaint.fix});
  return true;
}

std::string ReadContext::Redact(std::string text) const {
  for (const std::string& secret : secrets_) text = ReplaceAll(std::move(text), secret, "***");
  return text;
}

Value::Value(ReadContext& context, const YamlNode& node, std::string path)
    : context_(context), node_(node), path_(std::move(path)) {
  context_.AddLocation(path_, location());
}

std::vector<Value> Value::Children() const {
  std::vector<Value> children;
  children.reserve(node_.children.size());
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < node_.children.size(); ++i) {
    const YamlNode& child = node_.children[i];
    if (!IsList()) {
      children.emplace_back(context_, child, Concat(path_, path_.empty() ? "" : ".", child.key));
      continue;
    }
    // If two items have one name, the path of the second has its index.
    const std::string_view name = NameOfItem(path_, child);
    const bool named = !name.empty() && names.insert(name).second;
    children.emplace_back(context_, child,
                          named ? PathByName(path_, name) : Concat(path_, "[", i, "]"));
  }
  return children;
}

bool Value::Fail(std::string problem, std::string fix) const {
  context_.Report(location(), path_, std::move(problem), std::move(fix));
  return false;
}

bool Value::FailWritten(const Complaint& complaint) const {
  return Fail(Concat(Shown(node_.text), " ", complaint.problem), complaint.fix);
}

bool Value::FailType(std::string_view expects) const {
  std::string_view kind = "is a text";
  if (node_.kind == YamlNode::Kind::kNull) kind = "is empty";
  if (IsList()) kind = "is a list";
  if (IsMapping()) kind = "is a mapping";
  return Fail(std::string(kind), Concat("write ", expects));
}

std::optional<std::string> Value::Scalar(std::string_view expects) const {
  if (!IsScalar()) {
    FailType(expects);
    return std::nullopt;
  }
  Parsed<std::string> expanded = context_.Expand(node_.text);
  if (!expanded.value) Fail(expanded.complaint.problem, expanded.complaint.fix);
  return std::move(expanded.value);
}

}  // namespace headgate::config
