#include "config/changes/key_changes.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

using Kind = YamlNode::Kind;

// The name of an item of a list: the value of its `name`; empty if it has none.
std::string_view NameOf(const YamlNode& item) {
  for (const YamlNode& entry : item.children) {
    if (entry.key == "name" && entry.kind == Kind::kScalar) return entry.text;
  }
  return {};
}

bool AllNamed(const YamlNode& list) {
  return !list.children.empty() &&
         std::all_of(list.children.begin(), list.children.end(),
                     [](const YamlNode& item) { return !NameOf(item).empty(); });
}

std::string_view LabelOf(const YamlNode& parent, const YamlNode& child) {
  return parent.kind == Kind::kMapping ? std::string_view(child.key) : NameOf(child);
}

// Returns whether the children of both can be paired by label.
bool HasLabels(const YamlNode& before, const YamlNode& after) {
  if (before.kind != after.kind) return false;
  return after.kind == Kind::kMapping ||
         (after.kind == Kind::kList && AllNamed(before) && AllNamed(after));
}

bool Same(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.key == b.key && a.text == b.text && a.quoted == b.quoted &&
         std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    Same);
}

using Places = std::unordered_map<std::string_view, std::size_t>;

Places PlacesIn(const YamlNode& parent) {
  Places places;
  for (const YamlNode& child : parent.children) {
    places.emplace(LabelOf(parent, child), places.size());
  }
  return places;
}

class Walk {
 public:
  void Compare(const YamlNode& before, const YamlNode& after, const std::string& path) {
    if (Same(before, after)) return;
    if (HasLabels(before, after)) return CompareChildren(before, after, path);
    changes_.push_back(path);
  }
  std::vector<std::string> Take() { return std::move(changes_); }

 private:
  void CompareChildren(const YamlNode& before, const YamlNode& after, const std::string& path) {
    const auto below = [&](const YamlNode& parent, const YamlNode& child) {
      return config::Concat(path, path.empty() ? "" : ".", LabelOf(parent, child));
    };
    const Places old = PlacesIn(before);
    std::vector<std::size_t> kept;  // places in `before`, in the order of `after`
    for (const YamlNode& child : after.children) {
      const auto place = old.find(LabelOf(after, child));
      if (place == old.end()) {
        changes_.push_back(below(after, child) + " (new)");
        continue;
      }
      kept.push_back(place->second);
      Compare(before.children[place->second], child, below(after, child));
    }
    const Places now = PlacesIn(after);
    for (const YamlNode& child : before.children) {
      if (!now.contains(LabelOf(before, child))) {
        changes_.push_back(below(before, child) + " (gone)");
      }
    }
    if (after.kind == Kind::kList && !std::is_sorted(kept.begin(), kept.end())) {
      changes_.push_back(path + " (another order)");
    }
  }

  std::vector<std::string> changes_;
};

}  // namespace

std::vector<std::string> ChangesBetween(const YamlNode& before, const YamlNode& after) {
  Walk walk;
  walk.Compare(before, after, "");
  return walk.Take();
}

}  // namespace headgate::config
