#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"
#include "gateway/decide/classifier_in_force.h"
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
  EXPECT_NE(says.find("update headgate, or train the model with this version"), std::string::npos)
      << says;
}

TEST_F(TopicModelReload, the_model_is_a_file_that_reloads_watch) {
  Write("topics.bin", routing::TopicModel::Shipped().Serialise());
  const SnapshotResult built = Load(nullptr);
  const std::string path = folder_.Path("topics.bin");
  EXPECT_NE(std::find(built.files.begin(), built.files.end(), path), built.files.end());
}

// An operator's model that only knows two topics of its own and rehearsed topics, all alike.
std::string OwnModel(std::vector<std::string> topics) {
  routing::TopicModel::Weights weights;
  weights.kinds.assign(topics.size(), routing::Topic::kGeneral);
  weights.bias.assign(topics.size(), 0);
  weights.rows.assign(routing::kFeatureRows * topics.size(), 0);
  weights.topics = std::move(topics);
  weights.calibrations.fill({.temperature = 1, .threshold = 0.4f});
  return routing::TopicModel::Quantised(weights).Serialise();
}

TEST_F(TopicModelReload, a_reload_names_the_other_file_and_its_topics) {
  Write("topics.bin", OwnModel({"loans", "cards"}));
  const SnapshotResult first = Load(nullptr);
  ASSERT_TRUE(first.snapshot) << first.diagnostics.size();
  const routing::CompiledPolicy& before = *first.snapshot->policy;
  const SnapshotResult same = Load(first.snapshot.get());
  EXPECT_EQ(ClassifierChange(before, *same.snapshot->policy), "");
  Write("topics.bin", OwnModel({"loans", "fees"}));
  const SnapshotResult second = Load(first.snapshot.get());
  ASSERT_TRUE(second.snapshot);
  const routing::CompiledPolicy& after = *second.snapshot->policy;
  EXPECT_EQ(ClassifierChange(before, after),
            "classifier.model (another file: checksum " +
                before.topic_model().checksum().substr(0, 8) + " \u2192 " +
                after.topic_model().checksum().substr(0, 8) + ", topics added: fees; gone: cards)");
  const boost::json::object status = ClassifierJson(*second.snapshot->config, after);
  EXPECT_EQ(status.at("model").as_string(), folder_.Path("topics.bin"));
  EXPECT_EQ(std::string(status.at("checksum").as_string()), after.topic_model().checksum());
  EXPECT_EQ(status.at("topics").as_array().size(), 5u);
}

TEST_F(TopicModelReload, more_topics_than_a_policy_takes_are_a_problem_of_the_model) {
  std::vector<std::string> topics;
  for (int i = 0; i < 14; ++i) topics.push_back("own" + std::to_string(i));
  Write("topics.bin", OwnModel(topics));
  const SnapshotResult built = Load(nullptr);
  ASSERT_EQ(built.diagnostics.size(), 1u);
  EXPECT_EQ(config::ToString(built.diagnostics[0]),
            folder_.Path("headgate.yaml") + ":3: classifier.model: `" + folder_.Path("topics.bin") +
                "` has 14 topics beside general, code and math, and a policy takes 13; train it "
                "with fewer topics");
}

// What `headgate explain --verbose` prints about a prompt.
std::string Explained(const Snapshot& snapshot, const std::string& prompt) {
  const config::Config& config = *snapshot.config;
  const routing::CompiledPolicy& policy = *snapshot.policy;
  DryRunRequest dry_run;
  dry_run.body = R"({"model":"auto","messages":[{"role":"user","content":")" + prompt + R"("}]})";
  const DryRunResult result = DryRun(policy, dry_run, QuietLoad(config, policy));
  EXPECT_FALSE(result.problem);
  boost::json::object explanation =
      Explain(config, policy, result.input, result.decision, std::nullopt);
  AddTopicDetails(result.opinions ? &*result.opinions : nullptr, result.evidence, explanation);
  return ExplanationText(explanation, /*verbose=*/true);
}

TEST_F(TopicModelReload, explaining_says_which_of_two_models_decided) {
  Write("topics.bin", OwnModel({"loans", "cards"}));
  const SnapshotResult built = Load(nullptr);
  ASSERT_TRUE(built.snapshot);
  const std::string code =
      Explained(*built.snapshot, "write a Python function that reverses a linked list");
  EXPECT_NE(code.find("\nmodel    model in the program decided, and needed 0.60 (Latin): code "),
            std::string::npos)
      << code;
  EXPECT_NE(code.find("\nbeside   classifier.model, which needs 0.40: "), std::string::npos)
      << code;
  EXPECT_NE(code.find("the model in the program is surer of code than this model of "),
            std::string::npos)
      << code;
  EXPECT_NE(code.find("  code +"), std::string::npos) << code;  // what the deciding model saw
  const std::string general = Explained(*built.snapshot, "what shall we cook on Sunday?");
  EXPECT_NE(general.find("\nmodel    classifier.model decided, and needed 0.40"), std::string::npos)
      << general;
  EXPECT_NE(general.find("; it names neither code nor math\n"), std::string::npos) << general;
}

TEST_F(TopicModelReload, an_abstention_says_what_it_leaned_to_and_the_bar) {
  Write("topics.bin", OwnModel({"loans", "cards", "fees"}));
  const SnapshotResult built = Load(nullptr);
  ASSERT_TRUE(built.snapshot);
  const std::string text = Explained(*built.snapshot, "what shall we cook on Sunday?");
  EXPECT_NE(text.find("\ntopic    general (abstained: loans 0.333 is below 0.40, Latin)\n"),
            std::string::npos)
      << text;
}

TEST_F(TopicModelReload, columns_are_padded_by_characters) {
  Write("topics.bin", routing::TopicModel::Shipped().Serialise());
  const SnapshotResult built = Load(nullptr);
  ASSERT_TRUE(built.snapshot);
  const std::string text = Explained(*built.snapshot, "Schöne Grüße für Python");
  std::set<std::size_t> columns;
  for (std::size_t at = text.find("saw   "); at != std::string::npos;
       at = text.find("saw   ", at + 1)) {
    std::size_t column = 0;
    for (std::size_t i = at; text.compare(i, 9, "  general") != 0; ++i) {
      if ((text[i] & 0xC0) != 0x80) ++column;
    }
    columns.insert(column);
  }
  EXPECT_EQ(columns.size(), 1u) << text;
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
  AddTopicDetails(result.opinions ? &*result.opinions : nullptr, result.evidence, explanation);
  const std::string text = ExplanationText(explanation, /*verbose=*/true);
  EXPECT_NE(text.find("saw   Python "), std::string::npos) << text;
  EXPECT_NE(text.find("code +"), std::string::npos) << text;
  EXPECT_EQ(ExplanationText(explanation, /*verbose=*/false).find("saw   "), std::string::npos);
}

}  // namespace
}  // namespace headgate::gateway
