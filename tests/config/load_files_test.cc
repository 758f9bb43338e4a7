#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "config/base/text.h"
#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

TEST(Load, ReadsSecretsFromFilesBesideTheConfiguration) {
  const TemporaryFolder folder;
  folder.Write("key.secret", "\ufeffsk-from-a-file\r\n");  // as a Windows editor leaves it
  folder.Write("cert.pem", "x");
  folder.Write("headgate.yaml", R"(
server: {auth: none, admin_token: "file:key.secret", tls: {certificate: cert.pem, private_key: cert.pem}}
backends:
  up:
    hosting: paid_api
    url: https://api.example.com/v1
    api_key: file:key.secret
    headers: {x-team-token: "file:key.secret", x-mixed: "Token ${OPENAI_API_KEY}!", x-plain: "$${A}"}
    ca: cert.pem
    models: {gpt-4.1: x}
routes:
  - name: general
)");
  const LoadResult result = LoadFile(folder.Path("headgate.yaml"), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  const Backend& up = result.config->backends.at(0);
  EXPECT_EQ(up.api_key.Reveal(), "sk-from-a-file");
  EXPECT_EQ(up.headers.at(0).second, "sk-from-a-file");
  EXPECT_EQ(up.headers.at(1).second, "Token sk-openai-5678!");
  EXPECT_EQ(up.headers.at(2).second, "${A}");
  EXPECT_EQ(up.ca, folder.Path("cert.pem"));
  EXPECT_EQ(result.config->server.admin_token.Reveal(), "sk-from-a-file");
  EXPECT_EQ(result.config->server.tls->certificate, folder.Path("cert.pem"));
}

TEST(Load, AVariableThatHoldsAPathIsReadAsAFileOnlyBehindFile) {
  const TemporaryFolder folder;
  folder.Write("key", "sk-from-a-file");
  const auto load = [&](const std::string& api_key, const std::string& value) {
    const Environment environment = [&](const std::string&) { return value; };
    return LoadText(Concat(R"(
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: ")",
                           api_key, R"(", models: {gpt-4.1: x}}
routes: [{name: general}]
)"),
                    "test.yaml", environment);
  };
  const LoadResult read = load("file:${K}", folder.Path("key"));
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->backends[0].api_key.Reveal(), "sk-from-a-file");
  const LoadResult refused = load("${K}", Concat("file:", folder.Path("key")));
  ASSERT_EQ(refused.diagnostics.size(), 1u);
  EXPECT_EQ(ToString(refused.diagnostics[0]),
            "test.yaml:4: backends.up.api_key: holds `file:` and a path, which is not read there; "
            "write file:PATH in the configuration, or file:${NAME} if a variable holds the path "
            "alone");
}

