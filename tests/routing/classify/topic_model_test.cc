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
  EXPECT_EQ(again->checksum().size(), 16u);
  EXPECT_EQ(again->checksum(), model.checksum());
}

TEST(TopicModel, refuses_what_is_not_its_format) {
  const std::string good = TopicModel::Shipped().Serialise();
  struct Case {
    std::string bytes;
    std::string says;
  };
  std::string newer = good;
  newer.replace(newer.find(" 2."), 3, " 3.");
  std::string older = good;
  older.replace(older.find(" 2."), 4, " 2.2");
  std::string damaged = good;
  damaged[damaged.size() / 2] ^= 1;
  const std::string size = std::to_string(good.size());
  const Case cases[] = {
      {"", "is empty; make one with `headgate train`"},
      {"hello\n", "is not a topic model; make one"},
      {newer,
       "was made by a newer headgate: its format is 3.3, and this program reads 2.3; update"},
      {older,
       "was made by an older headgate: its format is 2.2, and this program reads 2.3; train"},
      {good.substr(0, 200'000), "is cut off (200000 of " + size + " bytes); copy it again"},
      {good + "x", "is too long ("},
      {damaged, "is damaged: its checksum is wrong; copy it again"}};
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
