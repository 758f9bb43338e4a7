#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/sections/configuration.h"

namespace headgate::config {
namespace {

constexpr const char* kSecret = "sk-never-shown-4711";

// Each golden/NAME.yaml holds mistakes, and golden/NAME.expected every diagnostic they give. After
// a change of wording, HEADGATE_UPDATE_GOLDEN=1 writes the files anew: read the difference.
std::filesystem::path GoldenFolder() { return HEADGATE_GOLDEN_DIR; }

std::optional<std::string> TestEnvironment(const std::string& name) {
  if (name == "SECRET" || name == "AZURE_KEY") return kSecret;
  if (name == "EMPTY") return "";
  if (name == "QUOTED") return "\"hunter22\"";
  if (name == "BLANKS") return "hunter22 \n";
  if (name == "UNEXPANDED") return "{{ hunter22 }}";
  if (name == "FILE_PATH") return "file:/run/secrets/hunter22";
  if (name == "PATH_OF_KEY") return "/run/secrets/hunter22";
  if (name == "REFERENCE") return "${HUNTER22_hunter22}";
  if (name == "NAME_OF_KEY") return "HUNTER22_KEY";
  if (name == "PLACEHOLDER") return "<hunter22>";
  if (name == "SHELL_NAME") return "$HUNTER22_KEY";
  if (name == "STORE") return "vault:hunter22";
  return std::nullopt;
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream out;
  out << stream.rdbuf();
  return out.str();
}

std::vector<std::string> GoldenNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(GoldenFolder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The diagnostics of a golden file, one per line, its folder left out.
std::string Diagnostics(const std::string& name) {
  const std::filesystem::path path = GoldenFolder() / (name + ".yaml");
  const LoadResult result = LoadFile(path.string(), TestEnvironment);
  EXPECT_EQ(result.config.has_value(), result.diagnostics.empty());
  std::string out;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_TRUE(diagnostic.location.file.starts_with(GoldenFolder().string()));
    out += ToString(diagnostic) + "\n";
  }
  const std::string folder = GoldenFolder().string() + "/";
  for (std::size_t at = 0; (at = out.find(folder, at)) != std::string::npos;) {
    out.erase(at, folder.size());
  }
  return out;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, ReportsEveryMistakeWithLineAndFix) {
  const std::string got = Diagnostics(GetParam());
  const std::filesystem::path expected = GoldenFolder() / (GetParam() + ".expected");
  if (std::getenv("HEADGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << got;
  EXPECT_FALSE(got.empty());
  EXPECT_EQ(got, ReadAll(expected));
}

TEST_P(Golden, NeverShowsASecret) {
  const std::string got = Diagnostics(GetParam());
  for (const char* secret : {kSecret, "hunter22", "HUNTER22", "other-secret",
                             "hg-this-is-the-key-itself", "half-of-it"}) {
    EXPECT_EQ(got.find(secret), std::string::npos) << secret;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(GoldenNames()),
                         [](const auto& file) { return file.param; });

// Editors read the file; it is made anew like the golden ones.
TEST(Schema, IsTheFileThatShips) {
  const std::filesystem::path shipped =
      GoldenFolder() / ".." / ".." / ".." / "config" / "headgate.schema.json";
  const std::string schema = ConfigurationSchema();
  if (std::getenv("HEADGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(shipped) << schema;
  EXPECT_EQ(schema, ReadAll(shipped));
}

TEST(GoldenFiles, CoverAtLeastSixtyDifferentMistakes) {
  std::set<std::string> problems;
  for (const std::string& name : GoldenNames()) {
    const LoadResult result =
        LoadFile((GoldenFolder() / (name + ".yaml")).string(), TestEnvironment);
    for (const Diagnostic& diagnostic : result.diagnostics) {
      std::string problem;  // without what is quoted, which would count one mistake twice
      bool quoted = false;
      for (const char c : diagnostic.problem) {
        if (c == '"' || c == '`') quoted = !quoted;
        if (!quoted) problem += c;
      }
      problems.insert(problem);
    }
  }
  EXPECT_GE(problems.size(), 60u);
}

TEST(GoldenFiles, AllMistakesOfOneFileComeAtOnceInTheOrderOfLines) {
  const LoadResult result = LoadFile((GoldenFolder() / "server.yaml").string(), TestEnvironment);
  EXPECT_GE(result.diagnostics.size(), 14u);
  EXPECT_TRUE(std::is_sorted(
      result.diagnostics.begin(), result.diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return a.location.line < b.location.line; }));
}

}  // namespace
}  // namespace headgate::config