// A named pipe would block the thread that reloads, and a device would never end.
TEST(Load, RefusesWhatIsNotARegularFileWithoutWaitingForIt) {
  constexpr unsigned kMostSeconds = 60;
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.Path("pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(folder.path() / "folder");
  std::filesystem::create_symlink("pipe", folder.path() / "link");
  struct Case {
    std::string_view top;
    std::string_view backend;
    std::string_view path;  // path of the diagnostic
  };
  constexpr Case kCases[] = {
      {"", "api_key: \"file:FILE\"", "backends.up.api_key"},
      {"", "api_key: k, headers: {x-token: \"file:FILE\"}", "backends.up.headers.x-token"},
      {"", "api_key: k, ca: \"FILE\"", "backends.up.ca"},
      {"classifier: {model: \"FILE\"}\n", "api_key: k", "classifier.model"},
      {"include: \"FILE\"\n", "api_key: k", "include"},
  };
  ::alarm(kMostSeconds);  // ends the process if the reader waits for a file
  for (const std::string file : {"pipe", "link", "folder", "/dev/zero"}) {
    for (const Case& c : kCases) {
      folder.Write("headgate.yaml",
                   ReplaceAll(Concat(c.top, "server: {auth: none}\nbackends:\n  up: {hosting: ",
                                     "paid_api, url: \"https://api.example.com\", ", c.backend,
                                     ", models: {gpt-4.1: x}}\nroutes: [{name: general}]\n"),
                              "FILE", file));
      const LoadResult result = LoadFile(folder.Path("headgate.yaml"), Variables);
      EXPECT_EQ(result.diagnostics.size(), 1u) << c.path << " " << file;
      for (const Diagnostic& diagnostic : result.diagnostics) {
        EXPECT_TRUE(diagnostic.path.starts_with(c.path)) << ToString(diagnostic);
      }
    }
  }
  EXPECT_FALSE(LoadFile(folder.Path("pipe"), Variables).config);
  ::alarm(0);
}

TEST(Load, SecretsThatAreNotThereMayBeOptional) {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  const auto load = [&](const std::string& text, Secrets secrets) {
    return LoadText(text, "test.yaml", environment, nullptr, secrets);
  };
  const std::string text = R"(server: {auth: none, admin_token: "file:/nonexistent/token"}
backends:
  up:
    hosting: paid_api
    url: "https://api.example.com"
    api_key: ${KEY_OF_UP}
    headers: {x-one: "Token ${OTHER}", x-two: "${EMPTY}"}
    models: {gpt-4.1: x}
routes: [{name: general}]
)";
  const LoadResult without = load(text, Secrets::kOptional);
  for (const Diagnostic& diagnostic : without.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(without.config);
  std::vector<std::string> missing;
  for (const Diagnostic& one : without.missing_secrets) missing.push_back(ToString(one));
  EXPECT_EQ(missing,
            (std::vector<std::string>{
                "test.yaml:1: server.admin_token: names a file that cannot be read; check the path "
                "(it is relative to the folder of this file) and the permissions",
                "test.yaml:6: backends.up.api_key: needs the environment variable KEY_OF_UP, which "
                "is not set; set KEY_OF_UP where headgate is started",
                "test.yaml:7: backends.up.headers.x-one: needs the environment variable OTHER, "
                "which is not set; set OTHER where headgate is started",
                "test.yaml:7: backends.up.headers.x-two: is an empty secret; set the variable or "
                "fill the file, or remove the key"}));
  const LoadResult daemon = load(text, Secrets::kRequired);
  EXPECT_FALSE(daemon.config);
  EXPECT_EQ(daemon.diagnostics.size(), 4u);
  EXPECT_TRUE(daemon.missing_secrets.empty());
}

TEST(Load, OnlySecretsAreOptionalAndOnlyWhenAllElseIsRight) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  for (const char* const backend : {R"(url: "https://${HOST}.example.com", api_key: k)",
                                    R"(url: "https://api.example.com", api_key: "${not a name}")",
                                    R"(url: "https://api.example.com", api_key: "")",
                                    R"(url: "https://api.example.com", api_key: "file:/dev")"}) {
    const LoadResult result =
        LoadText(Concat("server: {auth: none}\nbackends:\n  up: {hosting: paid_api, ", backend,
                        ", models: {gpt-4.1: x}}\nroutes: [{name: general}]\n"),
                 "test.yaml", nothing, nullptr, Secrets::kOptional);
    EXPECT_EQ(result.diagnostics.size(), 1u) << backend;
    EXPECT_TRUE(result.missing_secrets.empty()) << backend;
  }
}

constexpr std::string_view kServing = R"(server: {auth: none, workers: 2}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: k, models: {gpt-4.1: x}}
routes: [{name: general}]
)";

TEST(Load, SaysWhatTakesARestartWhenItIsToReplaceARunningConfiguration) {
  const LoadResult running = LoadText(kServing, "test.yaml", Variables);
  ASSERT_TRUE(running.config);
  EXPECT_TRUE(LoadText(kServing, "test.yaml", Variables, &*running.config).config);
  const LoadResult changed = LoadText(R"(server:
  auth: none
  listen: 127.0.0.1:8081
  admin: 127.0.0.1:9465
  access_log: "off"
  drain_timeout: 1s
backends:
  up: {hosting: paid_api, url: "https://other.example.com", api_key: k, models: {gpt-4.1: x}}
routes: [{name: general}]
)",
                                      "test.yaml", Variables, &*running.config);
  std::string problems;
  for (const Diagnostic& diagnostic : changed.diagnostics) {
    problems.append(ToString(diagnostic)).append("\n");
  }
  EXPECT_EQ(
      problems,
      "test.yaml:1: server.workers: cannot change from 2 to auto while headgate runs; restart "
      "headgate, or write 2 again\n"
      "test.yaml:3: server.listen: cannot change from 127.0.0.1:8080 to 127.0.0.1:8081 while "
      "headgate runs; restart headgate, or write 127.0.0.1:8080 again\n"
      "test.yaml:4: server.admin: cannot change from 127.0.0.1:9464 to 127.0.0.1:9465 while "
      "headgate runs; restart headgate, or write 127.0.0.1:9464 again\n"
      "test.yaml:5: server.access_log: cannot change from stdout to off while headgate runs; "
      "restart headgate, or write stdout again\n");
}

