#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "config/load.h"

namespace headgate::config {
namespace {

// The first block of YAML in docs/configuration.md that begins with `beginning`.
std::string Documented(const std::string& beginning) {
  std::ifstream file(std::string(HEADGATE_SOURCE_DIR) + "/docs/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string fence = "```yaml\n";
  const std::size_t start = text.find(fence + beginning);
  if (start == std::string::npos) return "";
  const std::size_t begin = start + fence.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST(Documented, the_example_of_prices_by_context_is_read_as_the_text_says) {
  const std::string example = Documented("models:\n  long-context-1:");
  ASSERT_FALSE(example.empty());
  const LoadResult result = LoadText(
      "server: {auth: none}\n"
      "backends: {up: {hosting: paid_api, url: 'https://example.com/v1', "
      "api_key: k, models: {long-context-1: x}}}\n"
      "routes: [{name: all}]\n" +
          example,
      "documented.yaml", ProcessEnvironment());
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  const auto model =
      std::find_if(result.config->models.begin(), result.config->models.end(),
                   [](const Model& known) { return known.name == "long-context-1"; });
  ASSERT_NE(model, result.config->models.end());
  ASSERT_TRUE(model->price);
  EXPECT_EQ(model->price->standard.input, 2'500'000'000);
  ASSERT_EQ(model->price->context_tiers.size(), 2u);
  EXPECT_EQ(model->price->context_tiers[0].above, 200'000);
  EXPECT_EQ(model->price->context_tiers[0].row.output, 22'500'000'000);
  EXPECT_EQ(model->price->context_tiers[1].above, 400'000);
  EXPECT_FALSE(model->price->context_tiers[1].row.cached_input);
  ASSERT_TRUE(model->price->flex);
  EXPECT_EQ(model->price->flex->output, 7'500'000'000);
  EXPECT_FALSE(model->price->priority);
}

TEST(Documented, the_example_of_classes_is_read_as_the_text_says) {
  const std::string example = Documented("classes:\n  - {class: checkout, band:");
  ASSERT_FALSE(example.empty());
  const LoadResult result = LoadText(
      "server: {auth: keys}\n"
      "backends: {up: {hosting: paid_api, url: 'https://example.com/v1', "
      "api_key: k, models: {gpt-4.1: x}}}\n"
      "routes: [{name: all}]\n"
      "keys: [{name: web, team: shop, hash: 'sha256:" +
          std::string(64, 'a') + "'}]\n" + example,
      "documented.yaml", ProcessEnvironment());
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->classes.size(), 1u);
  EXPECT_EQ(result.config->classes.front().band, Band::kLatencyCritical);
  EXPECT_EQ(result.config->classes.front().target_ttft, Milliseconds(400));
  EXPECT_EQ(result.config->built_in_target_ttft.at("latency_critical"), Milliseconds(800));
}

// Each key about queues has a row in the page.
TEST(Documented, the_keys_of_queues_have_rows) {
  std::ifstream file(std::string(HEADGATE_SOURCE_DIR) + "/docs/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* const key :
       {"slots", "slot_tokens", "preempt", "batch.floor", "batch.max_wait", "queue.limit",
        "priority", "share", "band", "target_ttft", "spill"}) {
    EXPECT_NE(text.find(std::string("| `") + key + "` |"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace headgate::config
