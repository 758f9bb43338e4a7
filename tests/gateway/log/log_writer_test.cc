#include "gateway/log/log_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "gateway/log/open_logs.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;
using Losses = std::vector<std::pair<std::string, std::uint64_t>>;

std::string ContentOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void Submit(Log& log, std::string lines) {
  LogBlock block{nullptr, std::move(lines)};
  log.Submit(block);
  EXPECT_TRUE(block.lines.empty());
}

class LogWriterTest : public testing::Test {
 protected:
  std::string Path(const char* name) const { return folder_.Path(name); }

  std::shared_ptr<Log> Open(LogWriter& writer, const char* name, const std::string& label,
                            LogFile::System write = {}) {
    auto file = LogFile::Open(Path(name), std::move(write));
    EXPECT_TRUE(file.ok()) << file.status();
    return writer.Add(*std::move(file), label, "the " + label);
  }

  TemporaryFolder folder_;
};

TEST_F(LogWriterTest, one_thread_writes_all_logs_in_the_order_of_their_blocks) {
  std::string expected;
  {
    LogWriter writer;
    const auto a = Open(writer, "a", "access");
    const auto b = Open(writer, "b", "recording");
    for (int i = 0; i < 10'000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      expected += line;
      Submit(*a, line);
      Submit(*b, line);
    }
    writer.Stop();
    EXPECT_EQ(writer.LostLines(), (Losses{{"access", 0}, {"recording", 0}}));
  }
  EXPECT_EQ(ContentOf(Path("a")), expected);
  EXPECT_EQ(ContentOf(Path("b")), expected);
}