std::string ProblemsOfReload(const char* running_head, const char* next_head) {
  constexpr char kRest[] = R"(
backends:
  up: {hosting: paid_api, url: "https://example.com", api_key: k, models: {gpt-4.1: x}}
routes: [{name: general}]
)";
  const LoadResult running = LoadText(std::string(running_head) + kRest, "test.yaml", Variables);
  EXPECT_TRUE(running.config);
  if (!running.config) return "the first file is refused";
  const LoadResult changed =
      LoadText(std::string(next_head) + kRest, "test.yaml", Variables, &*running.config);
  std::string problems;
  for (const Diagnostic& diagnostic : changed.diagnostics) problems += ToString(diagnostic);
  return problems;
}

TEST(Load, AStoreOfResponsesChangesItsBoundsAlone) {
  constexpr char kStores[] = "server: {auth: none, state: /tmp}\nresponses: {store: 1h}";
  EXPECT_EQ(ProblemsOfReload(kStores,
                             "server: {auth: none, state: /tmp}\n"
                             "responses: {store: 2h, max_bytes: 2GiB}"),
            "");
  EXPECT_EQ(ProblemsOfReload(kStores, "server: {auth: none, state: /}\nresponses: {store: 1h}"),
            "test.yaml:1: server.state: cannot change from /tmp to / while headgate runs; restart "
            "headgate, or write /tmp again");
  EXPECT_EQ(ProblemsOfReload(kStores, "server: {auth: none}"),
            "test.yaml:1: responses: cannot be removed while headgate runs; restart headgate (a "
            "change of store or max_bytes needs no restart)");
  EXPECT_EQ(ProblemsOfReload("server: {auth: none}", kStores),
            "test.yaml:2: responses: cannot be added while headgate runs; restart headgate (a "
            "change of store or max_bytes needs no restart)");
}

TEST(Load, NamesEveryFileThatItDependsOnEvenWhenOneIsMissing) {
  const LoadResult result = LoadText(R"(
server: {auth: none, tls: {certificate: cert.pem, private_key: key.pem}}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: "file:key.secret", models: {gpt-4.1: x}}
routes: [{name: general}]
)",
                                     "/nonexistent/test.yaml", Variables);
  EXPECT_FALSE(result.config);
  EXPECT_EQ(result.files, (std::vector<std::string>{"/nonexistent/cert.pem", "/nonexistent/key.pem",
                                                    "/nonexistent/key.secret"}));
  EXPECT_EQ(LoadFile("/nonexistent/test.yaml", Variables).files,
            std::vector<std::string>{"/nonexistent/test.yaml"});
}

TEST(Load, ReportsAFileThatIsNotThere) {
  const LoadResult result = LoadFile("/nonexistent/headgate.yaml", Variables);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(ToString(result.diagnostics[0]),
            "/nonexistent/headgate.yaml: is not a file that can be read; check the path");
}

TEST(Load, RefusesHugeAndManyNodedFiles) {
  EXPECT_NE(Problems(std::string(5u << 20, ' ')).find("larger than 4 MiB"), std::string::npos);
  std::string many = "server: [";
  for (int i = 0; i < 250'000; ++i) many += "1,";
  EXPECT_NE(Problems(many + "]").find("more than 50000 values"), std::string::npos);
}

TEST(Load, KeepsADiagnosticOnOneLineWhateverTheKey) {
  const std::string problems = Problems(WithRest("server: {auth: none, \"a\\nb\": 1}\n"));
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 1) << problems;
}

TEST(Load, StopsAnAliasBombAtItsFirstAnchor) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    const std::string previous = std::string("*") + static_cast<char>(c - 1);
    bomb.append(1, c).append(": &").append(1, c);
    bomb.append(" [").append(previous).append(", ").append(previous).append("]\n");
  }
  EXPECT_NE(Problems(bomb).find("has a YAML anchor"), std::string::npos);
}

TEST(Load, SurvivesEveryTruncationOfAFile) {
  for (std::size_t size = 0; size < kExample.size(); size += 7) {
    const LoadResult result = LoadText(kExample.substr(0, size), "test.yaml", Variables);
    EXPECT_EQ(result.config.has_value(), result.diagnostics.empty());
  }
}

TEST(Load, LoadsTheYardstickConfiguration) {
  const std::filesystem::path path =
      std::filesystem::path(HEADGATE_SOURCE_DIR) / ".." / "shared" / "bench" / "yardstick.yaml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no yardstick.yaml beside this tree";
  const LoadResult result = LoadFile(path.string(), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->routes.size(), 4u);
}

}  // namespace
}  // namespace headgate::config
