#include "config/base/regular_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace headgate {
namespace {

TEST(RegularFile, is_read_whole_or_to_the_size_that_was_asked_for) {
  const TemporaryFolder folder;
  const std::string content(200'000, 'a');
  folder.Write("large", content);
  folder.Write("empty", "");
  EXPECT_EQ(ReadRegularFile(folder.Path("large")), content);
  EXPECT_EQ(ReadRegularFile(folder.Path("large"), 70'000), content.substr(0, 70'000));
  EXPECT_EQ(ReadRegularFile(folder.Path("large"), 0), "");
  EXPECT_EQ(ReadRegularFile(folder.Path("empty")), "");
  EXPECT_EQ(ReadRegularFile(folder.Path("none")), std::nullopt);
}

TEST(RegularFile, anything_else_is_refused_without_waiting) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.Path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", folder.path() / "link");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.Path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::alarm(60);  // ends the process if the reader waits for a file
  for (const std::string& path : {folder.Path("pipe"), folder.Path("link"), folder.Path("socket"),
                                  folder.Path(""), std::string("/dev/zero")}) {
    EXPECT_EQ(ReadRegularFile(path), std::nullopt) << path;
  }
  EXPECT_EQ(WhyUnreadable(folder.Path("pipe")), "it is a named pipe, not a file");
  EXPECT_EQ(WhyUnreadable(folder.Path("socket")), "it is a socket, not a file");
  EXPECT_EQ(WhyUnreadable(folder.Path("")), "it is a folder");
  EXPECT_EQ(WhyUnreadable("/dev/zero"), "it is a device, not a file");
  EXPECT_EQ(WhyUnreadable(folder.Path("none")), "No such file or directory");
  ::alarm(0);
  ::close(fd);
}

}  // namespace
}  // namespace headgate
