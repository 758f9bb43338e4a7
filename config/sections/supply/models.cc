#include "config/sections/supply/models.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

// The four prices of a row; `row` finds the row inside T.
template <typename T, auto row>
constexpr std::array<Field<T>, 4> RowFields() {
  constexpr Through<row, &PriceRow::input> kInput;
  constexpr Through<row, &PriceRow::output> kOutput;
  constexpr Through<row, &PriceRow::cached_input> kCachedInput;
  constexpr Through<row, &PriceRow::cache_write> kCacheWrite;
  return {
      Required<T, kInput, Usd>("input", "US dollars per 1M input tokens."),
      Required<T, kOutput, Usd>("output", "US dollars per 1M output tokens, reasoning included."),
      Optional<T, kCachedInput, Usd>(
          "cached_input",
          "US dollars per 1M input tokens read from the cache; by default as input."),
      Optional<T, kCacheWrite, Usd>(
          "cache_write",
          "US dollars per 1M input tokens written to the cache; by default as input."),
  };
}

template <typename T, std::size_t a, std::size_t b>
constexpr std::array<Field<T>, a + b> Concatenate(const std::array<Field<T>, a>& first,
                                                  const std::array<Field<T>, b>& second) {
  std::array<Field<T>, a + b> joined{};
  std::copy(first.begin(), first.end(), joined.begin());
  std::copy(second.begin(), second.end(), joined.begin() + a);
  return joined;
}

constexpr auto kRowFields = RowFields<PriceRow, kItself>();

struct PriceRowSection : Mapping<kRowFields> {
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("price_row", &Mapping<kRowFields>::JsonSchema);
  }
};

constexpr auto kTierFields =
    Concatenate(std::array{Required<ContextTier, &ContextTier::above, Tokens>(
                    "above", "The row prices the whole request when its prompt has more tokens.")},
                RowFields<ContextTier, &ContextTier::row>());

constexpr auto kPriceFields = Concatenate(
    RowFields<Prices, &Prices::standard>(),
    std::array{
        Optional<Prices, &Prices::flex, PriceRowSection>(
            "flex", "Prices of answers whose service_tier is flex."),
        Optional<Prices, &Prices::priority, PriceRowSection>(
            "priority", "Prices of answers whose service_tier is priority."),
        Optional<Prices, &Prices::batch, PriceRowSection>("batch", "Prices of the batch endpoint."),
        Optional<Prices, &Prices::context_tiers, ListOf<Mapping<kTierFields>>>(
            "tiers", "Prices of long prompts."),
    });

constexpr std::array kModelFields = {
    Optional<Model, &Model::context, Tokens>("context", "Tokens of input and output together."),
    Optional<Model, &Model::max_output, Tokens>("max_output", "The most tokens of one answer."),
    Optional<Model, &Model::license, Text>("license", "Licence of the weights, for open models."),
    Optional<Model, &Model::supports, OneOrMore<OneOf<kAbilities>>>(
        "supports", "What the model can do beside text."),
    Optional<Model, &Model::scores, MapOf<Name, Score>>("scores",
                                                        "Benchmark scores, by benchmark."),
    Optional<Model, &Model::aliases, OneOrMore<ModelName>>(
        "aliases", "Other names under which clients may ask for it."),
    Optional<Model, &Model::price, PriceSection>(
        "price", "List price, for paid APIs that set none of their own; replaced as a whole."),
    Optional<Model, &Model::source, Text>("source", "Where the figures come from, and when."),
};

void ReadModel(const Value& entry, Model& model) {
  model.location = entry.location();
  if (!Mapping<kModelFields>::Read(entry, model)) return;
  const auto& entries = entry.node().children;
  const auto has = [&](std::string_view key) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& child) { return child.key == key; });
  };
  // An operator's price does not come from the source that the catalogue names.
  if (has("price") && !has("source")) {
    model.source = Concat(model.location.file, ":", model.location.line);
  }
  if (model.context > 0 && model.max_output.value_or(0) > model.context) {
    entry.Fail(Concat("has a max_output (", *model.max_output, ") that does not fit its context (",
                      model.context, ")"),
               "write a max_output that is at most context");
  }
}

}  // namespace

bool PriceSection::Read(const Value& value, Prices& prices) {
  if (!Mapping<kPriceFields>::Read(value, prices)) return false;
  auto& tiers = prices.context_tiers;
  std::sort(tiers.begin(), tiers.end(),
            [](const ContextTier& a, const ContextTier& b) { return a.above < b.above; });
  const auto twin = std::adjacent_find(
      tiers.begin(), tiers.end(),
      [](const ContextTier& a, const ContextTier& b) { return a.above == b.above; });
  if (twin == tiers.end()) return true;
  return value.Fail(Concat("has two tiers above ", twin->above), "keep one of them");
}

Json PriceSection::JsonSchema(Definitions& definitions) {
  return definitions.Use("price", &Mapping<kPriceFields>::JsonSchema);
}

bool ModelsSection::Read(const Value& value, std::vector<Model>& models) {
  if (!value.IsMapping()) return value.FailType(kExpects);
  const std::size_t before = value.context().problems();
  for (const Value& entry : value.Children()) {
    ModelName::Check(entry, entry.key());
    auto model = std::find_if(models.begin(), models.end(),
                              [&](const Model& known) { return known.name == entry.key(); });
    if (model == models.end()) {
      model = models.emplace(models.end());
      model->name = entry.key();
    }
    ReadModel(entry, *model);
  }
  return value.context().problems() == before;
}

Json ModelsSection::JsonSchema(Definitions& definitions) {
  return MapSchema(ModelName::kPattern, Mapping<kModelFields>::JsonSchema(definitions));
}

}  // namespace headgate::config
