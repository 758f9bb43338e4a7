#include "gateway/admin/file_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void Write(const fs::path& path, const std::string& text) { temporary_.Write(path, text); }
  std::string At(const fs::path& path) const { return temporary_.Path(path); }
  static bool Has(const std::vector<std::string>& folders, const std::string& folder) {
    return std::find(folders.begin(), folders.end(), folder) != folders.end();
  }

  TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(FilesTest, AFileIsWatchedInItsFolder) {
  Write("a/one", "1");
  Write("a/two", "2");
  EXPECT_EQ(FoldersOf({At("a/one"), At("a/two")}), std::vector<std::string>{At("a")});
}

TEST_F(FilesTest, EveryLinkOnTheWayIsWatchedWhereItLies) {
  // The layout of a Kubernetes volume, below a folder that is a link itself.
  Write("volume/..2024/headgate.yaml", "1");
  fs::create_directory_symlink("..2024", folder_ / "volume/..data");
  fs::create_symlink("..data/headgate.yaml", folder_ / "volume/headgate.yaml");
  fs::create_directory_symlink(folder_ / "volume", folder_ / "etc");
  const std::vector<std::string> folders = FoldersOf({At("etc/headgate.yaml")});
  EXPECT_TRUE(Has(folders, folder_.string()));
  EXPECT_TRUE(Has(folders, At("volume")));
  EXPECT_TRUE(Has(folders, At("volume/..2024")));
}

TEST_F(FilesTest, ALoopOfLinksEnds) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_TRUE(Has(FoldersOf({At("a")}), folder_.string()));
  EXPECT_EQ(VersionOf(At("a")), "");
}

TEST_F(FilesTest, AVersionChangesWithRenameSwapAndRemoval) {
  Write("one/file", "same size");
  Write("two/file", "same size");
  fs::create_directory_symlink("one", folder_ / "current");
  const std::string file = At("current/file");
  const std::string first = VersionOf(file);
  EXPECT_EQ(VersionOf(file), first);
  Write("one/new", "same size");
  EXPECT_EQ(VersionOf(file), first);  // another file of the folder
  fs::rename(folder_ / "one/new", folder_ / "one/file");
  const std::string renamed = VersionOf(file);
  EXPECT_NE(renamed, first);
  fs::create_directory_symlink("two", folder_ / "next");
  fs::rename(folder_ / "next", folder_ / "current");
  EXPECT_NE(VersionOf(file), renamed);
  fs::remove(folder_ / "two/file");
  EXPECT_EQ(VersionOf(file), "");
}

}  // namespace
}  // namespace headgate::gateway
