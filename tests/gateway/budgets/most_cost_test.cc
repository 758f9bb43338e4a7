// The most tokens that a call may have, worked out by hand.
#include "gateway/budgets/most_cost.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace headgate::gateway {
namespace {

using routing::Endpoint;

// A vision model of the catalogue: gpt-4o-mini has 2,833 + 8 x 5,667 = 48,169 tokens in an image.
routing::Target Mini() {
  routing::Target target;
  target.context = 128'000;
  target.max_output = 16'384;
  target.image_tokens = 48'169;
  return target;
}
routing::Target Unknown() { return {}; }
routing::Target WithoutImageTokens() {
  routing::Target target = Mini();
  target.image_tokens = 0;
  return target;
}

struct InputCase {
  const char* name;
  routing::Target target;
  HiddenUse hidden;
  std::size_t text_bytes = 0;
  std::size_t body_bytes = 0;
  std::int64_t most = 0;
};

TEST(MostInput, IsAtLeastWhatAnyProviderCounts) {
  const InputCase cases[] = {
      // A token for each byte of the body, names and quotes included.
      {"text", Mini(), {}, 400, 500, 500},
      {"text_of_an_unknown_model", Unknown(), {}, 400, 500, 500},
      {"more_text_than_fits", Mini(), {}, 200'000, 200'100, 128'000},
      // 500 + 2,048: what a provider writes for tools.
      {"tools", Mini(), {.may_search = true}, 400, 500, 2'548},
      // 20 prompts have 20 contexts, and 3 million bytes are more than 20 x 128,000 = 2,560,000.
      {"prompts", Mini(), {.prompts = 20}, 100, 3'000'000, 2'560'000},
      // One by its address: 600 + 48,169.
      {"image_by_address", Mini(), {.images = 1, .image_bytes = 30}, 10, 630, 48'769},
      // Two of 100,000 bytes: 600 bytes are left, and 2 x 48,169 = 96,338.
      {"images", Mini(), {.images = 2, .image_bytes = 200'000}, 10, 200'600, 96'938},
      {"images_beyond_the_context", Mini(), {.images = 3}, 10, 600, 128'000},
      {"images_of_unknown_size", WithoutImageTokens(), {.images = 1}, 10, 600, 128'000},
      {"images_of_an_unknown_model", Unknown(), {.images = 1}, 10, 600, 1'048'576},
      // A translation may write a body shorter: its texts count in any case.
      {"more_image_bytes_than_body", Mini(), {.images = 1, .image_bytes = 900}, 100, 600, 48'269},
      {"only_named", Mini(), {.hides_input = true}, 10, 100, 128'000},
      {"only_named_for_an_unknown_model", Unknown(), {.hides_input = true}, 10, 100, 1'048'576},
  };
  for (const InputCase& c : cases) {
    const routing::RequestSize size{.text_bytes = c.text_bytes, .max_tokens = {}};
    EXPECT_EQ(MostInput(c.target, {.size = size, .body_bytes = c.body_bytes, .hidden = c.hidden}),
              c.most)
        << c.name;
  }
}

TEST(MostInput, StaysInsideOfItsRange) {
  routing::Target target;
  target.context = target.image_tokens = 1'000'000'000'000;  // the most of a configuration
  const HiddenUse hidden{.prompts = 1 << 30, .images = 1 << 30};
  const routing::RequestSize size{.max_tokens = {}};
  EXPECT_GT(MostInput(target, {.size = size, .body_bytes = 1 << 30, .hidden = hidden}), 0);
}

struct OutputCase {
  const char* name;
  routing::Target target;
  Endpoint endpoint = Endpoint::kChat;
  std::optional<std::int64_t> max_tokens;
  int choices = 1;
  std::int64_t other = 0;
  std::int64_t most = 0;
};

TEST(MostOutput, IsOfAllChoicesOfAllPrompts) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;  // that a body may ask for
  routing::Target only_context = Mini();
  only_context.max_output = 0;
  const OutputCase cases[] = {
      {"a_maximum", Mini(), Endpoint::kChat, 1'000, 1, 0, 1'000},
      {"choices", Mini(), Endpoint::kChat, 1'000, 128, 0, 128'000},
      // 3 prompts with n 2.
      {"prompts", Mini(), Endpoint::kCompletions, 1'000, 6, 0, 6'000},
      {"prediction", Mini(), Endpoint::kChat, 10, 1, 6'000, 6'010},
      {"above_the_longest_output", Mini(), Endpoint::kChat, kMost, 1, 0, 16'384},
      {"thinking_above_it", Mini(), Endpoint::kMessages, 16'000, 1, 20'000, 16'384},
      {"above_the_context", only_context, Endpoint::kChat, kMost, 2, 0, 256'000},
      {"bounded_by_nothing", Unknown(), Endpoint::kChat, kMost, 128, 0, 134'217'728},
      {"no_maximum", Mini(), Endpoint::kChat, {}, 2, 0, 32'768},
      {"no_maximum_at_an_unknown_model", Unknown(), Endpoint::kChat, {}, 1, 0, 32'768},
      {"nothing_is_generated", Mini(), Endpoint::kEmbeddings, {}, 1, 0, 0},
  };
  for (const OutputCase& c : cases) {
    const routing::RequestSize size{
        .endpoint = c.endpoint, .max_tokens = c.max_tokens, .choices = c.choices};
    const HiddenUse hidden{.other_output_tokens = c.other};
    EXPECT_EQ(MostOutput(c.target, {.size = size, .hidden = hidden}), c.most) << c.name;
  }
}

TEST(MostOutput, StaysInsideOfItsRange) {
  routing::Target target;
  target.context = 1'000'000'000'000;
  const routing::RequestSize size{.max_tokens = std::int64_t{1} << 40, .choices = 1 << 22};
  EXPECT_EQ(MostOutput(target, {.size = size, .hidden = {}}), 4'194'304'000'000'000'000);
}

}  // namespace
}  // namespace headgate::gateway
