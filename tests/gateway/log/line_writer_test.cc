#include "gateway/log/line_writer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr LineWriter::TimePoint kOpened{};

class LineWriterTest : public testing::Test {
 protected:
  // A writer to a disk that has room for `room_` bytes.
  LineWriter OnDisk() {
    auto file = LogFile::Open(Path(), [this](int fd, const char* bytes, std::size_t size) {
      const std::size_t taken = std::min(size, room_);
      if (taken == 0) {
        errno = ENOSPC;
        return ssize_t{-1};
      }
      room_ -= taken;
      return ::write(fd, bytes, taken);
    });
    EXPECT_TRUE(file.ok()) << file.status();
    return LineWriter(*std::move(file), "the operator's log",
                      [] { FAIL() << "a regular file must not wait"; });
  }
  std::string Path() const { return folder_.Path("log"); }
  std::string Content() const {
    std::ifstream stream(Path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryFolder folder_;
  std::size_t room_ = 1u << 20;
};

TEST_F(LineWriterTest, a_full_disk_loses_lines_that_are_counted_and_told_when_there_is_room) {
  LineWriter writer = OnDisk();
  writer.Write("one\n", kOpened);
  room_ = 2;
  writer.Write("two\n", kOpened);
  writer.Write("three\n", kOpened);
  EXPECT_EQ(writer.refused_lines(), 2u);
  EXPECT_FALSE(writer.Over(kOpened + milliseconds(5'000))) << "no line has been written since";
  room_ = 1u << 20;
  writer.Write("four\n", kOpened + milliseconds(5'000));
  const auto over = writer.Over(kOpened + milliseconds(5'000));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->message, "the operator's log is written again");
  EXPECT_EQ(over->detail, Path() + ": 2 lines were lost: No space left on device");
  EXPECT_FALSE(writer.Over(kOpened + milliseconds(9'000)))
      << "the end of the losses is reported once";
  EXPECT_EQ(Content(), "one\ntw\nfour\n") << "the torn line is a line of its own";
  EXPECT_EQ(writer.refused_lines(), 2u);
}

TEST_F(LineWriterTest, a_line_that_only_lacks_its_end_is_not_lost) {
  LineWriter writer = OnDisk();
  room_ = 3;
  writer.Write("one\n", kOpened);
  EXPECT_EQ(writer.refused_lines(), 0u);
  room_ = 1u << 20;
  writer.Write("two\n", kOpened);
  EXPECT_FALSE(writer.OverAtLast(kOpened));
  EXPECT_EQ(Content(), "one\ntwo\n");
}

TEST_F(LineWriterTest, a_disk_that_is_full_on_and_off_is_told_at_the_end) {
  LineWriter writer = OnDisk();
  int told = 0;
  for (int i = 0; i < 600; ++i) {
    const auto now = kOpened + milliseconds(100 * i);
    room_ = i % 2 == 0 ? 0 : 1u << 20;
    writer.Write("line\n", now);
    told += writer.Over(now) ? 1 : 0;
  }
  EXPECT_EQ(told, 0);
  const auto over = writer.OverAtLast(kOpened + milliseconds(60'000));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->detail, Path() + ": 300 lines were lost: No space left on device");
}

TEST_F(LineWriterTest, lines_that_were_lost_on_the_way_are_told_too) {
  LineWriter writer = OnDisk();
  writer.Lost(0, "lines come faster than they are read", kOpened);
  writer.Write("one\n", kOpened);
  EXPECT_FALSE(writer.OverAtLast(kOpened)) << "no line was lost";
  writer.Lost(7, "lines come faster than they are read", kOpened);
  writer.Write("two\n", kOpened);
  EXPECT_EQ(writer.refused_lines(), 0u) << "the caller counts refused lines";
  EXPECT_EQ(writer.Over(kOpened + milliseconds(1'000))->detail,
            Path() + ": 7 lines were lost: lines come faster than they are read");
}

TEST_F(LineWriterTest, a_reader_is_waited_for_until_it_reads_or_goes) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  int waited = 0;
  std::string got(1u << 18, '\0');
  std::size_t size = 0;
  LineWriter writer(LogFile::Standard(ends[1], "stderr"), "the operator's log", [&] {
    ++waited;
    const ssize_t n = ::read(ends[0], got.data() + size, got.size() - size);
    ASSERT_GT(n, 0);
    size += static_cast<std::size_t>(n);
  });
  const std::string line = std::string(200'000, 'a') + "\n";  // more than a pipe holds
  writer.Write(line, kOpened);
  EXPECT_GT(waited, 0);
  EXPECT_EQ(writer.refused_lines(), 0u);
  ::close(ends[0]);
  writer.Write("two\n", kOpened);
  EXPECT_EQ(writer.refused_lines(), 1u);
  ::close(ends[1]);
}

}  // namespace
}  // namespace headgate::gateway
