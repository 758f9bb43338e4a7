#include "config/sections/supply/models.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/supply/prices.h"

namespace headgate::config {
namespace {

constexpr std::array kModelFields = {
    Optional<Model, &Model::context, Tokens>("context", "Tokens of input and output together."),
    Optional<Model, &Model::max_output, Tokens>("max_output", "The most tokens of one answer."),
    Optional<Model, &Model::image_tokens, Tokens>(
        "image_tokens",
        "The most tokens of one image, which budgets reserve; by default `context`."),
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