TEST_F(LogWriterTest, lines_of_many_threads_stay_whole) {
  LogWriter writer;
  const auto log = Open(writer, "a", "access");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 1'000; ++i)
        Submit(*log, std::string(50, static_cast<char>('a' + t)) + "\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer.Stop();
  const std::string content = ContentOf(Path("a"));
  EXPECT_EQ(content.size(), 4'000u * 51);
  for (std::size_t i = 0; i < content.size(); i += 51) {
    EXPECT_EQ(content.substr(i, 51), std::string(50, content[i]) + "\n");
  }
}

TEST_F(LogWriterTest, a_full_disk_recovers_and_its_neighbour_never_notices) {
  std::atomic<bool> full{true};
  LogWriter writer;
  const auto a = Open(writer, "a", "access", [&](int fd, const char* bytes, std::size_t size) {
    if (!full.load()) return ::write(fd, bytes, size);
    errno = ENOSPC;
    return ssize_t{-1};
  });
  const auto b = Open(writer, "b", "recording");
  Submit(*a, "one\ntwo\n");
  Submit(*b, "one\n");
  while (writer.LostLines()[0].second == 0) std::this_thread::yield();
  EXPECT_EQ(writer.LostLines(), (Losses{{"access", 2}, {"recording", 0}}));
  full.store(false);
  Submit(*a, "three\n");
  writer.Stop();
  EXPECT_EQ(ContentOf(Path("a")), "three\n");
  EXPECT_EQ(ContentOf(Path("b")), "one\n");
  EXPECT_EQ(writer.LostLines()[0].second, 2u);
}

TEST_F(LogWriterTest, what_waits_is_bounded_and_what_is_too_much_is_counted) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  LogWriter writer;
  const auto log = writer.Add(LogFile::Standard(ends[1], "stdout"), "access", "the access log");
  const std::string block(1u << 20, '\n');  // a megabyte of lines
  for (int i = 0; i < 80; ++i) Submit(*log, block);
  while (writer.LostLines()[0].second == 0) std::this_thread::yield();
  const auto begun = std::chrono::steady_clock::now();
  writer.Stop(std::chrono::milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
#ifndef HEADGATE_SANITIZED
  // All lines that the pipe has not taken are lost. With a sanitizer, counting 64 million lines
  // takes longer than Stop waits.
  EXPECT_GT(writer.LostLines()[0].second, 79u << 20);
#endif
  EXPECT_LE(writer.LostLines()[0].second, 80u << 20);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(LogWriterTest, lines_for_a_named_pipe_that_nobody_reads_are_counted_at_the_end) {
  ASSERT_EQ(::mkfifo(Path("a").c_str(), 0600), 0);
  LogWriter writer;
  const auto log = Open(writer, "a", "access");
  Submit(*log, "one\n");
  Submit(*log, "two\nthree\n");
  writer.Stop(std::chrono::milliseconds(1));
  EXPECT_EQ(writer.LostLines(), (Losses{{"access", 3}}));
}

TEST_F(LogWriterTest, a_system_call_that_does_not_return_does_not_keep_the_process) {
  // These are shared, because the thread may outlive the test until its system call returns.
  const auto release = std::make_shared<std::atomic<bool>>(false);
  const auto inside = std::make_shared<std::atomic<bool>>(false);
  {
    LogWriter writer;
    const auto log = Open(writer, "a", "access", [=](int, const char*, std::size_t size) {
      inside->store(true);
      while (!release->load()) std::this_thread::yield();
      return static_cast<ssize_t>(size);
    });
    Submit(*log, "one\n");
    while (!inside->load()) std::this_thread::yield();
    Submit(*log, "two\nthree\n");
    writer.Stop(std::chrono::milliseconds(1));
    EXPECT_EQ(writer.LostLines(), (Losses{{"access", 2}}));
  }
  release->store(true);
}

TEST_F(LogWriterTest, a_log_that_nobody_holds_is_written_and_closed) {
  LogWriter writer;
  auto log = Open(writer, "a", "recording");
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto with_one = open_files();
  Submit(*log, "one\n");
  log.reset();
  const auto other = Open(writer, "b", "recording");
  Submit(*other, "two\n");  // wakes the writer
  while (ContentOf(Path("b")).empty() || open_files() > with_one) {
    Submit(*other, "more\n");
    std::this_thread::yield();
  }
  EXPECT_EQ(ContentOf(Path("a")), "one\n");
  EXPECT_EQ(writer.LostLines(), (Losses{{"recording", 0}}));
}

TEST_F(LogWriterTest, reopening_follows_a_rotation_by_another_program) {
  LogWriter writer;
  const auto log = Open(writer, "a", "access");
  Submit(*log, "one\n");
  while (ContentOf(Path("a")).empty()) std::this_thread::yield();
  fs::rename(Path("a"), Path("a.1"));
  writer.Reopen();
  while (!fs::exists(Path("a"))) std::this_thread::yield();
  Submit(*log, "two\n");
  writer.Stop();
  EXPECT_EQ(ContentOf(Path("a.1")), "one\n");
  EXPECT_EQ(ContentOf(Path("a")), "two\n");
}

TEST_F(LogWriterTest, a_recording_rotates_as_configured_and_as_changed) {
  config::Recording recording;
  recording.file = Path("r.jsonl");
  LogWriter writer;
  const auto log = OpenRecording(recording, writer);
  ASSERT_TRUE(log.ok()) << log.status();
  const auto policy = std::make_shared<const std::string>("policy\n");
  LogBlock block{policy, {}};
  for (int i = 0; i < 50; ++i) {
    block.lines = std::string(99, 'a') + "\n";
    (*log)->Submit(block);
  }
  while (fs::file_size(recording.file) < 5'000 + policy->size()) std::this_thread::yield();
  recording.rotate = 1'000;
  recording.keep = 2;
  (*log)->SetRotation(RotationOf(recording));
  block.lines = "last\n";
  (*log)->Submit(block);
  writer.Stop();
  EXPECT_EQ(ContentOf(recording.file), "policy\nlast\n");
  EXPECT_EQ(fs::file_size(recording.file + ".1"), 5'000 + policy->size());
}

void AddLine(LogBuffer& buffer, const std::shared_ptr<Log>& log, std::string_view line,
             const std::shared_ptr<const std::string>& preamble = nullptr) {
  buffer.Add(log, preamble, [line](std::string& out) { out += line; });
}

TEST_F(LogWriterTest, a_buffer_hands_lines_over_in_blocks) {
  LogWriter writer;
  const auto log = Open(writer, "a", "access");
  LogBuffer buffer(8);
  AddLine(buffer, log, "one\n");
  AddLine(buffer, log, "two\n");  // completes a block
  AddLine(buffer, log, "three\n");
  buffer.Flush();
  buffer.Flush();
  AddLine(buffer, log, "left\n");  // not flushed
  writer.Stop();
  EXPECT_EQ(ContentOf(Path("a")), "one\ntwo\nthree\n");
}

TEST_F(LogWriterTest, a_buffer_changes_log_and_preamble_between_lines) {
  const auto old_policy = std::make_shared<const std::string>("old policy\n");
  const auto new_policy = std::make_shared<const std::string>("new policy\n");
  LogWriter writer;
  auto first = Open(writer, "a", "recording");
  const auto second = Open(writer, "b", "recording");
  LogBuffer buffer(1u << 20);
  AddLine(buffer, first, "1\n", old_policy);
  AddLine(buffer, first, "2\n", old_policy);
  AddLine(buffer, first, "3\n", new_policy);
  AddLine(buffer, second, "4\n", new_policy);
  const std::weak_ptr<Log> left = first;
  first.reset();
  buffer.Flush();
  while (!left.expired()) std::this_thread::yield();  // the buffer does not keep the log open
  writer.Stop();
  EXPECT_EQ(ContentOf(Path("a")), "old policy\n1\n2\nnew policy\n3\n");
  EXPECT_EQ(ContentOf(Path("b")), "new policy\n4\n");
}

TEST_F(LogWriterTest, what_cannot_be_opened_is_told_with_its_key) {
  LogWriter writer;
  config::Recording recording;
  recording.file = "/proc/nowhere/r.jsonl";
  EXPECT_EQ(OpenRecording(recording, writer).status().message(),
            "recording.file: cannot open /proc/nowhere/r.jsonl: No such file or directory; write a "
            "file in a folder that can be written to");
  EXPECT_EQ(OpenAccessLog("/proc/nowhere/a", writer).status().message(),
            "server.access_log: cannot open /proc/nowhere/a: No such file or directory; write "
            "stdout, stderr, off or a file in a folder that can be written to");
  EXPECT_EQ(*OpenAccessLog("off", writer), nullptr);
}

}  // namespace
}  // namespace headgate::gateway
