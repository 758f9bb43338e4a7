#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// Shapes of openai-openapi 2.3.0 (August 2026). prompt_tokens include cached and written tokens,
// completion_tokens include reasoning, and the answer names the tier.

// gpt-5: 1.25, cached 0.125, output 10.00; flex 0.625 and 5.00; priority 2.50 and 20.00.
config::Prices MakeGpt5Prices() {
  config::Prices prices =
      Priced({.input = Each(1'250), .cached_input = Each(125), .output = Each(10'000)});
  prices.flex =
      config::TierPrice{.row = config::PriceRow{.input = Each(625), .output = Each(5'000)}};
  prices.priority =
      config::TierPrice{.row = config::PriceRow{.input = Each(2'500), .output = Each(20'000)}};
  return prices;
}
const config::Prices kGpt5Prices = MakeGpt5Prices();

// gpt-5.6: 5.00, cached 0.50, written 6.25, output 30.00; above 272k twice that and 45.00.
config::Prices MakeGpt56Prices() {
  config::Prices prices = Priced({.input = Each(5'000),
                                  .cached_input = Each(500),
                                  .cache_write = Each(6'250),
                                  .output = Each(30'000)});
  prices.context_tiers = {{.above = 272'000,
                           .row = {.input = Each(10'000),
                                   .cached_input = Each(1'000),
                                   .cache_write = Each(12'500),
                                   .output = Each(45'000)}}};
  return prices;
}
const config::Prices kGpt56Prices = MakeGpt56Prices();

config::Prices MakeBatchPrices() {
  config::Prices prices = Gpt4oPrices();
  prices.batch =
      config::TierPrice{.row = config::PriceRow{.input = Each(1'250), .output = Each(5'000)}};
  return prices;
}
const config::Prices kBatchPrices = MakeBatchPrices();

const config::Prices kSmallEmbeddingPrices = Priced({.input = Each(20)});
const config::Prices kLargeEmbeddingPrices = Priced({.input = Each(130)});

std::string Tiered(std::string_view tier) {
  std::string members =
      R"("usage":{"prompt_tokens":800,"completion_tokens":100,"total_tokens":900,"prompt_tokens_details":{"cached_tokens":400}},"service_tier":)";
  return ChatAnswer(members.append(tier));
}

std::string Embeddings(std::string_view usage) {
  std::string answer =
      R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-0.25]}],"model":"m")";
  return answer.append(usage) + "}";
}

const std::vector<UsageShape> kOpenAiShapes = {
    {"openai_chat",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0,"cache_write_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_x")"),
     &Gpt4oPrices(),
     // 12 x 2,500 + 3 x 10,000 = 30,000 + 30,000
     {12, 0, 0, 0, 3, 0, kExact, 60'000}},
    {"openai_cached",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":1000,"completion_tokens":30,"total_tokens":1030,"prompt_tokens_details":{"cached_tokens":600,"audio_tokens":0}})"),
     &Gpt4oPrices(),
     // (1,000 - 600) x 2,500 + 600 x 1,250 + 30 x 10,000 = 1,000,000 + 750,000 + 300,000
     {1000, 600, 0, 0, 30, 0, kExact, 2'050'000}},
    {"openai_read_and_written",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":5000,"completion_tokens":200,"total_tokens":5200,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":3000},"completion_tokens_details":{"reasoning_tokens":150}})"),
     &kGpt56Prices,
     // (5,000 - 1,000 - 3,000) x 5,000 + 1,000 x 500 + 3,000 x 6,250 + 200 x 30,000
     // = 5,000,000 + 500,000 + 18,750,000 + 6,000,000
     {5000, 1000, 3000, 0, 200, 0, kExact, 30'250'000}},
    {"openai_reasoning_inside",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":100,"completion_tokens":700,"total_tokens":800,"completion_tokens_details":{"reasoning_tokens":640}})"),
     &kGpt5Prices,
     // 100 x 1,250 + 700 x 10,000 = 125,000 + 7,000,000
     {100, 0, 0, 0, 700, 0, kExact, 7'125'000}},
    {"openai_predictions_inside",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":50,"completion_tokens":90,"total_tokens":140,"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":20,"rejected_prediction_tokens":30}})"),
     &Gpt4oPrices(),
     // 50 x 2,500 + 90 x 10,000 = 125,000 + 900,000: rejected tokens are billed as output
     {50, 0, 0, 0, 90, 0, kExact, 1'025'000}},
    {"openai_audio",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":500,"completion_tokens":60,"total_tokens":560,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":400},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":50}})"),
     &Gpt4oPrices(),
     // 500 x 2,500 + 60 x 10,000 = 1,250,000 + 600,000, but audio has a price of its own
     {500, 0, 0, 0, 60, 0, kEstimated, 1'850'000}},
    {"openai_two_choices",
     kChat,
     R"({"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":40,"completion_tokens":64,"total_tokens":104}})",
     &Gpt4oPrices(),
     // 40 x 2,500 + 64 x 10,000 = 100,000 + 640,000: the usage is that of both
     {40, 0, 0, 0, 64, 0, kExact, 740'000}},
    {"openai_tool_call",
     kChat,
     R"({"id":"c1","object":"chat.completion","usage":{"prompt_tokens":70,"completion_tokens":18,"total_tokens":88},"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"usage\":{\"prompt_tokens\":1}}"}}]},"finish_reason":"tool_calls"}]})",
     &Gpt4oPrices(),
     // 70 x 2,500 + 18 x 10,000 = 175,000 + 180,000
     {70, 0, 0, 0, 18, 0, kExact, 355'000}},
    {"openai_filtered_without_output",
     kChat,
     R"({"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":33,"completion_tokens":0,"total_tokens":33}})",
     &Gpt4oPrices(),
     // 33 x 2,500
     {33, 0, 0, 0, 0, 0, kExact, 82'500}},
    {"openai_tier_default_although_flex_was_asked",
     kChat,
     Tiered(R"("default")"),
     &kGpt5Prices,
     // 400 x 1,250 + 400 x 125 + 100 x 10,000 = 500,000 + 50,000 + 1,000,000
     {800, 400, 0, 0, 100, 0, kExact, 1'550'000}},
    {"openai_tier_null",
     kChat,
     Tiered("null"),
     &kGpt5Prices,
     // as default
     {800, 400, 0, 0, 100, 0, kExact, 1'550'000}},
    {"openai_tier_scale_is_paid_in_advance",
     kChat,
     Tiered(R"("scale")"),
     &kGpt5Prices,
     // as default
     {800, 400, 0, 0, 100, 0, kExact, 1'550'000}},
    {"openai_tier_flex",
     kChat,
     Tiered(R"("flex")"),
     &kGpt5Prices,
     // 800 x 625 + 100 x 5,000 = 500,000 + 500,000: the row has no price of cached tokens
     {800, 400, 0, 0, 100, 0, kExact, 1'000'000}},
    {"openai_tier_priority",
     kChat,
     Tiered(R"("priority")"),
     &kGpt5Prices,
     // 800 x 2,500 + 100 x 20,000 = 2,000,000 + 2,000,000
     {800, 400, 0, 0, 100, 0, kExact, 4'000'000}},
    {"openai_tier_batch",
     kChat,
     Tiered(R"("batch")"),
     &kBatchPrices,
     // 800 x 1,250 + 100 x 5,000 = 1,000,000 + 500,000
     {800, 400, 0, 0, 100, 0, kExact, 1'500'000}},
    {"openai_tier_batch_without_a_price",
     kChat,
     Tiered(R"("batch")"),
     &kGpt5Prices,
     // the standard price: 1,550,000, as default
     {800, 400, 0, 0, 100, 0, kEstimated, 1'550'000}},
    {"openai_tier_that_no_list_has",
     kChat,
     Tiered(R"("ultrafast")"),
     &kGpt5Prices,
     // the standard price: 1,550,000, as default
     {800, 400, 0, 0, 100, 0, kEstimated, 1'550'000}},
    {"openai_prompt_of_272000",
     kChat,
     ChatAnswer(R"("usage":{"prompt_tokens":272000,"completion_tokens":10,"total_tokens":272010})"),
     &kGpt56Prices,
     // 272,000 x 5,000 + 10 x 30,000 = 1,360,000,000 + 300,000
     {272000, 0, 0, 0, 10, 0, kExact, 1'360'300'000}},
    {"openai_prompt_of_272001",
     kChat,
     ChatAnswer(R"("usage":{"prompt_tokens":272001,"completion_tokens":10,"total_tokens":272011})"),
     &kGpt56Prices,
     // the whole request: 272,001 x 10,000 + 10 x 45,000 = 2,720,010,000 + 450,000
     {272001, 0, 0, 0, 10, 0, kExact, 2'720'460'000}},
    {"openai_long_prompt_from_the_cache",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":300000,"completion_tokens":20,"total_tokens":300020,"prompt_tokens_details":{"cached_tokens":299000}})"),
     &kGpt56Prices,
     // 1,000 x 10,000 + 299,000 x 1,000 + 20 x 45,000 = 10,000,000 + 299,000,000 + 900,000
     {300000, 299000, 0, 0, 20, 0, kExact, 309'900'000}},
    {"openai_legacy_completion",
     kChat,
     R"({"id":"c1","object":"text_completion","created":1,"model":"m","choices":[{"text":"Twelve bytes","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}})",
     &Gpt4oPrices(),
     // 5 x 2,500 + 7 x 10,000 = 12,500 + 70,000
     {5, 0, 0, 0, 7, 0, kExact, 82'500}},
    {"openai_embeddings",
     kEmbeddings,
     Embeddings(R"(,"usage":{"prompt_tokens":8,"total_tokens":8})"),
     &kSmallEmbeddingPrices,
     // 8 x 20
     {8, 0, 0, 0, 0, 0, kExact, 160}},
    {"openai_embeddings_of_300000",
     kEmbeddings,
     Embeddings(R"(,"usage":{"prompt_tokens":300000,"total_tokens":300000})"),
     &kLargeEmbeddingPrices,
     // 300,000 x 130
     {300000, 0, 0, 0, 0, 0, kExact, 39'000'000}},
    {"openai_embeddings_without_usage",
     kEmbeddings,
     Embeddings(""),
     &kSmallEmbeddingPrices,
     // 900 x 20, and no output is expected
     {900, 0, 0, 0, 0, 0, kEstimated, 18'000}},
};

const std::string kFlexChunk = R"("usage":null,"service_tier":"flex")";
const std::vector<UsageShape> kOpenAiStreamShapes = {
    {"openai_stream",
     kChatStream,
     Chunks({kTextChunk, kTextChunk, kStopChunk,
             LastChunk(R"("usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11})")}),
     &Gpt4oPrices(),
     // 9 x 2,500 + 2 x 10,000 = 22,500 + 20,000
     {9, 0, 0, 0, 2, 0, kExact, 42'500}},
    {"openai_stream_cached_and_flex",
     kChatStream,
     Chunks(
         {TextChunk(kFlexChunk), StopChunk(kFlexChunk),
          LastChunk(
              R"("usage":{"prompt_tokens":2000,"completion_tokens":400,"total_tokens":2400,"prompt_tokens_details":{"cached_tokens":1920},"completion_tokens_details":{"reasoning_tokens":384}},"service_tier":"flex")")}),
     &kGpt5Prices,
     // 2,000 x 625 + 400 x 5,000 = 1,250,000 + 2,000,000
     {2000, 1920, 0, 0, 400, 0, kExact, 3'250'000}},
    {"openai_stream_tier_known_at_its_end",
     kChatStream,
     Chunks(
         {TextChunk(R"("usage":null,"service_tier":"auto")"), kStopChunk,
          LastChunk(
              R"("usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25},"service_tier":"priority")")}),
     &kGpt5Prices,
     // 20 x 2,500 + 5 x 20,000 = 50,000 + 100,000
     {20, 0, 0, 0, 5, 0, kExact, 150'000}},
    {"openai_stream_written_to_the_cache",
     kChatStream,
     Chunks(
         {kTextChunk, kStopChunk,
          LastChunk(
              R"("usage":{"prompt_tokens":3000,"completion_tokens":10,"total_tokens":3010,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":2944}})")}),
     &kGpt56Prices,
     // 56 x 5,000 + 2,944 x 6,250 + 10 x 30,000 = 280,000 + 18,400,000 + 300,000
     {3000, 0, 2944, 0, 10, 0, kExact, 18'980'000}},
    {"openai_stream_that_was_not_asked_for_usage",
     kChatStream,
     Chunks({kTextChunk, kTextChunk, kTextChunk, kStopChunk}),
     &Gpt4oPrices(),
     // 900 x 2,500 + 3 x 10,000 = 2,250,000 + 30,000
     {900, 0, 0, 0, 3, 0, kEstimated, 2'280'000}},
    {"openai_stream_cut_before_its_usage",
     kCutChatStream,
     ChunksWithoutEnd({kTextChunk, kTextChunk}),
     &Gpt4oPrices(),
     // 900 x 2,500 + 2 x 10,000 = 2,250,000 + 20,000
     {900, 0, 0, 0, 2, 0, kEstimated, 2'270'000}},
    {"openai_stream_without_done",
     kChatStream,
     ChunksWithoutEnd({kTextChunk, kStopChunk,
                       LastChunk(R"("usage":{"prompt_tokens":9,"completion_tokens":4})")}),
     &Gpt4oPrices(),
     // 9 x 2,500 + 4 x 10,000 = 22,500 + 40,000
     {9, 0, 0, 0, 4, 0, kExact, 62'500}},
    {"openai_stream_usage_in_two_events",
     kChatStream,
     Chunks({kTextChunk,
             StopChunk(R"("usage":{"prompt_tokens":9,"completion_tokens":6,"total_tokens":15})"),
             LastChunk(R"("usage":{"prompt_tokens":9,"completion_tokens":6,"total_tokens":15})")}),
     &Gpt4oPrices(),
     // 9 x 2,500 + 6 x 10,000 = 22,500 + 60,000: once
     {9, 0, 0, 0, 6, 0, kExact, 82'500}},
    {"openai_stream_that_ends_with_an_error",
     kChatStream,
     ChunksWithoutEnd({kTextChunk, R"({"error":{"message":"overloaded","type":"server_error"}})"}),
     &Gpt4oPrices(),
     // 900 x 2,500 + 1 x 10,000: the backend had begun
     {900, 0, 0, 0, 1, 0, kEstimated, 2'260'000}},
    {"openai_stream_of_a_tool_call",
     kChatStream,
     Chunks(
         {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]})",
          R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":null}]})",
          R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})",
          LastChunk(R"("usage":{"prompt_tokens":61,"completion_tokens":14,"total_tokens":75})")}),
     &Gpt4oPrices(),
     // 61 x 2,500 + 14 x 10,000 = 152,500 + 140,000
     {61, 0, 0, 0, 14, 0, kExact, 292'500}},
    {"openai_stream_of_a_legacy_completion",
     kChatStream,
     Chunks(
         {R"({"id":"c1","object":"text_completion","choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}],"usage":null})",
          R"({"id":"c1","object":"text_completion","choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"usage":null})",
          R"({"id":"c1","object":"text_completion","choices":[],"usage":{"prompt_tokens":4,"completion_tokens":16,"total_tokens":20}})"}),
     &Gpt4oPrices(),
     // 4 x 2,500 + 16 x 10,000 = 10,000 + 160,000
     {4, 0, 0, 0, 16, 0, kExact, 170'000}},
};

}  // namespace

std::vector<UsageShape> OpenAiShapes() { return kOpenAiShapes; }
std::vector<UsageShape> OpenAiStreamShapes() { return kOpenAiStreamShapes; }

}  // namespace headgate::gateway
