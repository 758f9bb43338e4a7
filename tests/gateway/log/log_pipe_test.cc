#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "gateway/log/log_file.h"
#include "tests/gateway/log/log_file_fixture.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;
using Kind = LogFile::Result::Kind;

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
  EXPECT_EQ(file->GiveUp({nullptr, "one\ntwo\n"}), 2u) << "no write was tried";
  LogBlock block{nullptr, "one\ntwo\n"};
  ASSERT_EQ(file->Write(block, {}).kind, Kind::kBlocked);
  EXPECT_EQ(file->GiveUp(block), 2u) << "the block has waited";
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

}  // namespace
}  // namespace headgate::gateway
