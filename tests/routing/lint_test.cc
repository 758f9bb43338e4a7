#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "routing/lint/policy_linter.h"
#include "routing/policy/policy.h"

namespace headgate::routing {
namespace {

// Each lint/NAME.yaml is a valid policy, and lint/NAME.expected has the warnings about it. Policies
// called fine_ have none. After a change of wording, HEADGATE_UPDATE_GOLDEN=1 writes the files
// anew: read the difference.
std::filesystem::path Folder() { return HEADGATE_LINT_DIR; }

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream out;
  out << stream.rdbuf();
  return out.str();
}

// One warning per line, without the folder.
std::string WarningsOf(const std::filesystem::path& path) {
  const config::LoadResult loaded =
      config::LoadFile(path.string(), [](const std::string&) { return "sk-from-outside"; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  if (!loaded.config) return "";
  const auto policy = CompiledPolicy::Compile(*loaded.config);
  EXPECT_TRUE(policy.ok()) << policy.status();
  if (!policy.ok()) return "";
  std::string out;
  const std::string folder = path.parent_path().string() + "/";
  const config::SiftedWarnings warnings =
      config::SiftWarnings(*loaded.config, LintPolicy(*loaded.config, **policy));
  for (const config::FoundWarning& warning : warnings.shown) {
    EXPECT_TRUE(warning.diagnostic.location.file.starts_with(folder));
    out += config::ToString(warning).substr(folder.size()) + "\n";
  }
  return out;
}

class Lint : public testing::TestWithParam<std::string> {};

TEST_P(Lint, is_reported_with_line_and_fix) {
  const std::string got = WarningsOf(Folder() / (GetParam() + ".yaml"));
  const std::filesystem::path expected = Folder() / (GetParam() + ".expected");
  if (std::getenv("HEADGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << got;
  EXPECT_TRUE(std::filesystem::exists(expected));
  EXPECT_EQ(got, ReadAll(expected));
  EXPECT_EQ(got.empty(), GetParam().starts_with("fine_")) << got;
}

INSTANTIATE_TEST_SUITE_P(Files, Lint, testing::ValuesIn(Names()),
                         [](const auto& file) { return file.param; });

TEST(LintPolicy, finds_nothing_in_the_examples) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HEADGATE_EXAMPLES_DIR)) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_EQ(WarningsOf(entry.path()), "") << entry.path();
    ++examples;
  }
  EXPECT_GE(examples, 9);
}

}  // namespace
}  // namespace headgate::routing
