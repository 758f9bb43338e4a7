#include "gateway/log/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;
using Kind = LogFile::Result::Kind;

std::string ContentOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A disk that takes what the test says of each write: so many bytes, or an errno below 0; and
// everything once there is nothing more to say.
class Disk {
 public:
  explicit Disk(std::deque<ssize_t> answers) : answers_(std::move(answers)) {}
  ssize_t operator()(int fd, const char* bytes, std::size_t size) {
    if (answers_.empty()) return ::write(fd, bytes, size);
    const ssize_t answer = answers_.front();
    answers_.pop_front();
    if (answer >= 0) return ::write(fd, bytes, std::min(size, static_cast<std::size_t>(answer)));
    errno = static_cast<int>(-answer);
    return -1;
  }

 private:
  std::deque<ssize_t> answers_;
};

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as the daemon does
    path_ = folder_ / "made" / "a.jsonl";
  }
  std::unique_ptr<LogFile> Open(std::deque<ssize_t> answers = {}) {
    auto file = LogFile::Open(path_.string(), Disk(std::move(answers)));
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  LogFile::Result Write(LogFile& file, std::string lines,
                        std::shared_ptr<const std::string> preamble = nullptr) {
    LogBlock block{std::move(preamble), std::move(lines)};
    return file.Write(block, rotation_);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "made")) {
      files.push_back(entry.path().filename().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
  fs::path path_;
  LogRotation rotation_;
};

TEST_F(LogFileTest, a_short_write_goes_on) {
  const auto file = Open({3, -EINTR, 1});
  EXPECT_EQ(Write(*file, "one\ntwo\n").kind, Kind::kWritten);
  EXPECT_EQ(ContentOf(path_), "one\ntwo\n");
}

struct Refusal {
  std::deque<ssize_t> answers;  // to the write of "one\ntwo\nthree\n"
  int error;
  std::size_t lost;
  std::string_view content;  // behind another block, "next\n"
};

TEST_F(LogFileTest, what_a_disk_refuses_is_counted_and_no_line_is_spoilt_by_it) {
  const Refusal cases[] = {
      {{-ENOSPC}, ENOSPC, 3, "next\n"},
      {{2, -ENOSPC}, ENOSPC, 3, "on\nnext\n"},
      {{3, -ENOSPC}, ENOSPC, 2, "one\nnext\n"},  // the line is whole, its end comes later
      {{4, -ENOSPC}, ENOSPC, 2, "one\nnext\n"},
      {{5, -EIO}, EIO, 2, "one\nt\nnext\n"},
      {{13, -EDQUOT}, EDQUOT, 0, "one\ntwo\nthree\nnext\n"},
      {{4, 0}, EIO, 2, "one\nnext\n"},  // nothing taken, and no reason
  };
  for (const Refusal& c : cases) {
    fs::remove_all(folder_);
    const auto file = Open(c.answers);
    const LogFile::Result result = Write(*file, "one\ntwo\nthree\n");
    EXPECT_EQ(result.kind, Kind::kRefused) << c.content;
    EXPECT_EQ(result.error, c.error) << c.content;
    EXPECT_EQ(result.lost_lines, c.lost) << c.content;
    EXPECT_EQ(Write(*file, "next\n").kind, Kind::kWritten);
    EXPECT_EQ(ContentOf(path_), c.content);
  }
}

TEST_F(LogFileTest, a_torn_line_stays_torn_while_the_disk_is_full) {
  const auto file = Open({2, -ENOSPC, -ENOSPC, 1, -ENOSPC});
  EXPECT_EQ(Write(*file, "one\n").lost_lines, 1u);
  EXPECT_EQ(Write(*file, "two\n").lost_lines, 1u);
  EXPECT_EQ(Write(*file, "three\n").lost_lines, 1u) << "its line end went out";
  EXPECT_EQ(Write(*file, "four\n").kind, Kind::kWritten);
  EXPECT_EQ(ContentOf(path_), "on\nfour\n");
}

TEST_F(LogFileTest, a_killed_daemon_leaves_half_a_line_that_is_ended) {
  fs::create_directories(path_.parent_path());
  std::ofstream(path_) << "old\nhal";
  const auto file = Open();
  Write(*file, "new\n");
  EXPECT_EQ(ContentOf(path_), "old\nhal\nnew\n");
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
  EXPECT_EQ(ContentOf(path_), "policy one\nd\npolicy two\ne\nf\n");
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
  EXPECT_EQ(ContentOf(path_), "policy\ntwo\n");
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
  EXPECT_EQ(ContentOf(path_), "two\n");
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
  EXPECT_EQ(ContentOf(aside), "policy\none\ntwo\n");
  EXPECT_EQ(ContentOf(path_), "policy\nthree\n");
}

TEST_F(LogFileTest, opening_the_same_file_anew_changes_nothing) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  EXPECT_EQ(file->Reopen(), 0);
  Write(*file, "two\n", policy);
  EXPECT_EQ(ContentOf(path_), "policy\none\ntwo\n");
}

TEST_F(LogFileTest, a_file_that_cannot_be_opened_anew_stays_in_use) {
  const auto file = Open();
  const fs::path aside = folder_ / "aside";
  fs::rename(path_.parent_path(), aside);
  std::ofstream(path_.parent_path().string()) << "in the way";
  EXPECT_EQ(file->Reopen(), ENOTDIR);
  EXPECT_EQ(Write(*file, "one\n").kind, Kind::kWritten);
  EXPECT_EQ(ContentOf(aside / "a.jsonl"), "one\n");
}

