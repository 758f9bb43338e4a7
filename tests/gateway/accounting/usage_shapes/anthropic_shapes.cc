#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {

// Anthropic's Messages (@anthropic-ai/sdk 1.12.0, November 2026): input_tokens exclude what was
// read from the cache or written to it, output_tokens include thinking, searches are paid one by
// one.

namespace {

const std::vector<UsageShape> kAnthropicShapes = {
    {"anthropic_message",
     kMessage,
     Message(
         R"({"input_tokens":10,"output_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens_details":{"thinking_tokens":0},"server_tool_use":null,"service_tier":"standard","speed":"standard","inference_geo":null})"),
     &SonnetPrices(),
     // 10 x 3,000 + 4 x 15,000 = 30,000 + 60,000
     {10, 0, 0, 0, 4, 0, kExact, 90'000}},
    {"anthropic_read_from_the_cache",
     kMessage,
     Message(R"({"input_tokens":10,"cache_read_input_tokens":5000,"output_tokens":100})"),
     &SonnetPrices(),
     // 10 x 3,000 + 5,000 x 300 + 100 x 15,000 = 30,000 + 1,500,000 + 1,500,000
     {5010, 5000, 0, 0, 100, 0, kExact, 3'030'000}},
    {"anthropic_written_for_two_lifetimes",
     kMessage,
     Message(
         R"({"input_tokens":100,"cache_creation_input_tokens":3000,"cache_read_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":2000},"output_tokens":40})"),
     &SonnetPrices(),
     // 100 x 3,000 + 500 x 300 + 1,000 x 3,750 + 2,000 x 6,000 + 40 x 15,000
     // = 300,000 + 150,000 + 3,750,000 + 12,000,000 + 600,000
     {3600, 500, 3000, 2000, 40, 0, kExact, 16'800'000}},
    {"anthropic_written_without_a_lifetime",
     kMessage,
     Message(
         R"({"input_tokens":100,"cache_creation_input_tokens":800,"cache_creation":null,"output_tokens":10})"),
     &SonnetPrices(),
     // 5 minutes: 100 x 3,000 + 800 x 3,750 + 10 x 15,000 = 300,000 + 3,000,000 + 150,000
     {900, 0, 800, 0, 10, 0, kExact, 3'450'000}},
    {"anthropic_lifetimes_alone",
     kMessage,
     Message(
         R"({"input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":800},"output_tokens":10})"),
     &SonnetPrices(),
     // 100 x 3,000 + 800 x 6,000 + 10 x 15,000 = 300,000 + 4,800,000 + 150,000
     {900, 0, 800, 800, 10, 0, kExact, 5'250'000}},
    {"anthropic_more_by_lifetime_than_written",
     kMessage,
     Message(
         R"({"input_tokens":10,"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":4})"),
     &SonnetPrices(),
     // 10 x 3,000 + 100 x 3,750 + 200 x 6,000 + 4 x 15,000
     // = 30,000 + 375,000 + 1,200,000 + 60,000, of figures that disagree
     {310, 0, 300, 200, 4, 0, kEstimated, 1'665'000}},
    {"anthropic_thinking_inside",
     kMessage,
     Message(
         R"({"input_tokens":20,"output_tokens":900,"output_tokens_details":{"thinking_tokens":800}})"),
     &SonnetPrices(),
     // 20 x 3,000 + 900 x 15,000 = 60,000 + 13,500,000
     {20, 0, 0, 0, 900, 0, kExact, 13'560'000}},
    {"anthropic_searches",
     kMessage,
     Message(
         R"({"input_tokens":12000,"output_tokens":300,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":0}})"),
     &SonnetPrices(),
     // 12,000 x 3,000 + 300 x 15,000 + 3 x 10,000,000 = 36,000,000 + 4,500,000 + 30,000,000
     {12000, 0, 0, 0, 300, 3, kExact, 70'500'000}},
    {"anthropic_tier_batch",
     kMessage,
     Message(
         R"({"input_tokens":1000,"cache_read_input_tokens":1000,"output_tokens":100,"service_tier":"batch"})"),
     &SonnetPrices(),
     // (1,000 x 3,000 + 1,000 x 300 + 100 x 15,000) / 2 = (3,000,000 + 300,000 + 1,500,000) / 2
     {2000, 1000, 0, 0, 100, 0, kExact, 2'400'000}},
    {"anthropic_searches_in_a_batch_have_their_whole_price",
     kMessage,
     Message(
         R"({"input_tokens":1000,"output_tokens":100,"service_tier":"batch","server_tool_use":{"web_search_requests":1}})"),
     &SonnetPrices(),
     // (1,000 x 3,000 + 100 x 15,000) / 2 + 10,000,000 = 2,250,000 + 10,000,000
     {1000, 0, 0, 0, 100, 1, kExact, 12'250'000}},
    {"anthropic_tier_priority_without_a_price",
     kMessage,
     Message(R"({"input_tokens":11,"output_tokens":5,"service_tier":"priority"})"),
     &SonnetPrices(),
     // 11 x 3,000 + 5 x 15,000 = 33,000 + 75,000
     {11, 0, 0, 0, 5, 0, kEstimated, 108'000}},
    {"anthropic_fast",
     kMessage,
     Message(R"({"input_tokens":100,"output_tokens":50,"service_tier":"standard","speed":"fast"})"),
     &OpusPrices(),
     // (100 x 5,000 + 50 x 25,000) x 6 = (500,000 + 1,250,000) x 6
     {100, 0, 0, 0, 50, 0, kExact, 10'500'000}},
    {"anthropic_inference_in_the_us",
     kMessage,
     Message(R"({"input_tokens":100,"output_tokens":50,"inference_geo":"us"})"),
     &OpusPrices(),
     // 100 x 5,000 + 50 x 25,000 = 500,000 + 1,250,000; a tenth more is not in the list
     {100, 0, 0, 0, 50, 0, kEstimated, 1'750'000}},
    {"anthropic_prompt_of_200000",
     kMessage,
     Message(R"({"input_tokens":140000,"cache_read_input_tokens":60000,"output_tokens":100})"),
     &SonnetPrices(),
     // 140,000 x 3,000 + 60,000 x 300 + 100 x 15,000 = 420,000,000 + 18,000,000 + 1,500,000
     {200000, 60000, 0, 0, 100, 0, kExact, 439'500'000}},
    {"anthropic_prompt_of_210000_with_its_cached_part",
     kMessage,
     Message(R"({"input_tokens":150000,"cache_read_input_tokens":60000,"output_tokens":100})"),
     &SonnetPrices(),
     // 150,000 x 6,000 + 60,000 x 600 + 100 x 22,500 = 900,000,000 + 36,000,000 + 2,250,000
     {210000, 60000, 0, 0, 100, 0, kExact, 938'250'000}},
    {"anthropic_nulls",
     kMessage,
     Message(
         R"({"input_tokens":10,"output_tokens":6,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"cache_creation":null,"server_tool_use":null,"service_tier":null})"),
     &SonnetPrices(),
     // 10 x 3,000 + 6 x 15,000 = 30,000 + 90,000
     {10, 0, 0, 0, 6, 0, kExact, 120'000}},
    {"anthropic_cache_warmed_without_output",
     kMessage,
     R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"max_tokens","usage":{"input_tokens":5,"cache_creation_input_tokens":4000,"output_tokens":0}})",
     &SonnetPrices(),
     // 5 x 3,000 + 4,000 x 3,750 = 15,000 + 15,000,000
     {4005, 0, 4000, 0, 0, 0, kExact, 15'015'000}},
    {"anthropic_compaction",
     kMessage,
     Message(
         R"({"input_tokens":23000,"output_tokens":1000,"iterations":[{"type":"compaction","input_tokens":180000,"output_tokens":3500},{"type":"message","input_tokens":23000,"output_tokens":1000}]})"),
     &OpusPrices(),
     // (23,000 + 180,000) x 5,000 + (1,000 + 3,500) x 25,000 = 1,015,000,000 + 112,500,000
     {203000, 0, 0, 0, 4500, 0, kExact, 1'127'500'000}},
    {"anthropic_compaction_alone",
     kMessage,
     R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"compaction","content":"a"}],"stop_reason":"compaction","usage":{"input_tokens":0,"output_tokens":0,"iterations":[{"type":"compaction","input_tokens":5000,"output_tokens":300,"cache_creation_input_tokens":100,"cache_read_input_tokens":4000}]}})",
     &OpusPrices(),
     // 5,000 x 5,000 + 4,000 x 500 + 100 x 6,250 + 300 x 25,000
     // = 25,000,000 + 2,000,000 + 625,000 + 7,500,000
     {9100, 4000, 100, 0, 300, 0, kExact, 35'125'000}},
    {"anthropic_advisor_of_another_model",
     kMessage,
     Message(
         R"({"input_tokens":100,"output_tokens":50,"iterations":[{"type":"message","input_tokens":100,"output_tokens":50},{"type":"advisor_message","model":"n","input_tokens":900,"output_tokens":70}]})"),
     &OpusPrices(),
     // 100 x 5,000 + 50 x 25,000 = 500,000 + 1,250,000, and the advisor at a price of its own
     {100, 0, 0, 0, 50, 0, kEstimated, 1'750'000}},
    {"anthropic_numbers_as_doubles",
     kMessage,
     Message(R"({"input_tokens":10.0,"output_tokens":4e0,"cache_read_input_tokens":100.0})"),
     &SonnetPrices(),
     // 10 x 3,000 + 100 x 300 + 4 x 15,000 = 30,000 + 30,000 + 60,000
     {110, 100, 0, 0, 4, 0, kExact, 120'000}},
    {"anthropic_usage_missing",
     kMessage,
     R"({"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Twelve bytes"}],"stop_reason":"end_turn"})",
     &SonnetPrices(),
     // 900 x 3,000 + 3 x 15,000 = 2,700,000 + 45,000
     {900, 0, 0, 0, 3, 0, kEstimated, 2'745'000}},
    {"anthropic_usage_negative",
     kMessage,
     Message(R"({"input_tokens":10,"output_tokens":-4})"),
     &SonnetPrices(),
     // 900 x 3,000 + 3 x 15,000 = 2,700,000 + 45,000
     {900, 0, 0, 0, 3, 0, kEstimated, 2'745'000}},
    {"anthropic_usage_in_strings",
     kMessage,
     Message(R"({"input_tokens":"10","output_tokens":"4"})"),
     &SonnetPrices(),
     // 900 x 3,000 + 3 x 15,000 = 2,700,000 + 45,000
     {900, 0, 0, 0, 3, 0, kEstimated, 2'745'000}},
    {"anthropic_cached_negative",
     kMessage,
     Message(R"({"input_tokens":10,"output_tokens":4,"cache_read_input_tokens":-7})"),
     &SonnetPrices(),
     // 10 x 3,000 + 4 x 15,000 = 30,000 + 60,000, and what was read is not known
     {10, 0, 0, 0, 4, 0, kEstimated, 90'000}},
    {"anthropic_shape_of_deepseek",
     kMessage,
     Message(
         R"({"input_tokens":104,"cache_creation_input_tokens":0,"cache_read_input_tokens":896,"output_tokens":50,"service_tier":"standard"})"),
     &SonnetPrices(),
     // 104 x 3,000 + 896 x 300 + 50 x 15,000 = 312,000 + 268,800 + 750,000
     {1000, 896, 0, 0, 50, 0, kExact, 1'330'800}},
};

const std::vector<UsageShape> kAnthropicStreamShapes = {
    {"anthropic_stream",
     kMessageStream,
     MessageEvents(R"({"input_tokens":25,"output_tokens":1})", {R"({"output_tokens":40})"}),
     &SonnetPrices(),
     // 25 x 3,000 + 40 x 15,000 = 75,000 + 600,000: the 1 of the start is in the 40
     {25, 0, 0, 0, 40, 0, kExact, 675'000}},
    {"anthropic_stream_input_repeated",
     kMessageStream,
     MessageEvents(
         R"({"input_tokens":26,"cache_read_input_tokens":100,"output_tokens":1})",
         {R"({"input_tokens":26,"cache_creation_input_tokens":0,"cache_read_input_tokens":100,"output_tokens":41})"}),
     &SonnetPrices(),
     // 26 x 3,000 + 100 x 300 + 41 x 15,000 = 78,000 + 30,000 + 615,000: once
     {126, 100, 0, 0, 41, 0, kExact, 723'000}},
    {"anthropic_stream_input_grown_by_searches",
     kMessageStream,
     MessageEvents(
         R"({"input_tokens":1000,"output_tokens":1})",
         {R"({"input_tokens":9000,"output_tokens":200,"server_tool_use":{"web_search_requests":2}})"}),
     &SonnetPrices(),
     // 9,000 x 3,000 + 200 x 15,000 + 2 x 10,000,000 = 27,000,000 + 3,000,000 + 20,000,000
     {9000, 0, 0, 0, 200, 2, kExact, 50'000'000}},
    {"anthropic_stream_cache_at_its_start_alone",
     kMessageStream,
     MessageEvents(
         R"({"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":5000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":300},"output_tokens":2,"service_tier":"standard"})",
         {R"({"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens":60})"}),
     &SonnetPrices(),
     // 10 x 3,000 + 5,000 x 300 + 300 x 6,000 + 60 x 15,000
     // = 30,000 + 1,500,000 + 1,800,000 + 900,000
     {5310, 5000, 300, 300, 60, 0, kExact, 4'230'000}},
    {"anthropic_stream_cumulative_output",
     kMessageStream,
     MessageEvents(R"({"input_tokens":25,"output_tokens":1})",
                   {R"({"output_tokens":20})", R"({"output_tokens":55})"}),
     &SonnetPrices(),
     // 25 x 3,000 + 55 x 15,000 = 75,000 + 825,000: not the sum
     {25, 0, 0, 0, 55, 0, kExact, 900'000}},
    {"anthropic_stream_zeros_at_its_start",
     kMessageStream,
     MessageEvents(R"({"input_tokens":0,"output_tokens":0})",
                   {R"({"input_tokens":30,"output_tokens":12})"}),
     &SonnetPrices(),
     // vLLM: 30 x 3,000 + 12 x 15,000 = 90,000 + 180,000
     {30, 0, 0, 0, 12, 0, kExact, 270'000}},
    {"anthropic_stream_zeros_at_its_end",
     kMessageStream,
     MessageEvents(R"({"input_tokens":31,"output_tokens":0})",
                   {R"({"input_tokens":0,"output_tokens":12})"}),
     &SonnetPrices(),
     // 31 x 3,000 + 12 x 15,000 = 93,000 + 180,000
     {31, 0, 0, 0, 12, 0, kExact, 273'000}},
    {"anthropic_stream_output_alone",
     kMessageStream,
     MessageEvents("null", {R"({"output_tokens":12})"}),
     &SonnetPrices(),
     // 900 x 3,000 + 12 x 15,000 = 2,700,000 + 180,000
     {900, 0, 0, 0, 12, 0, kEstimated, 2'880'000}},
    {"anthropic_stream_without_usage_at_its_end",
     kMessageStream,
     MessageEvents(R"({"input_tokens":25,"output_tokens":1})", {"null"}),
     &SonnetPrices(),
     // 25 x 3,000 + (1 + 2) x 15,000: two pieces came behind the report
     {25, 0, 0, 0, 3, 0, kEstimated, 120'000}},
    {"anthropic_stream_cut",
     kCutMessageStream,
     CutMessageEvents(R"({"input_tokens":26,"output_tokens":1})"),
     &SonnetPrices(),
     // 26 x 3,000 + (1 + 2) x 15,000 = 78,000 + 45,000
     {26, 0, 0, 0, 3, 0, kEstimated, 123'000}},
    {"anthropic_stream_that_ends_with_an_error",
     kMessageStream,
     CutMessageEvents(R"({"input_tokens":27,"output_tokens":1})") +
         "event: error\ndata: "
         R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"
         "\n\n",
     &SonnetPrices(),
     // 27 x 3,000 + (1 + 2) x 15,000 = 81,000 + 45,000
     {27, 0, 0, 0, 3, 0, kEstimated, 126'000}},
    {"anthropic_stream_tier_batch",
     kMessageStream,
     MessageEvents(R"({"input_tokens":25,"output_tokens":1,"service_tier":"batch"})",
                   {R"({"output_tokens":41})"}),
     &SonnetPrices(),
     // (25 x 3,000 + 41 x 15,000) / 2 = (75,000 + 615,000) / 2
     {25, 0, 0, 0, 41, 0, kExact, 345'000}},
    {"anthropic_stream_fast",
     kMessageStream,
     MessageEvents(R"({"input_tokens":25,"output_tokens":1,"speed":"fast"})",
                   {R"({"output_tokens":8,"speed":null})"}),
     &OpusPrices(),
     // (25 x 5,000 + 8 x 25,000) x 6 = (125,000 + 200,000) x 6
     {25, 0, 0, 0, 8, 0, kExact, 1'950'000}},
    {"anthropic_stream_compaction",
     kMessageStream,
     MessageEvents(
         R"({"input_tokens":500,"output_tokens":1})",
         {R"({"output_tokens":50,"iterations":[{"type":"compaction","input_tokens":80000,"output_tokens":300},{"type":"message","input_tokens":500,"output_tokens":50}]})"}),
     &OpusPrices(),
     // (500 + 80,000) x 5,000 + (50 + 300) x 25,000 = 402,500,000 + 8,750,000
     {80500, 0, 0, 0, 350, 0, kExact, 411'250'000}},
};

}  // namespace

std::vector<UsageShape> AnthropicShapes() { return kAnthropicShapes; }
std::vector<UsageShape> AnthropicStreamShapes() { return kAnthropicStreamShapes; }

}  // namespace headgate::gateway
