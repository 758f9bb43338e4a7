#include "routing/classify/coding_tools.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

// Sorted, lower case, letters and digits only.
constexpr std::array<string_view, 42> kCertain = {
    "applydiff",
    "applyedit",
    "applypatch",
    "bash",
    "bashtool",
    "codebasesearch",
    "createfile",
    "editfile",
    "editnotebook",
    "execcommand",
    "executebash",
    "executecommand",
    "fileedit",
    "insertcode",
    "insertcontent",
    "inserteditintofile",
    "listcodedefinitionnames",
    "localshell",
    "multiedit",
    "multireplacestringinfile",
    "notebookedit",
    "replaceinfile",
    "replacestringinfile",
    "runcommand",
    "runinterminal",
    "runshellcommand",
    "runterminalcmd",
    "runterminalcommand",
    "runtests",
    "searchreplace",
    "semanticsearchcodebase",
    "shell",
    "shellcommand",
    "strreplace",
    "strreplacebasededittool",
    "strreplaceeditor",
    "strreplaceinfile",
    "terminal",
    "texteditor",
    "unifiedexec",
    "writefile",
    "writetofile",
};
constexpr std::array<string_view, 17> kShared = {
    "deletefile", "edit",      "filesearch",    "glob",      "globfiles", "grep",
    "grepsearch", "listdir",   "listdirectory", "listfiles", "ls",        "read",
    "readfile",   "readfiles", "searchfiles",   "viewfile",  "write",
};
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kNames = 64;

template <std::size_t N>
constexpr bool IsSorted(const std::array<string_view, N>& names) {
  return std::is_sorted(names.begin(), names.end());
}
static_assert(IsSorted(kCertain) && IsSorted(kShared));

// The name without the prefix of a tool server, in the form of the tables. Empty if it is longer
// than every name there.
string_view Normal(string_view name, std::array<char, kLongestName>& storage) {
  constexpr std::array<string_view, 4> kSeparators = {"__", ".", "/", ":"};
  for (const string_view separator : kSeparators) {
    const std::size_t at = name.rfind(separator);
    if (at != string_view::npos) name.remove_prefix(at + separator.size());
  }
  std::size_t size = 0;
  for (const char c : name) {
    if (!IsAlphanumeric(c)) continue;
    if (size == storage.size()) return {};
    storage[size++] = Lowered(c);
  }
  return {storage.data(), size};
}

template <std::size_t N>
const string_view* Find(const std::array<string_view, N>& names, string_view name) {
  const auto found = std::lower_bound(names.begin(), names.end(), name);
  return found != names.end() && *found == name ? &*found : nullptr;
}

}  // namespace

bool AreCodingTools(const std::vector<string_view>& tool_names) {
  std::array<char, kLongestName> storage;
  const string_view* shared = nullptr;
  const std::size_t count = std::min(tool_names.size(), kNames);
  for (std::size_t i = 0; i < count; ++i) {
    const string_view name = Normal(tool_names[i], storage);
    if (Find(kCertain, name) != nullptr) return true;
    const string_view* const known = Find(kShared, name);
    if (known == nullptr) continue;
    if (shared != nullptr && shared != known) return true;
    shared = known;
  }
  return false;
}

}  // namespace headgate::routing
