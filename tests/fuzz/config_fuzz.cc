// For any files, the reader ends, and either accepts them or says what is wrong. An accepted
// configuration compiles, can be linted, and its policy tests run.
//
// A line "#%%" splits the input into files: main.yaml, and 1.yaml, 2.yaml, … for it to include.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "gateway/decide/policy_tests.h"
#include "routing/lint/policy_linter.h"
#include "routing/policy/policy.h"

namespace {

using headgate::config::LoadResult;

constexpr std::string_view kNextFile = "\n#%%\n";

std::optional<std::string> Variables(const std::string& name) {
  return name.size() == 1 ? std::optional(name + "-value-of-it") : std::nullopt;
}

// One folder for the whole run; each input writes its files anew.
const std::filesystem::path& Folder() {
  static const std::filesystem::path folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "config-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    static const std::filesystem::path made = name;
    std::atexit([] { std::filesystem::remove_all(made); });
    return made;
  }();
  return folder;
}

LoadResult Load(std::string_view text) {
  if (text.find(kNextFile) == std::string_view::npos) {
    return headgate::config::LoadText(text, "fuzz.yaml", Variables);
  }
  for (int file = 0; file < 4; ++file) {
    const std::size_t end = std::min(text.find(kNextFile), text.size());
    const std::string name = file == 0 ? "main.yaml" : std::to_string(file) + ".yaml";
    std::ofstream(Folder() / name, std::ios::binary | std::ios::trunc) << text.substr(0, end);
    text.remove_prefix(std::min(end + kNextFile.size(), text.size()));
  }
  return headgate::config::LoadFile((Folder() / "main.yaml").string(), Variables);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const LoadResult loaded = Load({reinterpret_cast<const char*>(data), size});
  if (loaded.config.has_value() != loaded.diagnostics.empty()) std::abort();
  for (const auto& found : loaded.diagnostics) {
    if (found.problem.empty() || found.fix.empty() || found.location.file.empty()) std::abort();
  }
  if (!loaded.config) return 0;
  const auto policy = headgate::routing::CompiledPolicy::Compile(*loaded.config);
  if (!policy.ok()) std::abort();
  headgate::routing::LintPolicy(*loaded.config, **policy);
  headgate::gateway::RunPolicyTests(*loaded.config, **policy);
  return 0;
}
