#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/load.h"
#include "gateway/decide/dry_run.h"
#include "gateway/explain/explanation.h"
#include "gateway/explain/explanation_text.h"
#include "gateway/snapshot/snapshot.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kConfig = R"(server: {auth: none}
classifier:
  model: topics.bin
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}}
routes:
  - {name: all}
)";

class TopicModelReload : public testing::Test {
 protected:
  void SetUp() override { folder_.Write("headgate.yaml", kConfig); }

  void Write(const std::string& name, std::string_view content) { folder_.Write(name, content); }
  SnapshotResult Load(const Snapshot* previous) {
    const config::Environment none = [](const std::string&) { return std::nullopt; };
    return BuildSnapshot(folder_.Path("headgate.yaml"), none, previous, labels_, logs_);
  }

  TemporaryFolder folder_;
  LogWriter logs_;
  LabelTable labels_;
};

TEST_F(TopicModelReload, a_good_model_is_taken_and_a_bad_one_keeps_the_old) {
  const std::string good = routing::TopicModel::Shipped().Serialise();
  Write("topics.bin", good);
  const SnapshotResult first = Load(nullptr);
  ASSERT_TRUE(first.snapshot);
  EXPECT_EQ(first.snapshot->policy->topic_model().Serialise(), good);
  EXPECT_NE(first.snapshot->policy->classifier().model, nullptr);

  std::string other = good;
  other.replace(other.find(" 2."), 3, " 7.");
  Write("topics.bin", other);
  const SnapshotResult second = Load(first.snapshot.get());
  EXPECT_FALSE(second.snapshot);
  ASSERT_EQ(second.diagnostics.size(), 1u);
  const std::string says = config::ToString(second.diagnostics[0]);
  EXPECT_NE(says.find("headgate.yaml:3: classifier.model: "), std::string::npos) << says;
  EXPECT_NE(says.find("its format is 7."), std::string::npos) << says;
  EXPECT_NE(says.find("headgate train"), std::string::npos) << says;
}

TEST_F(TopicModelReload, the_model_is_a_file_that_reloads_watch) {
  Write("topics.bin", routing::TopicModel::Shipped().Serialise());
  const SnapshotResult built = Load(nullptr);
  const std::string path = folder_.Path("topics.bin");
  EXPECT_NE(std::find(built.files.begin(), built.files.end(), path), built.files.end());
}

TEST_F(TopicModelReload, explaining_shows_what_the_model_saw) {
  Write("topics.bin", routing::TopicModel::Shipped().Serialise());
  const SnapshotResult built = Load(nullptr);
  ASSERT_TRUE(built.snapshot);
  const config::Config& config = *built.snapshot->config;
  const routing::CompiledPolicy& policy = *built.snapshot->policy;
  DryRunRequest dry_run;
  dry_run.body =
      R"({"model":"auto","messages":[{"role":"user","content":"a Python script for my garden"}]})";
  const DryRunResult result = DryRun(policy, dry_run, QuietLoad(config, policy));
  ASSERT_FALSE(result.problem);
  boost::json::object explanation =
      Explain(config, policy, result.input, result.decision, std::nullopt);
  EXPECT_FALSE(explanation.contains("features"));
  AddEvidence(policy, result.input.classification.topic, result.evidence, explanation);
  const std::string text = ExplanationText(explanation, /*verbose=*/true);
  EXPECT_NE(text.find("saw   Python "), std::string::npos) << text;
  EXPECT_NE(text.find("code +"), std::string::npos) << text;
  EXPECT_EQ(ExplanationText(explanation, /*verbose=*/false).find("saw   "), std::string::npos);
}

}  // namespace
}  // namespace headgate::gateway
