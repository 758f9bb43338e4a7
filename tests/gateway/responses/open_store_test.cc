#include "gateway/responses/open_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

config::Config StoringIn(const std::string& folder) {
  config::Config config;
  config.server.state = folder;
  config.locations["server.state"] = {"test.yaml", 3};
  config.responses.emplace();
  return config;
}

std::string WarningOf(const config::Config& config) {
  const std::vector<config::FoundWarning> warnings = StateWarnings(config);
  EXPECT_LE(warnings.size(), 1u);
  return warnings.empty() ? "" : config::ToString(warnings.front());
}

TEST(OpenStoreTest, WarnsOfAFolderThatCannotBeUsedHere) {
  const TemporaryFolder folder;
  EXPECT_EQ(WarningOf(StoringIn(folder.path().string())), "");
  const std::string missing = (folder.path() / "missing").string();
  EXPECT_EQ(WarningOf(StoringIn(missing)),
            "test.yaml:3: server.state: cannot write to " + missing +
                ": No such file or directory on this machine, so headgate would not start; make "
                "the folder, and let the user of headgate write to it [state_unusable]");
  const auto store = OpenResponseStore(StoringIn(missing));
  EXPECT_EQ(store.status().message(),
            "server.state: cannot write to " + missing +
                ": No such file or directory; make the folder, and let the user of headgate write "
                "to it");
}

TEST(OpenStoreTest, RefusesAFolderThatAnotherGatewayUses) {
  const TemporaryFolder folder;
  const config::Config config = StoringIn(folder.path().string());
  {
    const auto first = OpenResponseStore(config);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(OpenResponseStore(config).status().message(),
              "server.state: another gateway uses " + folder.path().string() +
                  "; give each gateway a folder of its own, or stop it");
  }
  EXPECT_TRUE(OpenResponseStore(config).ok());
}

TEST(OpenStoreTest, WarnsOfAFolderThatNothingUses) {
  const TemporaryFolder folder;
  config::Config config = StoringIn(folder.path().string());
  config.responses.reset();
  EXPECT_EQ(
      WarningOf(config),
      "test.yaml:3: server.state: is not used: only stored responses and the ledger "
      "are kept there; add `responses: {store: 24h}` or `ledger: {}`, or remove it [state_unused]");
  config.server.state.clear();
  EXPECT_EQ(WarningOf(config), "");
}

}  // namespace
}  // namespace headgate::gateway
