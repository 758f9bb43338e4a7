#include "gateway/recording/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class TrafficTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text = "") {
    temporary_.Write(name, text);
    return temporary_.Path(name);
  }

  TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(TrafficTest, of_rotated_files_the_oldest_come_first) {
  for (const char* name : {"b.jsonl", "b.jsonl.1", "b.jsonl.2", "b.jsonl.10", "a.jsonl", "notes"}) {
    Write(name);
  }
  const auto files = TrafficFiles({folder_.string()});
  ASSERT_TRUE(files.ok()) << files.status();
  std::vector<std::string> names;
  for (const std::string& file : *files) names.push_back(fs::path(file).filename().string());
  EXPECT_THAT(names, ElementsAre("a.jsonl", "b.jsonl.10", "b.jsonl.2", "b.jsonl.1", "b.jsonl"));
}

// The files are listed as a shell expands traffic/b.jsonl*.
TEST_F(TrafficTest, listed_files_of_one_recording_are_read_in_the_order_of_their_writing) {
  std::vector<std::string> given;
  for (const char* name : {"z.jsonl", "b.jsonl", "b.jsonl.1", "b.jsonl.10", "b.jsonl.2", "a.jsonl",
                           "c.jsonl.20261125", "c.jsonl.20261124"}) {
    given.push_back(Write(name));
  }
  given[2] = (folder_ / "." / "b.jsonl.1").string();  // the same folder, however it is written
  const auto files = TrafficFiles(given);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(*files, ElementsAre(given[0], given[3], given[4], given[2], given[1], given[5],
                                  given[6], given[7]));
}

TEST_F(TrafficTest, a_file_given_twice_is_refused_whatever_it_is_called) {
  const std::string file = Write("a.jsonl");
  fs::create_symlink(file, folder_ / "link");
  for (const std::string& other : {file, folder_.string(), (folder_ / "link").string()}) {
    const auto files = TrafficFiles({file, other});
    ASSERT_FALSE(files.ok()) << other;
    EXPECT_THAT(std::string(files.status().message()), HasSubstr("; name it once"));
  }
  EXPECT_TRUE(TrafficFiles({file, Write("b")}).ok());
}

TEST_F(TrafficTest, what_is_still_compressed_is_refused) {
  const auto read = [&](const std::string& text) {
    TrafficReader reader;
    return reader.ReadFile(
        Write("x", text), [](const routing::RecordedRequest&) {}, [](std::uint64_t) {});
  };
  for (const char* text : {"\x1f\x8b\x08...", "\x28\xb5\x2f\xfd...", "\xfd\x37zXZ..."}) {
    EXPECT_THAT(std::string(read(text).message()), HasSubstr("unpack it first"));
  }
  EXPECT_TRUE(read("").ok());
  EXPECT_TRUE(read("{}\n").ok());
}

}  // namespace
}  // namespace headgate::gateway
