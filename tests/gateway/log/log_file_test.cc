#include "gateway/log/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "tests/gateway/log/log_file_fixture.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;
using Kind = LogFile::Result::Kind;

std::string FileText(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(LogFileTest, a_short_write_goes_on) {
  const auto file = Open({3, -EINTR, 1});
  EXPECT_EQ(Write(*file, "one\ntwo\n").kind, Kind::kWritten);
  EXPECT_EQ(FileText(path_), "one\ntwo\n");
}

struct Refusal {
  std::deque<ssize_t> answers;  // of the disk to the write of "one\ntwo\nthree\n"
  int error;
  std::size_t lost;
  std::string_view content;  // of the file after another block, "next\n"
};

TEST_F(LogFileTest, what_a_disk_refuses_is_counted_and_no_line_is_spoilt_by_it) {
  const Refusal cases[] = {
      {{-ENOSPC}, ENOSPC, 3, "next\n"},
      {{2, -ENOSPC}, ENOSPC, 3, "on\nnext\n"},
      {{3, -ENOSPC}, ENOSPC, 2, "one\nnext\n"},  // the line is whole, its end comes later
      {{4, -ENOSPC}, ENOSPC, 2, "one\nnext\n"},
      {{5, -EIO}, EIO, 2, "one\nt\nnext\n"},
      {{13, -EDQUOT}, EDQUOT, 0, "one\ntwo\nthree\nnext\n"},
      {{4, 0}, EIO, 2, "one\nnext\n"},  // the disk takes nothing and gives no reason
  };
  for (const Refusal& c : cases) {
    fs::remove_all(folder_);
    const auto file = Open(c.answers);
    const LogFile::Result result = Write(*file, "one\ntwo\nthree\n");
    EXPECT_EQ(result.kind, Kind::kRefused) << c.content;
    EXPECT_EQ(result.error, c.error) << c.content;
    EXPECT_EQ(result.lost_lines, c.lost) << c.content;
    EXPECT_EQ(Write(*file, "next\n").kind, Kind::kWritten);
    EXPECT_EQ(FileText(path_), c.content);
  }
}

TEST_F(LogFileTest, a_torn_line_stays_torn_while_the_disk_is_full) {
  const auto file = Open({2, -ENOSPC, -ENOSPC, 1, -ENOSPC});
  EXPECT_EQ(Write(*file, "one\n").lost_lines, 1u);
  EXPECT_EQ(Write(*file, "two\n").lost_lines, 1u);
  EXPECT_EQ(Write(*file, "three\n").lost_lines, 1u) << "its line end went out";
  EXPECT_EQ(Write(*file, "four\n").kind, Kind::kWritten);
  EXPECT_EQ(FileText(path_), "on\nfour\n");
}

TEST_F(LogFileTest, a_killed_daemon_leaves_half_a_line_that_is_ended) {
  fs::create_directories(path_.parent_path());
  std::ofstream(path_) << "old\nhal";
  const auto file = Open();
  Write(*file, "new\n");
  EXPECT_EQ(FileText(path_), "old\nhal\nnew\n");
}

TEST_F(LogFileTest, a_preamble_stands_before_its_first_block_and_is_not_counted) {
  const auto one = std::make_shared<const std::string>("policy one\n");
  const auto two = std::make_shared<const std::string>("policy two\n");
  const auto file = Open({-ENOSPC, 11, -ENOSPC});
  EXPECT_EQ(Write(*file, "a\nb\n", one).lost_lines, 2u);
  EXPECT_EQ(Write(*file, "c\n", one).lost_lines, 1u) << "only the preamble went out";
  EXPECT_EQ(Write(*file, "d\n", one).kind, Kind::kWritten);
  Write(*file, "e\n", two);
  Write(*file, "f\n", one);
  EXPECT_EQ(FileText(path_), "policy one\nd\npolicy two\ne\nf\n");
}

TEST_F(LogFileTest, a_removed_file_and_folder_are_made_again) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  EXPECT_FALSE(file->TakeRecreated());
  fs::remove_all(folder_);
  EXPECT_EQ(Write(*file, "two\n", policy).kind, Kind::kWritten);
  EXPECT_TRUE(file->TakeRecreated());
  EXPECT_FALSE(file->TakeRecreated());
  EXPECT_EQ(FileText(path_), "policy\ntwo\n");
}

