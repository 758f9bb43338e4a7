#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// OpenAI's Responses API (openai-openapi 2.3.0): input_tokens include cached and written tokens,
// output_tokens include reasoning. Searches are items of the output and not in the usage.

// 1.25, cached 0.125, written 1.5625, output 10.00; flex 50%; a search 0.01.
config::Prices MakeSearchingPrices() {
  config::Prices prices = Priced({.input = Each(1'250),
                                  .cached_input = Each(125),
                                  .cache_write = 1'562'500'000,
                                  .output = Each(10'000)});
  prices.flex = config::TierPrice{.row = {}, .share = 500'000};
  prices.per_web_search = 10'000'000;
  return prices;
}
const config::Prices kSearchingPrices = MakeSearchingPrices();

constexpr std::string_view kSearchItems =
    R"({"type":"web_search_call","id":"w1","status":"completed","action":{"type":"search","query":"a"}},{"type":"web_search_call","id":"w2","status":"completed","action":{"type":"open_page","url":"https://a.example"}},{"type":"web_search_call","id":"w3","status":"failed","action":{"type":"search","query":"b"}},{"type":"web_search_call","id":"w4","status":"completed"},)";
constexpr std::string_view kSearchUsage =
    R"("usage":{"input_tokens":9000,"output_tokens":400,"total_tokens":9400})";

const std::string kPriorityResponse =
    R"("service_tier":"priority","usage":{"input_tokens":60,"output_tokens":16,"total_tokens":76})";
const std::vector<UsageShape> kResponsesShapes = {
    {"responses_cached_and_reasoning",
     kResponse,
     Response(
         R"("service_tier":"default","usage":{"input_tokens":328,"input_tokens_details":{"cached_tokens":128,"cache_write_tokens":0},"output_tokens":52,"output_tokens_details":{"reasoning_tokens":32},"total_tokens":380})"),
     &kSearchingPrices,
     // 200 x 1,250 + 128 x 125 + 52 x 10,000 = 250,000 + 16,000 + 520,000
     {328, 128, 0, 0, 52, 0, kExact, 786'000}},
    {"responses_read_and_written",
     kResponse,
     Response(
         R"("usage":{"input_tokens":2000,"input_tokens_details":{"cached_tokens":500,"cache_write_tokens":1201},"output_tokens":100,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":2100})"),
     &kSearchingPrices,
     // 299 x 1,250 + 500 x 125 + 1,201 x 1,562.5 + 100 x 10,000
     // = 373,750 + 62,500 + 1,876,562.5 + 1,000,000 = 3,312,812.5, rounded half up
     {2000, 500, 1201, 0, 100, 0, kExact, 3'312'813}},
    {"responses_flex",
     kResponse,
     Response(
         R"("service_tier":"flex","usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":900},"output_tokens":10,"total_tokens":1010})"),
     &kSearchingPrices,
     // (100 x 1,250 + 900 x 125 + 10 x 10,000) / 2 = (125,000 + 112,500 + 100,000) / 2
     {1000, 900, 0, 0, 10, 0, kExact, 168'750}},
    {"responses_priority_without_a_price",
     kResponse,
     Response(kPriorityResponse),
     &kSearchingPrices,
     // 60 x 1,250 + 16 x 10,000 = 75,000 + 160,000
     {60, 0, 0, 0, 16, 0, kEstimated, 235'000}},
    {"responses_incomplete",
     kResponse,
     R"({"id":"r1","object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"error":null,"output":[{"type":"reasoning","summary":[]}],"usage":{"input_tokens":75,"output_tokens":64,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":139}})",
     &kSearchingPrices,
     // 75 x 1,250 + 64 x 10,000 = 93,750 + 640,000
     {75, 0, 0, 0, 64, 0, kExact, 733'750}},
    {"responses_usage_null",
     kResponse,
     Response(R"("usage":null)"),
     &kSearchingPrices,
     // 900 x 1,250 + 3 x 10,000 = 1,125,000 + 30,000
     {900, 0, 0, 0, 3, 0, kEstimated, 1'155'000}},
    {"responses_searches",
     kToolResponse,
     Response(kSearchUsage, kSearchItems),
     &kSearchingPrices,
     // 9,000 x 1,250 + 400 x 10,000 + 2 x 10,000,000 = 11,250,000 + 4,000,000 + 20,000,000: a
     // page that was opened is free, and so is a search that failed
     {9000, 0, 0, 0, 400, 2, kExact, 35'250'000}},
    {"responses_code_interpreter",
     kToolResponse,
     Response(R"("usage":{"input_tokens":100,"output_tokens":20,"total_tokens":120})",
              R"({"type":"code_interpreter_call","id":"ci1","status":"completed"},)"),
     &kSearchingPrices,
     // 100 x 1,250 + 20 x 10,000 = 125,000 + 200,000, but its container is charged too
     {100, 0, 0, 0, 20, 0, kEstimated, 325'000}},
    {"responses_stream",
     kResponseStream,
     ResponseEvents(
         "response.completed", R"("usage":null)",
         R"("usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123})"),
     &kSearchingPrices,
     // 36 x 1,250 + 87 x 10,000 = 45,000 + 870,000
     {36, 0, 0, 0, 87, 0, kExact, 915'000}},
    {"responses_stream_incomplete",
     kResponseStream,
     ResponseEvents("response.incomplete", R"("usage":null)",
                    R"("usage":{"input_tokens":36,"output_tokens":16,"total_tokens":52})"),
     &kSearchingPrices,
     // 36 x 1,250 + 16 x 10,000 = 45,000 + 160,000
     {36, 0, 0, 0, 16, 0, kExact, 205'000}},
    {"responses_stream_tier_known_at_its_end",
     kResponseStream,
     ResponseEvents(
         "response.completed", R"("service_tier":"auto","usage":null)",
         R"("service_tier":"flex","usage":{"input_tokens":37,"output_tokens":16,"total_tokens":53})"),
     &kSearchingPrices,
     // (37 x 1,250 + 16 x 10,000) / 2 = (46,250 + 160,000) / 2
     {37, 0, 0, 0, 16, 0, kExact, 103'125}},
    {"responses_stream_zeros_before_its_end",
     kResponseStream,
     ResponseEvents("response.completed",
                    R"("usage":{"input_tokens":0,"output_tokens":0,"total_tokens":0})",
                    R"("usage":{"input_tokens":38,"output_tokens":16,"total_tokens":54})"),
     &kSearchingPrices,
     // 38 x 1,250 + 16 x 10,000 = 47,500 + 160,000
     {38, 0, 0, 0, 16, 0, kExact, 207'500}},
    {"responses_stream_cut",
     kCutResponseStream,
     CutResponseEvents(),
     &kSearchingPrices,
     // 900 x 1,250 + 2 x 10,000 = 1,125,000 + 20,000
     {900, 0, 0, 0, 2, 0, kEstimated, 1'145'000}},
    {"responses_stream_searches",
     kToolResponseStream,
     ResponseEvents("response.completed", R"("usage":null)", kSearchUsage, kSearchItems),
     &kSearchingPrices,
     // as in a whole response: 35,250,000
     {9000, 0, 0, 0, 400, 2, kExact, 35'250'000}},
};

}  // namespace

std::vector<UsageShape> ResponsesShapes() { return kResponsesShapes; }

}  // namespace headgate::gateway
