#include "gateway/recording/recorder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class RecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    recording_.file = (folder_ / "made" / "headgate.jsonl").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::shared_ptr<Recorder> Open() {
    auto recorder = Recorder::Open(recording_);
    EXPECT_TRUE(recorder.ok()) << recorder.status();
    return *std::move(recorder);
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "made")) files.push_back(entry);
    std::sort(files.begin(), files.end());
    return files;
  }

  fs::path folder_;
  config::Recording recording_;
};

RecordBlock Block(const std::shared_ptr<const std::string>& policy, std::string lines) {
  return {policy, std::move(lines)};
}

TEST_F(RecorderTest, files_rotate_and_each_begins_with_its_policy) {
  recording_.rotate = 1'000;
  recording_.keep = 3;
  const auto first = std::make_shared<const std::string>("policy one\n");
  const auto second = std::make_shared<const std::string>("policy two\n");
  {
    const auto recorder = Open();
    for (int i = 0; i < 200; ++i) {
      RecordBlock block = Block(i < 190 ? first : second, std::string(99, 'a') + "\n");
      recorder->Submit(block);
      EXPECT_TRUE(block.lines.empty());
      EXPECT_NE(block.policy_line, nullptr);
    }
  }
  const std::vector<fs::path> files = Files();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].filename(), "headgate.jsonl");
  EXPECT_EQ(files[2].filename(), "headgate.jsonl.2");
  for (const fs::path& file : files) {
    const std::string content = ContentOf(file);
    EXPECT_LE(content.size(), 1'000u);
    EXPECT_EQ(content.substr(0, 7), "policy ");
  }
  // The last of the first policy and the first of the second share a file, each announced once.
  std::string all = ContentOf(files[2]) + ContentOf(files[1]) + ContentOf(files[0]);
  EXPECT_NE(all.find("a\npolicy two\na"), std::string::npos);
}

TEST_F(RecorderTest, one_file_is_begun_again) {
  recording_.rotate = 1'000;
  recording_.keep = 1;
  const auto policy = std::make_shared<const std::string>("policy\n");
  {
    const auto recorder = Open();
    for (int i = 0; i < 50; ++i) {
      RecordBlock block = Block(policy, std::string(99, 'a') + "\n");
      recorder->Submit(block);
    }
    EXPECT_EQ(recorder->dropped_lines(), 0u);
  }
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_LE(fs::file_size(Files()[0]), 1'000u);
  EXPECT_EQ(ContentOf(Files()[0]).substr(0, 8), "policy\na");
}

TEST_F(RecorderTest, new_limits_count_from_the_next_block) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  {
    const auto recorder = Open();
    for (int i = 0; i < 50; ++i) {
      RecordBlock block = Block(policy, std::string(99, 'a') + "\n");
      recorder->Submit(block);
    }
    while (fs::file_size(recording_.file) < 5'000 + policy->size()) std::this_thread::yield();
    recording_.rotate = 1'000;
    recording_.keep = 2;
    recorder->SetLimits(recording_);
    RecordBlock block = Block(policy, "last\n");
    recorder->Submit(block);
  }
  ASSERT_EQ(Files().size(), 2u);
  EXPECT_EQ(ContentOf(Files()[0]), "policy\nlast\n");
}

TEST_F(RecorderTest, goes_on_behind_half_a_line_with_a_policy_of_its_own) {
  const auto policy = std::make_shared<const std::string>("policy\n");
  fs::create_directories(folder_ / "made");
  std::ofstream(recording_.file) << "old\nhal";
  {
    const auto recorder = Open();
    RecordBlock block = Block(policy, "new\n");
    recorder->Submit(block);
  }
  EXPECT_EQ(ContentOf(recording_.file), "old\nhal\npolicy\nnew\n");
}

TEST_F(RecorderTest, what_the_disk_refuses_is_counted) {
  recording_.file = "/dev/full";
  const auto policy = std::make_shared<const std::string>("policy\n");
  const auto recorder = Open();
  RecordBlock block = Block(policy, "one\ntwo\n");
  recorder->Submit(block);
  while (recorder->dropped_lines() == 0) std::this_thread::yield();
  EXPECT_EQ(recorder->dropped_lines(), 2u);
}

TEST_F(RecorderTest, a_path_that_cannot_be_written_is_said_so) {
  recording_.file = "/proc/nowhere/headgate.jsonl";
  const auto recorder = Recorder::Open(recording_);
  ASSERT_FALSE(recorder.ok());
  EXPECT_NE(recorder.status().message().find("recording.file: cannot open /proc/nowhere/"),
            std::string_view::npos);
}

}  // namespace
}  // namespace headgate::gateway
