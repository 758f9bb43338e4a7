#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/log/log_file.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {

// A disk that answers each write with the test's next number: the bytes that it takes, or a
// negative errno. It takes everything once the numbers are used up.
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
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "made")) {
      files.push_back(entry.path().filename().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TemporaryFolder temporary_;
  const std::filesystem::path& folder_ = temporary_.path();
  std::filesystem::path path_;
  LogRotation rotation_;
};

}  // namespace headgate::gateway
