#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// DeepSeek (api-docs.deepseek.com, "Context caching", 2026): prompt_tokens is the sum of hits and
// misses, completion_tokens include reasoning. deepseek-chat: 0.28, cached 0.028, output 0.42.
config::Prices MakeDeepSeekPrices() {
  return Priced({.input = Each(280), .cached_input = Each(28), .output = Each(420)});
}
const config::Prices kDeepSeekPrices = MakeDeepSeekPrices();

// Half of it from 16:30 to 00:30 UTC, as in 2025.
config::Prices MakeOffPeakPrices() {
  config::Prices prices = MakeDeepSeekPrices();
  config::PriceHours night;
  night.from_minute = 16 * 60 + 30;
  night.to_minute = 30;
  night.share = 500'000;
  prices.hours = {night};
  return prices;
}
const config::Prices kOffPeakPrices = MakeOffPeakPrices();

// deepseek-v4-flash: 0.14, cached 0.0028, output 0.28; -pro: 0.435, cached 0.003625, output 0.87.
const config::Prices kFlashPrices =
    Priced({.input = Each(140), .cached_input = 2'800'000, .output = Each(280)});
const config::Prices kProPrices =
    Priced({.input = Each(435), .cached_input = 3'625'000, .output = Each(870)});

constexpr std::string_view kHitsAndMisses =
    R"("usage":{"prompt_tokens":1000,"completion_tokens":50,"total_tokens":1050,"prompt_cache_hit_tokens":896,"prompt_cache_miss_tokens":104})";
constexpr std::int64_t kFiveInTheAfternoon = std::int64_t{17} * 3600;
constexpr std::int64_t kHalfPastMidnight = std::int64_t{30} * 60;

