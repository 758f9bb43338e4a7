#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "routing/training/evaluation.h"

namespace headgate::routing {
namespace {

std::string Unzipped(const std::filesystem::path& path) {
  const std::string command = "gzip -dc '" + path.string() + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  char buffer[4096];
  for (std::size_t size = 1; pipe && size > 0; out.append(buffer, size)) {
    size = std::fread(buffer, 1, sizeof buffer, pipe.get());
  }
  return out;
}

// Real prompts are not part of the repository. If they lie beside it, the shipped model must do as
// well on them as docs/topic-model.md says. The bars are what a model reaches that knows none of
// them: earlier bars (93.5 %, 95.5 %, 97 %) were met with sentence forms that repeated some of the
// prompts.
TEST(ShippedTopicModel, does_as_well_on_real_prompts_as_its_card_says) {
  const std::filesystem::path path =
      std::filesystem::path(HEADGATE_SOURCE_DIR) / "../shared/corpora/dev.jsonl.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there are no real prompts at " << path;
  std::vector<Example> examples;
  std::istringstream lines(Unzipped(path));
  for (std::string line; std::getline(lines, line);) {
    const boost::json::object row = boost::json::parse(line).as_object();
    examples.push_back({std::string(row.at("text").as_string()),
                        std::string(row.at("topic").as_string()), "real"});
  }
  ASSERT_EQ(examples.size(), 226u);
  const Evaluation e = Evaluate(TopicModel::Shipped(), examples);
  EXPECT_GE(e.Accuracy(), 0.92);
  EXPECT_GE(e.CodeAccuracy(), 0.93);
  EXPECT_GE(e.AccuracyAt(0.85), 0.95);
  double recall = 0;
  for (const std::string& topic : e.topics) recall += e.Recall(topic).value_or(0) / 3;
  EXPECT_GE(recall, 0.82);
  EXPECT_GE(e.confusion.at("math").at("math"), 9);
  EXPECT_GE(e.Coverage(), 0.85);
  EXPECT_GE(e.CoveredAccuracy(), 0.93);
}

}  // namespace
}  // namespace headgate::routing
