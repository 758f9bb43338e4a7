#include "config/reader/include.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

TEST(Include, PutsIncludedFilesBeforeTheFilesOwn) {
  const TemporaryFolder folder;
  folder.Write("main.yaml",
               "include: [a.yaml, b.yaml]\nserver: {auth: none}\nroutes: [{name: z}]\n");
  folder.Write("a.yaml", "include: c.yaml\nroutes: [{name: x}]\n");
  folder.Write("b.yaml", "server: {workers: 2}\nroutes: [{name: y}]\n");
  folder.Write("c.yaml", kRest);
  const LoadResult result = LoadFile(folder.Path("main.yaml"), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  std::string names;
  for (const Route& route : result.config->routes) names += route.name + " ";
  EXPECT_EQ(names, "general x y z ");
  EXPECT_EQ(result.config->server.workers, 2);
  EXPECT_EQ(result.config->routes.at(1).location.file, folder.Path("a.yaml"));
  EXPECT_EQ(result.files.size(), 4u);
  EXPECT_EQ(result.files.front(), folder.Path("main.yaml"));
}

TEST(Include, PathsMayNameVariables) {
  const TemporaryFolder folder;
  folder.Write("main.yaml", "include: rest-${WHERE}.yaml\nserver: {auth: none}\n");
  folder.Write("rest-here.yaml", kRest);
  const auto load = [&](const char* where) {
    return LoadFile(folder.Path("main.yaml"), [&](const std::string& name) {
      return name == "WHERE" ? std::optional<std::string>(where) : Variables(name);
    });
  };
  EXPECT_TRUE(load("here").config);
  EXPECT_FALSE(load("there").config);
  EXPECT_NE(Problems("include: rest-${WHERE}.yaml\n").find("environment variable WHERE"),
            std::string::npos);
}

// The watch of a configuration's files then notices when the missing file appears.
TEST(Include, AFileThatIsMissingIsOneOfTheFiles) {
  const TemporaryFolder folder;
  folder.Write("main.yaml", "include: later.yaml\nserver: {auth: none}\n");
  const LoadResult result = LoadFile(folder.Path("main.yaml"), Variables);
  EXPECT_FALSE(result.config);
  EXPECT_EQ(result.files,
            (std::vector<std::string>{folder.Path("main.yaml"), folder.Path("later.yaml")}));
}

// The diagnostics of loading main.yaml in `folder`, without the folder.
std::string Reported(const TemporaryFolder& folder) {
  std::string out;
  for (const Diagnostic& found : LoadFile(folder.Path("main.yaml"), Variables).diagnostics) {
    out += ToString(found) + "\n";
  }
  return ReplaceAll(std::move(out), folder.Path(""), "");
}

// main.yaml, 1.yaml, 2.yaml, …, each including the next.
void WriteChain(const TemporaryFolder& folder, int length) {
  folder.Write("main.yaml", "server: {auth: none}\ninclude: 1.yaml\n");
  for (int i = 1; i < length; ++i) {
    folder.Write(Concat(i, ".yaml"), Concat("# one more\ninclude: ", i + 1, ".yaml\n"));
  }
  folder.Write(Concat(length, ".yaml"), kRest);
}

TEST(Include, GoesEightFilesDeepAndNotNine) {
  const TemporaryFolder folder;
  WriteChain(folder, kMaxIncludeDepth);
  EXPECT_EQ(Reported(folder), "");
  WriteChain(folder, kMaxIncludeDepth + 1);
  EXPECT_EQ(Reported(folder),
            "8.yaml:2: include: \"9.yaml\" is more than 8 includes deep; include it from a file "
            "nearer to the first\n");
}

TEST(Include, TakesSixtyFourFilesAndNotOneMore) {
  const TemporaryFolder folder;
  std::string list = "include: [rest.yaml";
  folder.Write("rest.yaml", kRest);
  for (std::size_t i = 1; i < kMaxIncludedFiles; ++i) {
    folder.Write(Concat(i, ".yaml"), "# nothing\n");
    list += Concat(", ", i, ".yaml");
  }
  folder.Write("main.yaml", Concat("server: {auth: none}\n", list, "]\n"));
  EXPECT_EQ(Reported(folder), "");
  folder.Write("more.yaml", "# nothing\n");
  folder.Write("main.yaml", Concat("server: {auth: none}\n", list, ",\n  more.yaml]\n"));
  EXPECT_EQ(Reported(folder),
            "main.yaml:3: include[64]: \"more.yaml\" is one file more than the 64 that may be "
            "included; merge some files\n");
}

TEST(Include, TakesFourMebibytesInAllAndNotMore) {
  const TemporaryFolder folder;
  const std::string half = "#" + std::string(kMaxYamlBytes / 2, '.') + "\n";
  folder.Write("half.yaml", half);
  folder.Write("rest.yaml", kRest);
  folder.Write("main.yaml", "server: {auth: none}\ninclude: [rest.yaml, half.yaml]\n");
  EXPECT_EQ(Reported(folder), "");
  folder.Write("other.yaml", half);
  folder.Write("main.yaml",
               "server: {auth: none}\ninclude: [rest.yaml, half.yaml,\n  other.yaml]\n");
  EXPECT_EQ(Reported(folder),
            "main.yaml:3: include[2]: brings the files included to more than 4 MiB; make the files "
            "smaller\n");
}

}  // namespace
}  // namespace headgate::config
