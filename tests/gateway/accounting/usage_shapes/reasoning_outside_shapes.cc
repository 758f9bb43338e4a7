#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// Two vendors whose completion_tokens exclude reasoning, which is billed as output. The total tells
// (backends/protocols/openai/usage.cc).

// xAI's grok-4.3: 1.25, cached 0.20, output 2.50; above 200k twice that; a search 0.005 (docs.x.ai,
// "Pricing", 2026).
config::Prices MakeGrokPrices() {
  config::Prices prices =
      Priced({.input = Each(1'250), .cached_input = Each(200), .output = Each(2'500)});
  prices.context_tiers = {
      {.above = 200'000,
       .row = {.input = Each(2'500), .cached_input = Each(400), .output = Each(5'000)}}};
  prices.per_web_search = 5'000'000;
  return prices;
}
const config::Prices kGrokPrices = MakeGrokPrices();

// xAI says in each usage what it charged, in ticks of 1e-10 US dollars. Four of the shapes are
// recorded answers, which have to cost what their ticks say.
std::string Recorded(std::string_view usage) {
  return Response(R"("usage":{)" + std::string(usage) + "}");
}

// gemini-2.5-flash: 0.30, cached 0.03, output 2.50.
const config::Prices kGeminiPrices =
    Priced({.input = Each(300), .cached_input = Each(30), .output = Each(2'500)});

const std::string kNoTools =
    R"(,"num_sources_used":0,"num_server_side_tools_used":0,"cost_in_usd_ticks":)";
const std::string kPostSearches =
    R"(,"server_side_tool_usage_details":{"web_search_calls":0,"code_interpreter_calls":0,"file_search_calls":0,"mcp_calls":0,"document_search_calls":0,"image_generation_calls":0,"x_search_calls":)";

const std::string kOutsideUsage =
    R"("usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":371,"prompt_tokens_details":{"text_tokens":32,"audio_tokens":0,"image_tokens":0,"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":330,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0})";
const std::string kToolUsage =
    R"("usage":{"prompt_tokens":1000,"completion_tokens":40,"total_tokens":1040,)";
const std::vector<UsageShape> kXaiShapes = {
    {"xai_reasoning_outside",
     kChat,
     ChatAnswer(kOutsideUsage),
     &kGrokPrices,
     // 32 x 1,250 + (9 + 330) x 2,500 = 40,000 + 847,500
     {32, 0, 0, 0, 339, 0, kExact, 887'500}},
    {"xai_reasoning_inside",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":100,"completion_tokens":400,"total_tokens":500,"completion_tokens_details":{"reasoning_tokens":300}})"),
     &kGrokPrices,
     // 100 x 1,250 + 400 x 2,500 = 125,000 + 1,000,000
     {100, 0, 0, 0, 400, 0, kExact, 1'125'000}},
    {"xai_reasoning_without_a_total",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":33,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":330}})"),
     &kGrokPrices,
     // 33 x 1,250 + (9 + 330) x 2,500 = 41,250 + 847,500: 330 cannot be inside 9
     {33, 0, 0, 0, 339, 0, kExact, 888'750}},
    {"xai_total_of_neither_arithmetic",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":130,"completion_tokens_details":{"reasoning_tokens":50}})"),
     &kGrokPrices,
     // 100 x 1,250 + (130 - 100) x 2,500 = 125,000 + 75,000: what the total has is billed
     {100, 0, 0, 0, 30, 0, kEstimated, 200'000}},
    {"xai_cached",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":125,"completion_tokens":48,"total_tokens":173,"prompt_tokens_details":{"text_tokens":125,"audio_tokens":0,"image_tokens":0,"cached_tokens":98},"completion_tokens_details":{"reasoning_tokens":0}})"),
     &kGrokPrices,
     // 27 x 1,250 + 98 x 200 + 48 x 2,500 = 33,750 + 19,600 + 120,000
     {125, 98, 0, 0, 48, 0, kExact, 173'350}},
    {"xai_prompt_above_200000",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":200001,"completion_tokens":9,"total_tokens":200021,"completion_tokens_details":{"reasoning_tokens":11}})"),
     &kGrokPrices,
     // 200,001 x 2,500 + (9 + 11) x 5,000 = 500,002,500 + 100,000
     {200001, 0, 0, 0, 20, 0, kExact, 500'102'500}},
    {"xai_stream_usage_in_each_chunk",
     kChatStream,
     Chunks(
         {TextChunk(
              R"("usage":{"prompt_tokens":32,"completion_tokens":1,"total_tokens":363,"completion_tokens_details":{"reasoning_tokens":330}})"),
          StopChunk(kOutsideUsage), LastChunk(kOutsideUsage)}),
     &kGrokPrices,
     // as a whole answer: 887,500
     {32, 0, 0, 0, 339, 0, kExact, 887'500}},
    {"xai_sources_of_the_older_search",
     kChat,
     ChatAnswer(kToolUsage + R"("num_sources_used":4})"),
     &kGrokPrices,
     // 1,000 x 1,250 + 40 x 2,500 + 4 x 5,000,000 = 1,250,000 + 100,000 + 20,000,000
     {1000, 0, 0, 0, 40, 4, kExact, 21'350'000}},
    {"xai_searches_on_the_web_and_of_posts",
     kChat,
     ChatAnswer(
         kToolUsage +
         R"("num_sources_used":12,"server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":1,"mcp_calls":3}})"),
     &kGrokPrices,
     // 1,250,000 + 100,000 + (2 + 1) x 5,000,000: neither sources nor calls of MCP are charged
     {1000, 0, 0, 0, 40, 3, kExact, 16'350'000}},
    {"xai_code_interpreter",
     kChat,
     ChatAnswer(kToolUsage + R"("server_side_tool_usage_details":{"code_interpreter_calls":2}})"),
     &kGrokPrices,
     // 1,250,000 + 100,000, and two calls at a price of their own
     {1000, 0, 0, 0, 40, 0, kEstimated, 1'350'000}},
    {"xai_recorded_charge_of_5_searches",
     kResponse,
     Recorded(
         R"("input_tokens":13181,"input_tokens_details":{"cached_tokens":3072},"output_tokens":4005,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":17186,"num_sources_used":0,"cost_in_usd_ticks":482631500)" +
         kPostSearches + "5}"),
     &kGrokPrices,
     // 10,109 x 1,250 + 3,072 x 200 + 4,005 x 2,500 + 5 x 5,000,000
     // = 12,636,250 + 614,400 + 10,012,500 + 25,000,000 = 482,631,500 ticks / 10
     {13181, 3072, 0, 0, 4005, 5, kExact, 48'263'150}},
    {"xai_recorded_charge_of_4_searches",
     kResponse,
     Recorded(
         R"("input_tokens":10669,"input_tokens_details":{"cached_tokens":3072},"output_tokens":4639,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":15308,"num_sources_used":0,"cost_in_usd_ticks":417081500)" +
         kPostSearches + "4}"),
     &kGrokPrices,
     // 7,597 x 1,250 + 3,072 x 200 + 4,639 x 2,500 + 4 x 5,000,000
     // = 9,496,250 + 614,400 + 11,597,500 + 20,000,000 = 417,081,500 ticks / 10
     {10669, 3072, 0, 0, 4639, 4, kExact, 41'708'150}},
    {"xai_recorded_charge_of_9_searches",
     kResponse,
     Recorded(
         R"("input_tokens":19116,"input_tokens_details":{"cached_tokens":9472},"output_tokens":2805,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":21921,"num_sources_used":0,"cost_in_usd_ticks":659619000)" +
         kPostSearches + "9}"),
     &kGrokPrices,
     // 9,644 x 1,250 + 9,472 x 200 + 2,805 x 2,500 + 9 x 5,000,000
     // = 12,055,000 + 1,894,400 + 7,012,500 + 45,000,000 = 659,619,000 ticks / 10
     {19116, 9472, 0, 0, 2805, 9, kExact, 65'961'900}},
    {"xai_recorded_charge_of_reasoning_inside",
     kResponse,
     Recorded(
         R"("input_tokens":6853,"input_tokens_details":{"cached_tokens":896},"output_tokens":969,"output_tokens_details":{"reasoning_tokens":701},"total_tokens":7822)" +
         kNoTools + "100479500"),
     &kGrokPrices,
     // 5,957 x 1,250 + 896 x 200 + 969 x 2,500 = 7,446,250 + 179,200 + 2,422,500
     // = 100,479,500 ticks / 10
     {6853, 896, 0, 0, 969, 0, kExact, 10'047'950}},
};

const std::string kFirstGeminiUsage =
    R"("usage":{"prompt_tokens":20,"completion_tokens":3,"total_tokens":405})";
const std::string kLastGeminiUsage =
    R"("usage":{"prompt_tokens":20,"completion_tokens":151,"total_tokens":553})";
const std::vector<UsageShape> kGeminiShapes = {
    {"gemini_thoughts_not_itemised",
     kChat,
     ChatAnswer(kLastGeminiUsage),
     &kGeminiPrices,
     // 20 x 300 + (553 - 20) x 2,500 = 6,000 + 1,332,500
     {20, 0, 0, 0, 533, 0, kExact, 1'338'500}},
    {"gemini_thoughts_itemised_outside",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":20,"completion_tokens":151,"total_tokens":553,"completion_tokens_details":{"reasoning_tokens":382}})"),
     &kGeminiPrices,
     // 20 x 300 + (151 + 382) x 2,500 = 6,000 + 1,332,500
     {20, 0, 0, 0, 533, 0, kExact, 1'338'500}},
    {"gemini_thoughts_put_inside_by_a_proxy",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":20,"completion_tokens":533,"total_tokens":553,"completion_tokens_details":{"reasoning_tokens":382}})"),
     &kGeminiPrices,
     // 20 x 300 + 533 x 2,500 = 6,000 + 1,332,500
     {20, 0, 0, 0, 533, 0, kExact, 1'338'500}},
    {"gemini_nothing_but_thoughts",
     kChat,
     R"({"choices":[{"index":0,"message":{"role":"assistant"},"finish_reason":"length"}],"object":"chat.completion","usage":{"prompt_tokens":21,"completion_tokens":0,"total_tokens":81,"completion_tokens_details":{"reasoning_tokens":60}}})",
     &kGeminiPrices,
     // 21 x 300 + 60 x 2,500 = 6,300 + 150,000
     {21, 0, 0, 0, 60, 0, kExact, 156'300}},
    {"gemini_completion_missing",
     kChat,
     R"({"choices":[{"index":0,"message":{"role":"assistant"},"finish_reason":"length"}],"object":"chat.completion","usage":{"prompt_tokens":22,"total_tokens":81}})",
     &kGeminiPrices,
     // 22 x 300 + (81 - 22) x 2,500 = 6,600 + 147,500
     {22, 0, 0, 0, 59, 0, kEstimated, 154'100}},
    {"gemini_cached",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":2000,"completion_tokens":50,"total_tokens":2050,"prompt_tokens_details":{"cached_tokens":1500}})"),
     &kGeminiPrices,
     // 500 x 300 + 1,500 x 30 + 50 x 2,500 = 150,000 + 45,000 + 125,000
     {2000, 1500, 0, 0, 50, 0, kExact, 320'000}},
    {"gemini_stream_usage_in_each_chunk",
     kChatStream,
     Chunks(
         {TextChunk(kFirstGeminiUsage), TextChunk(kFirstGeminiUsage), StopChunk(kLastGeminiUsage)}),
     &kGeminiPrices,
     // the last report: 1,338,500
     {20, 0, 0, 0, 533, 0, kExact, 1'338'500}},
    {"gemini_stream_completion_missing_at_first",
     kChatStream,
     Chunks({TextChunk(R"("usage":{"prompt_tokens":20,"total_tokens":20})"),
             StopChunk(R"("usage":{"prompt_tokens":20,"completion_tokens":4,"total_tokens":24})")}),
     &kGeminiPrices,
     // 20 x 300 + 4 x 2,500 = 6,000 + 10,000
     {20, 0, 0, 0, 4, 0, kExact, 16'000}},
};

}  // namespace

std::vector<UsageShape> XaiShapes() { return kXaiShapes; }
std::vector<UsageShape> GeminiShapes() { return kGeminiShapes; }

}  // namespace headgate::gateway
