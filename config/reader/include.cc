#include "config/reader/include.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/base/glob.h"
#include "config/base/regular_file.h"
#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

void SetFile(YamlNode& node, int file) {
  node.file = file;
  for (YamlNode& child : node.children) SetFile(child, file);
}

YamlNode* FindEntry(YamlNode& mapping, std::string_view key) {
  const auto found = std::find_if(mapping.children.begin(), mapping.children.end(),
                                  [&](const YamlNode& entry) { return entry.key == key; });
  return found == mapping.children.end() ? nullptr : &*found;
}

std::string Identity(const std::string& path) {
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

class Includer {
 public:
  explicit Includer(ReadContext& context) : context_(context) {
    seen_.push_back({Identity(context.files().front()), {}});
    open_.push_back(seen_.front().identity);
  }

  bool Expand(YamlNode& root) {
    if (root.kind != YamlNode::Kind::kMapping) return true;
    YamlNode* include = FindEntry(root, "include");
    if (include == nullptr) return true;
    const YamlNode include_node = std::move(*include);
    root.children.erase(root.children.begin() + (include - root.children.data()));
    const Value value(context_, include_node, "include");
    std::vector<std::string> paths;
    if (!OneOrMore<Text>::Read(value, paths)) return false;
    YamlNode whole;
    whole.kind = YamlNode::Kind::kMapping;
    whole.file = root.file;
    whole.line = root.line;
    bool good = true;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const Value item = value.IsList() ? value.Children()[i] : value;
      good = Include(item, item.Resolve(paths[i]), whole) && good;
    }
    Merge(whole, std::move(root));
    root = std::move(whole);
    return good;
  }

 private:
  struct Seen {
    std::string identity;
    SourceLocation included_at;  // empty for the first file
  };

  bool Include(const Value& value, const std::string& path, YamlNode& whole) {
    if (!MayInclude(value, path)) return false;
    std::optional<std::string> text = ReadYamlFile(path);
    if (!text) {
      context_.AddDependency(path);  // so that watchers of files see it appear
      return value.FailWritten(
          {"is not a file that can be read",
           "check the path (it is relative to the folder of this file) and the "
           "permissions"});
    }
    bytes_ += text->size();
    if (bytes_ > kMaxYamlBytes) {
      return value.Fail(
          Concat("brings the files included to more than ", kMaxYamlBytes >> 20, " MiB"),
          "make the files smaller");
    }
    seen_.push_back({Identity(path), value.location()});
    const int file = context_.AddFile(path);
    YamlResult document = ParseYaml(*text, path);
    for (Diagnostic& diagnostic : document.diagnostics) context_.Report(std::move(diagnostic));
    if (!document.root) return false;
    SetFile(*document.root, file);
    if (document.root->kind == YamlNode::Kind::kNull) return true;
    if (document.root->kind != YamlNode::Kind::kMapping) {
      context_.Report({path, 1}, "", "is not a mapping of sections",
                      "write sections such as `backends:` or `routes:`");
      return false;
    }
    open_.push_back(seen_.back().identity);
    const bool good = Expand(*document.root);
    open_.pop_back();
    Merge(whole, std::move(*document.root));
    return good;
  }

  bool MayInclude(const Value& value, const std::string& path) const {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
      return value.FailWritten({"is a folder", "name its files one by one: their order matters"});
    }
    if (IsGlob(path) && !std::filesystem::exists(path, error)) {
      return value.FailWritten(
          {"is a pattern", "name the files one by one: the order of routes matters"});
    }
    const std::string identity = Identity(path);
    if (std::find(open_.begin(), open_.end(), identity) != open_.end()) {
      return value.FailWritten({"is included from within itself", "remove one of the includes"});
    }
    const auto before = std::find_if(seen_.begin(), seen_.end(),
                                     [&](const Seen& file) { return file.identity == identity; });
    if (before != seen_.end()) {
      return value.FailWritten(
          {Concat("is already included at ", ToString(before->included_at)), "include it once"});
    }
    if (open_.size() > kMaxIncludeDepth) {
      return value.FailWritten({Concat("is more than ", kMaxIncludeDepth, " includes deep"),
                                "include it from a file nearer to the first"});
    }
    if (seen_.size() > kMaxIncludedFiles) {
      return value.FailWritten(
          {Concat("is one file more than the ", kMaxIncludedFiles, " that may be included"),
           "merge some files"});
    }
    return true;
  }

  // Sections merge; an entry of a section (one backend, one model) comes from one file.
  void Merge(YamlNode& into, YamlNode from) {
    for (YamlNode& section : from.children) {
      YamlNode* known = FindEntry(into, section.key);
      if (known == nullptr) {
        into.children.push_back(std::move(section));
      } else if (known->kind != section.kind || section.kind == YamlNode::Kind::kScalar) {
        ReportDuplicate(section.key, section, *known);
      } else if (section.kind == YamlNode::Kind::kList) {
        std::move(section.children.begin(), section.children.end(),
                  std::back_inserter(known->children));
      } else if (section.kind == YamlNode::Kind::kMapping) {
        MergeEntries(*known, std::move(section));
      }
    }
  }

  void MergeEntries(YamlNode& into, YamlNode from) {
    for (YamlNode& entry : from.children) {
      if (const YamlNode* known = FindEntry(into, entry.key)) {
        ReportDuplicate(Concat(into.key, ".", entry.key), entry, *known);
      } else {
        into.children.push_back(std::move(entry));
      }
    }
  }

  void ReportDuplicate(std::string path, const YamlNode& second, const YamlNode& first) {
    context_.Report(context_.LocationOf(second), std::move(path),
                    Concat("is already set at ", ToString(context_.LocationOf(first))),
                    "keep it in one of the files");
  }

  ReadContext& context_;
  std::vector<Seen> seen_;
  std::vector<std::string> open_;  // the files between the first and the one being read
  std::size_t bytes_ = 0;
};

}  // namespace

bool ExpandIncludes(ReadContext& context, YamlNode& root) { return Includer(context).Expand(root); }

std::optional<std::string> ReadYamlFile(const std::string& path) {
  return ReadRegularFile(path, kMaxYamlBytes + 1);
}

}  // namespace headgate::config
