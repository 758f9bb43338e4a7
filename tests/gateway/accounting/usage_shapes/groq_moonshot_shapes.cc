#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// Groq (console.groq.com, "Service Tiers", 2025): 0.20, cached 0.10, output 0.60.
config::Prices MakeGroqPrices() {
  return Priced({.input = Each(200), .cached_input = Each(100), .output = Each(600)});
}
const config::Prices kGroqPrices = MakeGroqPrices();

// The same with `flex: 100%`.
config::Prices MakeGroqFlexPrices() {
  config::Prices prices = MakeGroqPrices();
  prices.flex = config::TierPrice{};
  return prices;
}
const config::Prices kGroqFlexPrices = MakeGroqFlexPrices();

// Moonshot (platform.kimi.ai, August 2026): 0.60, cached 0.15, output 2.50.
const config::Prices kMoonshotPrices =
    Priced({.input = Each(600), .cached_input = Each(150), .output = Each(2'500)});

constexpr std::string_view kMoonshotUsage =
    R"("usage":{"prompt_tokens":1336,"completion_tokens":31,"total_tokens":1367,"cached_tokens":1280})";

std::string EndingChoice(std::string_view member) {
  std::string chunk = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop",)";
  return chunk.append(member) + "}]}";
}

const std::string kGroqUsage =
    R"("usage":{"queue_time":0.037493756,"prompt_tokens":24,"prompt_time":0.000680594,"completion_tokens":377,"completion_time":0.463333333,"total_tokens":401,"total_time":0.464013927})";
const std::string kGroqOwnUsage = R"("x_groq":{"id":"req_1",)" + kGroqUsage + "}";
const std::vector<UsageShape> kGroqAndMoonshotShapes = {
    {"groq_times_beside_its_counts",
     kChat,
     ChatAnswer(
         kGroqUsage +
         R"(,"usage_breakdown":null,"system_fingerprint":"fp_1","x_groq":{"id":"req_1"},"service_tier":"on_demand")"),
     &kGroqPrices,
     // 24 x 200 + 377 x 600 = 4,800 + 226,200
     {24, 0, 0, 0, 377, 0, kExact, 231'000}},
    {"groq_cached_and_reasoning",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":4641,"completion_tokens":1817,"total_tokens":6458,"prompt_tokens_details":{"cached_tokens":4608},"completion_tokens_details":{"reasoning_tokens":1500}})"),
     &kGroqPrices,
     // 33 x 200 + 4,608 x 100 + 1,817 x 600 = 6,600 + 460,800 + 1,090,200
     {4641, 4608, 0, 0, 1817, 0, kExact, 1'557'600}},
    {"groq_tier_flex_at_the_same_price",
     kChat,
     ChatAnswer(kGroqUsage + R"(,"service_tier":"flex")"),
     &kGroqFlexPrices,
     // as on_demand: 231,000
     {24, 0, 0, 0, 377, 0, kExact, 231'000}},
    {"groq_tier_flex_without_a_price",
     kChat,
     ChatAnswer(kGroqUsage + R"(,"service_tier":"flex")"),
     &kGroqPrices,
     // the standard price: 231,000
     {24, 0, 0, 0, 377, 0, kEstimated, 231'000}},
    {"groq_tier_performance",
     kChat,
     ChatAnswer(kGroqUsage + R"(,"service_tier":"performance")"),
     &kGroqPrices,
     // the standard price: 231,000
     {24, 0, 0, 0, 377, 0, kEstimated, 231'000}},
    {"groq_stream_usage_in_its_own_place",
     kChatStream,
     Chunks({kTextChunk, StopChunk(kGroqOwnUsage)}),
     &kGroqPrices,
     // as a whole answer: 231,000
     {24, 0, 0, 0, 377, 0, kExact, 231'000}},
    {"groq_stream_usage_in_two_places",
     kChatStream,
     Chunks({kTextChunk, StopChunk(kGroqOwnUsage), LastChunk(kGroqUsage)}),
     &kGroqPrices,
     // as a whole answer: 231,000
     {24, 0, 0, 0, 377, 0, kExact, 231'000}},
    {"moonshot_cached_beside_the_details",
     kChat,
     ChatAnswer(kMoonshotUsage),
     &kMoonshotPrices,
     // 56 x 600 + 1,280 x 150 + 31 x 2,500 = 33,600 + 192,000 + 77,500
     {1336, 1280, 0, 0, 31, 0, kExact, 303'100}},
    {"moonshot_cached_under_two_names",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":1336,"completion_tokens":32,"total_tokens":1368,"cached_tokens":1280,"prompt_tokens_details":{"cached_tokens":1280}})"),
     &kMoonshotPrices,
     // 56 x 600 + 1,280 x 150 + 32 x 2,500 = 33,600 + 192,000 + 80,000
     {1336, 1280, 0, 0, 32, 0, kExact, 305'600}},
    {"moonshot_nothing_cached",
     kChat,
     ChatAnswer(R"("usage":{"prompt_tokens":19,"completion_tokens":21,"total_tokens":40})"),
     &kMoonshotPrices,
     // 19 x 600 + 21 x 2,500 = 11,400 + 52,500
     {19, 0, 0, 0, 21, 0, kExact, 63'900}},
    {"moonshot_stream_usage_in_the_choice",
     kChatStream,
     Chunks({kTextChunk, EndingChoice(kMoonshotUsage)}),
     &kMoonshotPrices,
     // as a whole answer: 303,100
     {1336, 1280, 0, 0, 31, 0, kExact, 303'100}},
    {"moonshot_stream_usage_in_two_places",
     kChatStream,
     Chunks({kTextChunk, EndingChoice(kMoonshotUsage), LastChunk(kMoonshotUsage)}),
     &kMoonshotPrices,
     // as a whole answer: 303,100
     {1336, 1280, 0, 0, 31, 0, kExact, 303'100}},
};

}  // namespace

std::vector<UsageShape> GroqAndMoonshotShapes() { return kGroqAndMoonshotShapes; }

}  // namespace headgate::gateway