TEST_F(LogFileTest, a_folder_that_cannot_be_made_again_loses_lines_until_it_can) {
  const auto file = Open();
  fs::remove_all(folder_);
  std::ofstream(folder_.string()) << "a file where the folder was";
  const LogFile::Result result = Write(*file, "one\n");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_EQ(result.error, ENOTDIR);
  EXPECT_EQ(result.lost_lines, 1u);
  fs::remove(folder_);
  EXPECT_EQ(Write(*file, "two\n").kind, Kind::kWritten);
  EXPECT_EQ(FileText(path_), "two\n");
}

TEST_F(LogFileTest, a_renamed_file_is_written_until_it_is_opened_anew) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  const fs::path aside = path_.string() + ".1";
  fs::rename(path_, aside);
  Write(*file, "two\n", policy);
  EXPECT_EQ(file->Reopen(), 0);
  Write(*file, "three\n", policy);
  EXPECT_EQ(FileText(aside), "policy\none\ntwo\n");
  EXPECT_EQ(FileText(path_), "policy\nthree\n");
}

TEST_F(LogFileTest, opening_the_same_file_anew_changes_nothing) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  EXPECT_EQ(file->Reopen(), 0);
  Write(*file, "two\n", policy);
  EXPECT_EQ(FileText(path_), "policy\none\ntwo\n");
}

TEST_F(LogFileTest, a_file_that_cannot_be_opened_anew_stays_in_use) {
  const auto file = Open();
  const fs::path aside = folder_ / "aside";
  fs::rename(path_.parent_path(), aside);
  std::ofstream(path_.parent_path().string()) << "in the way";
  EXPECT_EQ(file->Reopen(), ENOTDIR);
  EXPECT_EQ(Write(*file, "one\n").kind, Kind::kWritten);
  EXPECT_EQ(FileText(aside / "a.jsonl"), "one\n");
}

TEST_F(LogFileTest, a_file_truncated_under_it_begins_anew) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  fs::resize_file(path_, 0);  // copytruncate
  Write(*file, "two\n", policy);
  EXPECT_EQ(FileText(path_), "policy\ntwo\n") << "without a hole, and with its preamble";
  fs::resize_file(path_, 8);
  Write(*file, "three\n", policy);
  EXPECT_EQ(FileText(path_), "policy\nt\npolicy\nthree\n") << "cut in the middle of a line";
}

TEST_F(LogFileTest, files_rotate_and_each_begins_with_its_preamble) {
  rotation_ = {.size = 1'000, .keep = 3};
  const auto first = std::make_shared<const std::string>("policy one\n");
  const auto second = std::make_shared<const std::string>("policy two\n");
  const auto file = Open();
  for (int i = 0; i < 200; ++i) {
    Write(*file, std::string(99, 'a') + "\n", i < 190 ? first : second);
  }
  EXPECT_EQ(Files(), (std::vector<std::string>{"a.jsonl", "a.jsonl.1", "a.jsonl.2"}));
  std::string all;
  for (const char* const name : {"a.jsonl.2", "a.jsonl.1", "a.jsonl"}) {
    const std::string content = FileText(path_.parent_path() / name);
    EXPECT_LE(content.size(), 1'000u);
    EXPECT_EQ(content.substr(0, 7), "policy ");
    all += content;
  }
  EXPECT_NE(all.find("a\npolicy two\na"), std::string::npos) << "they share a file";
}

TEST_F(LogFileTest, one_file_is_begun_again) {
  rotation_ = {.size = 1'000, .keep = 1};
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  for (int i = 0; i < 50; ++i) Write(*file, std::string(99, 'a') + "\n", policy);
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_LE(fs::file_size(path_), 1'000u);
  EXPECT_EQ(FileText(path_).substr(0, 8), "policy\na");
}

TEST_F(LogFileTest, a_full_device_says_so) {
  path_ = "/dev/full";
  const auto file = Open();
  const LogFile::Result result = Write(*file, "one\ntwo\n");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_EQ(result.error, ENOSPC);
  EXPECT_EQ(result.lost_lines, 2u);
}

TEST_F(LogFileTest, a_path_that_cannot_be_written_is_said_so) {
  const auto file = LogFile::Open("/proc/nowhere/headgate.jsonl");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().message(), "No such file or directory");
}

}  // namespace
}  // namespace headgate::gateway
