#include "config/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

namespace headgate::config {
namespace {

const Model& Shipped(const std::string& name) {
  const auto& models = ShippedModels();
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const Model& model) { return model.name == name; });
  if (found == models.end()) throw std::out_of_range(name);
  return *found;
}

TEST(Catalog, EachRowSaysItsSourceAndDate) {
  const std::regex date("20[0-9][0-9]");
  ASSERT_GE(ShippedModels().size(), 40u);
  for (const Model& model : ShippedModels()) {
    EXPECT_TRUE(std::regex_search(model.source, date)) << model.name << ": " << model.source;
    EXPECT_GT(model.context, 0) << model.name;
    EXPECT_FALSE(model.supports.empty()) << model.name;
    EXPECT_EQ(model.location.line, 0) << model.name;
  }
}

TEST(Catalog, NamesAreUnique) {
  std::set<std::string> names;
  for (const Model& model : ShippedModels()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    for (const std::string& alias : model.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
  }
}

// By the vendors' pages that catalog.yaml names: a base and the most tiles, patches times a factor.
TEST(Catalog, KnowsTheMostTokensOfAnImage) {
  EXPECT_EQ(Shipped("gpt-4o").image_tokens, 85 + 8 * 170);
  EXPECT_EQ(Shipped("gpt-4o-mini").image_tokens, 2'833 + 8 * 5'667);
  EXPECT_EQ(Shipped("o3").image_tokens, 75 + 8 * 150);
  EXPECT_EQ(Shipped("gpt-5").image_tokens, 70 + 8 * 140);
  EXPECT_EQ(Shipped("gpt-4.1-mini").image_tokens, 2'489);     // 1,536 x 1.62 = 2,488.32
  EXPECT_EQ(Shipped("gpt-4.1-nano").image_tokens, 3'779);     // 1,536 x 2.46 = 3,778.56
  EXPECT_EQ(Shipped("o4-mini").image_tokens, 2'642);          // 1,536 x 1.72 = 2,641.92
  EXPECT_EQ(Shipped("gpt-5.2").image_tokens, 1'844);          // 1,536 x 1.2 = 1,843.2
  EXPECT_EQ(Shipped("gpt-5.4-mini").image_tokens, 4'050);     // 2,500 x 1.62
  EXPECT_EQ(Shipped("gpt-5.4").image_tokens, 12'000);         // 10,000 x 1.2
  EXPECT_FALSE(Shipped("gpt-5.6").image_tokens.has_value());  // no limit
  for (const Model& model : ShippedModels()) {
    EXPECT_LT(model.image_tokens.value_or(0), model.context) << model.name;
  }
}

TEST(Catalog, HasTheModelsOperatorsStartFrom) {
  for (const char* name : {"gpt-4o",
                           "gpt-4o-mini",
                           "gpt-4.1",
                           "gpt-4.1-mini",
                           "gpt-4.1-nano",
                           "o3",
                           "o4-mini",
                           "gpt-5",
                           "gpt-5-mini",
                           "gpt-5.1",
                           "gpt-5.2",
                           "gpt-5.4",
                           "gpt-5.5",
                           "gpt-5.6",
                           "gpt-5.6-terra",
                           "claude-opus-4-5",
                           "claude-opus-5",
                           "claude-sonnet-4-5",
                           "claude-sonnet-5",
                           "claude-haiku-4-5",
                           "deepseek-chat",
                           "deepseek-reasoner",
                           "deepseek-r1",
                           "mistral-large-latest",
                           "qwen-2.5-72b",
                           "qwen-2.5-32b",
                           "qwen-2.5-7b",
                           "llama-4-maverick",
                           "llama-4-scout",
                           "text-embedding-3-small",
                           "text-embedding-3-large",
                           "text-embedding-ada-002",
                           "bge-m3",
                           "nomic-embed-text",
                           "multilingual-e5-large",
                           "qwen3-embedding-0.6b"}) {
    EXPECT_NO_THROW(Shipped(name)) << name;
  }
}

// Spot checks against slips of the decimal point.
TEST(Catalog, PricesAreExact) {
  EXPECT_EQ(Shipped("gpt-4o").price->standard.input, 2'500'000'000);
  EXPECT_EQ(Shipped("gpt-4o-mini").price->standard.cached_input, 75'000'000);
  EXPECT_EQ(Shipped("gpt-5").price->flex->row->input, 625'000'000);
  EXPECT_EQ(Shipped("gpt-5.6-terra").price->standard.cache_write, 3'125'000'000);
  EXPECT_EQ(Shipped("deepseek-v4-pro").price->standard.cached_input, 3'625'000);
  EXPECT_EQ(Shipped("deepseek-r1").price->standard.output, 2'190'000'000);
  EXPECT_EQ(Shipped("text-embedding-3-small").price->standard.output, 0);
}

TEST(Catalog, EmbeddingModelsSayThatTheyAreNothingElse) {
  for (const Model& model : ShippedModels()) {
    const bool named = model.name.find("embed") != std::string::npos || model.name == "bge-m3" ||
                       model.name == "multilingual-e5-large";
    const std::vector<std::string> only = {"embeddings"};
    EXPECT_EQ(model.supports == only, named) << model.name;
  }
  EXPECT_EQ(Shipped("text-embedding-ada-002").price->standard.input, 100'000'000);
  EXPECT_EQ(Shipped("text-embedding-3-large").context, 8192);
}

TEST(Catalog, LongPromptsHaveTheirTier) {
  const auto& tiers = Shipped("gpt-5.4").price->context_tiers;
  ASSERT_EQ(tiers.size(), 1u);
  EXPECT_EQ(tiers[0].above, 272'000);
  EXPECT_EQ(tiers[0].row.input, 5'000'000'000);
  EXPECT_EQ(tiers[0].row.cached_input, 500'000'000);
  EXPECT_EQ(tiers[0].row.output, 22'500'000'000);
}

TEST(Catalog, KeepsTheRatiosOfTheVendors) {
  for (const Model& model : ShippedModels()) {
    if (!model.price) continue;
    const PriceRow& row = model.price->standard;
    EXPECT_LE(row.cached_input.value_or(row.input), row.input) << model.name;
    if (const std::optional<TierPrice>& batch = model.price->batch) {
      const NanoUsdPerMillion half = row.input / 2;
      EXPECT_EQ(batch->row ? batch->row->input : row.input * batch->share / kWholePrice, half)
          << model.name;
    }
  }
}

TEST(Catalog, OpenWeightsHaveALicenceAndNoListPrice) {
  for (const char* name : {"qwen-2.5-32b", "llama-4-maverick", "llama-4-scout", "bge-m3",
                           "nomic-embed-text", "mxbai-embed-large", "qwen3-embedding-8b"}) {
    EXPECT_FALSE(Shipped(name).license.empty()) << name;
    EXPECT_FALSE(Shipped(name).price) << name;
  }
}

// The ratios that hold for all of Anthropic's prices.
void ExpectAnthropicRatios(const PriceRow& row, const std::string& name) {
  EXPECT_EQ(row.cached_input, row.input / 10) << name;
  EXPECT_EQ(row.cache_write, row.input * 5 / 4) << name;
  EXPECT_EQ(row.cache_write_1h, row.input * 2) << name;
}

TEST(Catalog, AnthropicBillsTheLifeOfItsCache) {
  int rows = 0;
  for (const Model& model : ShippedModels()) {
    if (!model.name.starts_with("claude-")) continue;
    ++rows;
    ASSERT_TRUE(model.price) << model.name;
    ExpectAnthropicRatios(model.price->standard, model.name);
    for (const ContextTier& tier : model.price->context_tiers) {
      ExpectAnthropicRatios(tier.row, model.name);
    }
    for (const PriceChange& change : model.price->changes) {
      ExpectAnthropicRatios(change.standard, model.name);
    }
    EXPECT_EQ(model.price->batch->share, kWholePrice / 2) << model.name;
    EXPECT_EQ(model.price->per_web_search, kNanoPerUsd / 100) << model.name;
  }
  EXPECT_GE(rows, 10);
}

TEST(Catalog, AnIntroductoryPriceEndsOnItsDay) {
  const Prices& price = *Shipped("claude-sonnet-5").price;
  EXPECT_EQ(price.standard.output, 10 * kNanoPerUsd);
  ASSERT_EQ(price.changes.size(), 1u);
  EXPECT_EQ(price.changes[0].from, 1'788'220'800);  // 2026-09-01T00:00:00Z
  EXPECT_EQ(price.changes[0].standard.output, 15 * kNanoPerUsd);
}

}  // namespace
}  // namespace headgate::config