// mistral-large: 0.50, cached 0.05 (docs.mistral.ai, "Prompt caching", 2026), output 1.50.
const config::Prices kMistralPrices =
    Priced({.input = Each(500), .cached_input = Each(50), .output = Each(1'500)});

const std::string kMistralUsage =
    R"("usage":{"prompt_tokens":13,"total_tokens":45,"completion_tokens":32})";
const std::vector<UsageShape> kDeepSeekAndMistralShapes = {
    {"deepseek_hits_and_misses",
     kChat,
     ChatAnswer(kHitsAndMisses),
     &kDeepSeekPrices,
     // 104 x 280 + 896 x 28 + 50 x 420 = 29,120 + 25,088 + 21,000
     {1000, 896, 0, 0, 50, 0, kExact, 75'208}},
    {"deepseek_hits_under_two_names",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":1000,"completion_tokens":60,"total_tokens":1060,"prompt_tokens_details":{"cached_tokens":896},"prompt_cache_hit_tokens":896,"prompt_cache_miss_tokens":104})"),
     &kDeepSeekPrices,
     // 104 x 280 + 896 x 28 + 60 x 420 = 29,120 + 25,088 + 25,200: the hits once
     {1000, 896, 0, 0, 60, 0, kExact, 79'408}},
    {"deepseek_reasoner",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":20,"completion_tokens":300,"total_tokens":320,"completion_tokens_details":{"reasoning_tokens":280},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":20})"),
     &kDeepSeekPrices,
     // 20 x 280 + 300 x 420 = 5,600 + 126,000
     {20, 0, 0, 0, 300, 0, kExact, 131'600}},
    {"deepseek_hits_and_misses_without_their_sum",
     kChat,
     ChatAnswer(
         R"("usage":{"completion_tokens":5,"prompt_cache_hit_tokens":90,"prompt_cache_miss_tokens":10})"),
     &kDeepSeekPrices,
     // 10 x 280 + 90 x 28 + 5 x 420 = 2,800 + 2,520 + 2,100
     {100, 90, 0, 0, 5, 0, kEstimated, 7'420}},
    {"deepseek_stream",
     kChatStream,
     ": keep-alive\n\n" + Chunks({kTextChunk, kTextChunk, StopChunk(kHitsAndMisses)}),
     &kDeepSeekPrices,
     // as a whole answer: 75,208
     {1000, 896, 0, 0, 50, 0, kExact, 75'208}},
    {"deepseek_off_peak",
     kChat,
     ChatAnswer(kHitsAndMisses),
     &kOffPeakPrices,
     // 75,208 / 2
     {1000, 896, 0, 0, 50, 0, kExact, 37'604},
     kFiveInTheAfternoon},
    {"deepseek_end_of_off_peak",
     kChat,
     ChatAnswer(kHitsAndMisses),
     &kOffPeakPrices,
     // the end is exclusive: 75,208
     {1000, 896, 0, 0, 50, 0, kExact, 75'208},
     kHalfPastMidnight},
    {"deepseek_fractions_of_a_nano_dollar",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":400,"completion_tokens":10,"total_tokens":410,"prompt_cache_hit_tokens":333,"prompt_cache_miss_tokens":67})"),
     &kFlashPrices,
     // 67 x 140 + 333 x 2.8 + 10 x 280 = 9,380 + 932.4 + 2,800 = 13,112.4
     {400, 333, 0, 0, 10, 0, kExact, 13'112}},
    {"deepseek_half_a_nano_dollar",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":14,"completion_tokens":2,"total_tokens":16,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":10})"),
     &kProPrices,
     // 10 x 435 + 4 x 3.625 + 2 x 870 = 4,350 + 14.5 + 1,740 = 6,104.5, rounded half up
     {14, 4, 0, 0, 2, 0, kExact, 6'105}},
    {"mistral_chat",
     kChat,
     ChatAnswer(kMistralUsage),
     &kMistralPrices,
     // 13 x 500 + 32 x 1,500 = 6,500 + 48,000
     {13, 0, 0, 0, 32, 0, kExact, 54'500}},
    {"mistral_cached",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":1000,"total_tokens":1020,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":640}})"),
     &kMistralPrices,
     // 360 x 500 + 640 x 50 + 20 x 1,500 = 180,000 + 32,000 + 30,000
     {1000, 640, 0, 0, 20, 0, kExact, 242'000}},
    {"mistral_without_audio",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_audio_seconds":{},"prompt_tokens":14,"total_tokens":46,"completion_tokens":32})"),
     &kMistralPrices,
     // 14 x 500 + 32 x 1,500 = 7,000 + 48,000
     {14, 0, 0, 0, 32, 0, kExact, 55'000}},
    {"mistral_audio",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_audio_seconds":30,"prompt_tokens":390,"total_tokens":400,"completion_tokens":10})"),
     &kMistralPrices,
     // 390 x 500 + 10 x 1,500 = 195,000 + 15,000, and half a minute of audio
     {390, 0, 0, 0, 10, 0, kEstimated, 210'000}},
    {"mistral_stream",
     kChatStream,
     Chunks({R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})",
             StopChunk(kMistralUsage)}),
     &kMistralPrices,
     // as a whole answer: 54,500
     {13, 0, 0, 0, 32, 0, kExact, 54'500}},
    {"mistral_stream_usage_in_two_events",
     kChatStream,
     Chunks({R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})",
             StopChunk(kMistralUsage), LastChunk(kMistralUsage)}),
     &kMistralPrices,
     // as a whole answer: 54,500
     {13, 0, 0, 0, 32, 0, kExact, 54'500}},
    {"mistral_embeddings",
     kEmbeddings,
     R"({"id":"e1","object":"list","data":[{"object":"embedding","embedding":[0.5],"index":0}],"model":"m","usage":{"prompt_audio_seconds":null,"prompt_tokens":15,"total_tokens":15,"completion_tokens":0}})",
     &kMistralPrices,
     // 15 x 500
     {15, 0, 0, 0, 0, 0, kExact, 7'500}},
};

}  // namespace

std::vector<UsageShape> DeepSeekAndMistralShapes() { return kDeepSeekAndMistralShapes; }

}  // namespace headgate::gateway
