#include "gateway/cli/classifier/model_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

class ModelFile : public testing::Test {
 protected:
  std::string Says(const std::string& name) const {
    return std::string(ReadModelFile(folder_.Path(name)).status().message());
  }
  std::string Refused(const std::string& name, const std::vector<std::string>& inputs = {}) const {
    return std::string(CheckModelPath(folder_.Path(name), inputs).message());
  }
  std::string Content(const std::string& name) const {
    std::ifstream file(folder_.Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t Files() const {
    const std::filesystem::directory_iterator entries(folder_.Path(""));
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  TemporaryFolder folder_;
  const std::string good_ = routing::TopicModel::Shipped().Serialise();
};

TEST_F(ModelFile, what_is_wrong_with_a_file_is_said) {
  folder_.Write("good.bin", good_);
  folder_.Write("empty.bin", "");
  folder_.Write("cut.bin", good_.substr(0, 100'000));
  ASSERT_EQ(::mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(ReadModelFile(folder_.Path("good.bin")).ok());
  EXPECT_EQ(Says("none.bin"),
            folder_.Path("none.bin") + ": cannot be read: No such file or directory");
  EXPECT_EQ(Says("pipe"),
            folder_.Path("pipe") + ": cannot be read: it is a named pipe, not a file");
  EXPECT_NE(Says("").find(": cannot be read: it is a folder"), std::string::npos) << Says("");
  EXPECT_EQ(Says("empty.bin"),
            folder_.Path("empty.bin") + ": is empty; make one with `headgate train`");
  EXPECT_NE(Says("cut.bin").find(": is cut off (100000 of "), std::string::npos) << Says("cut.bin");
}

TEST_F(ModelFile, is_written_in_place_of_a_model_and_of_nothing_else) {
  folder_.Write("data.jsonl", "{}\n");
  folder_.Write("old.bin", good_);
  folder_.Write("empty", "");
  EXPECT_EQ(Refused("new.bin"), "");
  EXPECT_EQ(Refused("old.bin"), "");
  const std::string data = folder_.Path("data.jsonl");
  EXPECT_EQ(Refused("data.jsonl", {"-", "", data}),
            data + ": is a file to read, and the model would replace it; write another --out");
  std::filesystem::create_hard_link(data, folder_.Path("same"));
  EXPECT_NE(Refused("same", {data}).find(": is a file to read"), std::string::npos);
  EXPECT_NE(Refused("data.jsonl").find(": is a file that is not a topic model"), std::string::npos);
  EXPECT_NE(Refused("empty").find(": is a file that is not a topic model"), std::string::npos);
  EXPECT_NE(Refused("").find(": cannot be replaced: it is a folder"), std::string::npos);
  EXPECT_EQ(Refused("no/such/model.bin"),
            folder_.Path("no/such/model.bin") + ": cannot be written: No such file or directory");
  folder_.Write("blocked.bin.new", "mine");
  EXPECT_NE(Refused("blocked.bin").find("blocked.bin.new: is in the way"), std::string::npos);
  EXPECT_EQ(Content("data.jsonl"), "{}\n");
  EXPECT_EQ(Content("blocked.bin.new"), "mine");
  EXPECT_EQ(Files(), 5u);
}

TEST_F(ModelFile, a_link_stays_a_link) {
  folder_.Write("v1.bin", good_);
  std::filesystem::create_symlink("v1.bin", folder_.Path("topics.bin"));
  ASSERT_TRUE(CheckModelPath(folder_.Path("topics.bin"), {}).ok());
  ASSERT_TRUE(WriteModelFile(folder_.Path("topics.bin"), "headgate-topics x").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folder_.Path("topics.bin")));
  EXPECT_EQ(Content("v1.bin"), "headgate-topics x");
  EXPECT_EQ(Files(), 2u);
}

}  // namespace
}  // namespace headgate::gateway