TEST_F(LogFileTest, a_file_truncated_under_it_begins_anew) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto file = Open();
  Write(*file, "one\n", policy);
  fs::resize_file(path_, 0);  // copytruncate
  Write(*file, "two\n", policy);
  EXPECT_EQ(ContentOf(path_), "policy\ntwo\n") << "without a hole, and with its preamble";
  fs::resize_file(path_, 8);
  Write(*file, "three\n", policy);
  EXPECT_EQ(ContentOf(path_), "policy\nt\npolicy\nthree\n") << "cut in the middle of a line";
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
    const std::string content = ContentOf(path_.parent_path() / name);
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
  EXPECT_EQ(ContentOf(path_).substr(0, 8), "policy\na");
}

TEST_F(LogFileTest, a_pipe_that_nobody_reads_blocks_nobody_and_loses_nothing) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto file = LogFile::Standard(ends[1], "stdout");
  std::string sent;
  for (int i = 0; i < 20'000; ++i) sent += std::to_string(i) + "\n";  // more than a pipe holds
  LogBlock block{nullptr, sent};
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
  std::string got;
  for (bool written = false; !written;) {
    std::string piece(1 << 16, '\0');
    const ssize_t n = ::read(ends[0], piece.data(), piece.size());
    ASSERT_GT(n, 0);
    got += piece.substr(0, static_cast<std::size_t>(n));
    written = file->Write(block, {}).kind == Kind::kWritten;
  }
  ::close(ends[1]);
  for (std::string piece(1 << 16, '\0');;) {
    const ssize_t n = ::read(ends[0], piece.data(), piece.size());
    if (n <= 0) break;
    got += piece.substr(0, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  EXPECT_EQ(got, sent);
}

TEST_F(LogFileTest, a_non_blocking_pipe_and_a_socket_are_waited_for_too) {
  int pipe_ends[2];
  int socket_ends[2];
  ASSERT_EQ(::pipe2(pipe_ends, O_NONBLOCK), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, socket_ends), 0);
  for (const int* const ends : {pipe_ends, socket_ends}) {
    const auto file = LogFile::Standard(ends[1], "stdout");
    LogBlock block{nullptr, std::string(4u << 20, 'a') + "\n"};
    EXPECT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
    EXPECT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
    ::close(ends[0]);
    const LogFile::Result result = file->Write(block, {});
    EXPECT_EQ(result.kind, Kind::kRefused) << "the reader has gone";
    EXPECT_EQ(result.error, EPIPE);
    EXPECT_EQ(result.lost_lines, 1u);
    ::close(ends[1]);
  }
}

class NamedPipe : public LogFileTest {
 protected:
  void SetUp() override {
    LogFileTest::SetUp();
    fs::create_directories(path_.parent_path());
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  }
  int Reader() const { return ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }
  static std::string Read(int fd) {
    std::string got(1u << 20, '\0');
    const ssize_t n = ::read(fd, got.data(), got.size());
    got.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return got;
  }
};

TEST_F(NamedPipe, that_nobody_reads_does_not_stop_the_start_and_is_waited_for) {
  const auto file = Open();
  LogBlock block{nullptr, "one\ntwo\n"};
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
  EXPECT_EQ(file->Reopen(), 0);
  const int first = Reader();
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kWritten);
  EXPECT_EQ(Read(first), "one\ntwo\n");
  ::close(first);
  block = {nullptr, "three\n"};
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked) << "another reader may come";
  const int second = Reader();
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kWritten);
  EXPECT_EQ(Read(second), "three\n");
  ::close(second);
}

TEST_F(NamedPipe, lines_that_nobody_has_read_are_counted_at_the_end) {
  const auto file = Open();
  EXPECT_EQ(file->GiveUp({nullptr, "one\ntwo\n"}), 2u) << "it was never tried";
  LogBlock block{nullptr, "one\ntwo\n"};
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
  EXPECT_EQ(file->GiveUp(block), 2u) << "it has waited";
  EXPECT_EQ(file->TakeUnread(), 0u) << "the pipe is empty";
  const int reader = Reader();
  EXPECT_EQ(Write(*file, "three\nfour\n").kind, Kind::kWritten);
  EXPECT_EQ(file->TakeUnread(), 0u) << "the reader may still read them";
  ::close(reader);
  EXPECT_EQ(file->TakeUnread(), 2u);
  EXPECT_EQ(file->TakeUnread(), 0u);
}

TEST_F(NamedPipe, a_block_that_is_half_written_counts_what_is_left_of_it) {
  const auto file = Open();
  const int reader = Reader();
  LogBlock block{nullptr, {}};
  constexpr std::size_t kLines = 40'000;
  for (std::size_t i = 0; i < kLines; ++i) block.lines += "0123456789\n";
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
  const std::string got = Read(reader);
  const auto whole = static_cast<std::size_t>(std::count(got.begin(), got.end(), '\n'));
  EXPECT_GT(whole, 0u);
  EXPECT_EQ(whole + file->GiveUp(block), kLines);
  ::close(reader);
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
