#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "config/load.h"

namespace headgate::config {
namespace {

// The first block of YAML in a page of the documents that begins with `beginning`.
std::string Documented(const std::string& beginning, const std::string& page = "configuration.md") {
  std::ifstream file(std::string(HEADGATE_SOURCE_DIR) + "/docs/" + page);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string fence = "```yaml\n";
  const std::size_t start = text.find(fence + beginning);
  if (start == std::string::npos) return "";
  const std::size_t begin = start + fence.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

// The price of `model` in the block of docs/prices.md that defines it.
std::optional<Prices> DocumentedPrice(const std::string& model) {
  const std::string example = Documented("models:\n  " + model + ":", "prices.md");
  EXPECT_FALSE(example.empty());
  const LoadResult result = LoadText(
      "server: {auth: none}\n"
      "backends: {up: {hosting: paid_api, url: 'https://example.com/v1', "
      "api_key: k, models: {" +
          model +
          ": x}}}\n"
          "routes: [{name: all}]\n" +
          example,
      "documented.yaml", ProcessEnvironment());
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  if (!result.config) return std::nullopt;
  const auto row = std::find_if(result.config->models.begin(), result.config->models.end(),
                                [&](const Model& known) { return known.name == model; });
  return row == result.config->models.end() ? std::nullopt : row->price;
}

TEST(Documented, the_example_of_prices_by_context_is_read_as_the_text_says) {
  const std::optional<Prices> price = DocumentedPrice("long-context-1");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->standard.input, 2'500'000'000);
  ASSERT_EQ(price->context_tiers.size(), 2u);
  EXPECT_EQ(price->context_tiers[0].above, 200'000);
  EXPECT_EQ(price->context_tiers[0].row.output, 22'500'000'000);
  EXPECT_EQ(price->context_tiers[1].above, 400'000);
  EXPECT_FALSE(price->context_tiers[1].row.cached_input);
  ASSERT_TRUE(price->flex);
  EXPECT_EQ(price->flex->row->output, 7'500'000'000);
  EXPECT_EQ(price->batch->share, 500'000);
  EXPECT_FALSE(price->priority);
}

TEST(Documented, the_example_of_prices_by_the_clock_is_read_as_the_text_says) {
  const std::optional<Prices> price = DocumentedPrice("by-the-clock-1");
  ASSERT_TRUE(price);
  ASSERT_EQ(price->hours.size(), 2u);
  EXPECT_EQ(price->hours[1].from_minute, 6 * 60);
  EXPECT_EQ(price->hours[1].share, 2'000'000);
  ASSERT_EQ(price->changes.size(), 1u);
  ASSERT_EQ(price->changes[0].hours.size(), 1u);
  EXPECT_EQ(price->changes[0].hours[0].list->standard.output, 200'000'000);
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
