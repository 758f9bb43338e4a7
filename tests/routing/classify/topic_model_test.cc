#include "routing/classify/topic_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "routing/classify/topic_explanation.h"

namespace headgate::routing {
namespace {

TEST(TopicModel, what_it_writes_it_reads) {
  const TopicModel& model = TopicModel::Shipped();
  EXPECT_EQ(model.topics(), (std::vector<std::string>{"general", "code", "math"}));
  const std::string bytes = model.Serialise();
  EXPECT_LT(bytes.size(), 600'000u);
  EXPECT_TRUE(model.tells_bare());
  const absl::StatusOr<TopicModel> again = TopicModel::Parse(bytes);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->Serialise(), bytes);
}

TEST(TopicModel, refuses_what_is_not_its_format) {
  const std::string good = TopicModel::Shipped().Serialise();
  struct Case {
    std::string bytes;
    std::string says;
  };
  std::string other_format = good;
  other_format.replace(other_format.find(" 2."), 3, " 3.");
  std::string damaged = good;
  damaged[damaged.size() / 2] ^= 1;
  const Case cases[] = {{"", "first line"},
                        {"hello\n", "first line"},
                        {other_format, "its format is 3."},
                        {good.substr(0, good.size() - 1), "bytes instead of"},
                        {damaged, "damaged"}};
  for (const Case& c : cases) {
    const absl::StatusOr<TopicModel> model = TopicModel::Parse(c.bytes);
    ASSERT_FALSE(model.ok());
    EXPECT_NE(std::string(model.status().message()).find(c.says), std::string::npos)
        << model.status();
  }
}

TEST(TopicModel, explains_with_the_words_that_decided) {
  const auto evidence =
      ExplainTopic(TopicModel::Shipped(), "please write a python script for my garden", 8);
  ASSERT_EQ(evidence.size(), 8u);
  const auto python = std::find_if(evidence.begin(), evidence.end(),
                                   [](const auto& e) { return e.what == "python"; });
  ASSERT_NE(python, evidence.end());
  EXPECT_GT(python->added.values[1], python->added.values[0]);
}

}  // namespace
}  // namespace headgate::routing
