#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// Answers of proxies and of broken servers. What is not reported is estimated: 900 tokens of input,
// and 3 of output for the 12 bytes of text.
// 900 x 2,500 + 3 x 10,000 = 2,250,000 + 30,000
constexpr BookedShape kNothingReported{900, 0, 0, 0, 3, 0, kEstimated, 2'280'000};

std::string Usage(std::string_view usage) {
  std::string member = R"("usage":)";
  return ChatAnswer(member.append(usage));
}

UsageShape NotReported(const char* name, std::string_view usage) {
  return {name, kChat, Usage(usage), &Gpt4oPrices(), kNothingReported};
}

const std::vector<UsageShape> kUselessShapes = {
    {"odd_usage_missing", kChat, ChatAnswer(""), &Gpt4oPrices(), kNothingReported},
    NotReported("odd_usage_null", "null"),
    NotReported("odd_usage_empty", "{}"),
    NotReported("odd_usage_a_list", "[12,3]"),
    NotReported("odd_usage_a_text", R"("12")"),
    NotReported("odd_zeros", R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})"),
    NotReported("odd_nulls",
                R"({"prompt_tokens":null,"completion_tokens":null,"total_tokens":null})"),
    NotReported("odd_total_alone", R"({"total_tokens":50})"),
    NotReported("odd_prompt_negative", R"({"prompt_tokens":-12,"completion_tokens":3})"),
    NotReported("odd_completion_negative", R"({"prompt_tokens":12,"completion_tokens":-3})"),
    NotReported("odd_strings", R"({"prompt_tokens":"12","completion_tokens":"4"})"),
    NotReported("odd_fraction", R"({"prompt_tokens":12.5,"completion_tokens":4})"),
    NotReported("odd_prompt_of_64_bits",
                R"({"prompt_tokens":18446744073709551616,"completion_tokens":4})"),
    NotReported("odd_prompt_beyond_doubles", R"({"prompt_tokens":1e400,"completion_tokens":4})"),
    NotReported("odd_prompt_of_more_than_four_windows",
                R"({"prompt_tokens":4000001,"completion_tokens":4})"),
    NotReported("odd_output_of_more_than_four_windows",
                R"({"prompt_tokens":12,"completion_tokens":4000001})"),
    NotReported(
        "odd_1001_searches",
        R"({"prompt_tokens":12,"completion_tokens":4,"server_tool_use":{"web_search_requests":1001}})"),
};

const std::vector<UsageShape> kDoubtfulShapes = {
    {"odd_doubles",
     kChat,
     Usage(R"({"prompt_tokens":12.0,"completion_tokens":7e0,"total_tokens":1.9e1})"),
     &Gpt4oPrices(),
     // 12 x 2,500 + 7 x 10,000 = 30,000 + 70,000
     {12, 0, 0, 0, 7, 0, kExact, 100'000}},
    {"odd_four_windows_are_believed",
     kChat,
     Usage(R"({"prompt_tokens":4000000,"completion_tokens":1})"),
     &Gpt4oPrices(),
     // 4,000,000 x 2,500 + 1 x 10,000 = 10,000,000,000 + 10,000
     {4000000, 0, 0, 0, 1, 0, kExact, 10'000'010'000}},
    {"odd_completion_null",
     kChat,
     Usage(R"({"prompt_tokens":12,"completion_tokens":null})"),
     &Gpt4oPrices(),
     // 12 x 2,500 + 3 x 10,000 = 30,000 + 30,000
     {12, 0, 0, 0, 3, 0, kEstimated, 60'000}},
    {"odd_completion_zero_beside_a_text",
     kChat,
     Usage(R"({"prompt_tokens":13,"completion_tokens":0,"total_tokens":13})"),
     &Gpt4oPrices(),
     // 13 x 2,500 + 3 x 10,000 = 32,500 + 30,000
     {13, 0, 0, 0, 3, 0, kEstimated, 62'500}},
    {"odd_prompt_missing",
     kChat,
     Usage(R"({"completion_tokens":5})"),
     &Gpt4oPrices(),
     // 900 x 2,500 + 5 x 10,000 = 2,250,000 + 50,000
     {900, 0, 0, 0, 5, 0, kEstimated, 2'300'000}},
    {"odd_prompt_by_the_total",
     kChat,
     Usage(R"({"completion_tokens":5,"total_tokens":45})"),
     &Gpt4oPrices(),
     // (45 - 5) x 2,500 + 5 x 10,000 = 100,000 + 50,000
     {40, 0, 0, 0, 5, 0, kEstimated, 150'000}},
    {"odd_cached_negative",
     kChat,
     Usage(
         R"({"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":-4}})"),
     &Gpt4oPrices(),
     // 9 x 2,500 + 3 x 10,000 = 22,500 + 30,000, and what was cached is not known
     {9, 0, 0, 0, 3, 0, kEstimated, 52'500}},
    {"odd_cached_null",
     kChat,
     Usage(
         R"({"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":null}})"),
     &Gpt4oPrices(),
     // 9 x 2,500 + 4 x 10,000 = 22,500 + 40,000
     {9, 0, 0, 0, 4, 0, kExact, 62'500}},
    {"odd_more_cached_than_prompt",
     kChat,
     Usage(
         R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":90}})"),
     &Gpt4oPrices(),
     // Anthropic's arithmetic: 10 x 2,500 + 90 x 1,250 + 5 x 10,000 = 25,000 + 112,500 + 50,000
     {100, 90, 0, 0, 5, 0, kEstimated, 187'500}},
    {"odd_total_with_cached_tokens_on_top",
     kChat,
     Usage(
         R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":195,"cache_read_input_tokens":90})"),
     &Gpt4oPrices(),
     // 100 x 2,500 + 90 x 1,250 + 5 x 10,000 = 250,000 + 112,500 + 50,000
     {190, 90, 0, 0, 5, 0, kEstimated, 412'500}},
    {"odd_usage_twice_in_one_answer",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":12,"completion_tokens":3},"usage":{"prompt_tokens":20,"completion_tokens":4})"),
     &Gpt4oPrices(),
     // the last: 20 x 2,500 + 4 x 10,000 = 50,000 + 40,000
     {20, 0, 0, 0, 4, 0, kExact, 90'000}},
    {"odd_names_of_the_responses_api",
     kChat,
     Usage(
         R"({"input_tokens":12,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"total_tokens":19})"),
     &Gpt4oPrices(),
     // 8 x 2,500 + 4 x 1,250 + 7 x 10,000 = 20,000 + 5,000 + 70,000
     {12, 4, 0, 0, 7, 0, kExact, 95'000}},
    {"odd_zeros_under_names_that_a_proxy_does_not_fill",
     kChat,
     Usage(
         R"({"input_tokens":0,"output_tokens":0,"prompt_tokens":12,"completion_tokens":8,"total_tokens":20,"cached_tokens":0,"prompt_tokens_details":{"cached_tokens":4}})"),
     &Gpt4oPrices(),
     // 8 x 2,500 + 4 x 1,250 + 8 x 10,000 = 20,000 + 5,000 + 80,000
     {12, 4, 0, 0, 8, 0, kExact, 105'000}},
    {"litellm_of_anthropic",
     kChat,
     Usage(
         R"({"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"prompt_tokens_details":{"cached_tokens":600,"cache_creation_tokens":300,"cache_creation_token_details":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200}},"cache_creation_input_tokens":300,"cache_read_input_tokens":600,"server_tool_use":{"web_search_requests":1}})"),
     &SonnetPrices(),
     // 100 x 3,000 + 600 x 300 + 100 x 3,750 + 200 x 6,000 + 10 x 15,000 + 10,000,000
     // = 300,000 + 180,000 + 375,000 + 1,200,000 + 150,000 + 10,000,000
     {1000, 600, 300, 200, 10, 1, kExact, 12'205'000}},
};

const std::string kGoodUsage = R"("usage":{"prompt_tokens":12,"completion_tokens":3})";
const std::vector<UsageShape> kOddStreamShapes = {
    {"odd_stream_usage_before_its_text",
     kChatStream,
     Chunks(
         {R"({"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}],"usage":{"prompt_tokens":12,"completion_tokens":1}})",
          kTextChunk, kTextChunk, kStopChunk}),
     &Gpt4oPrices(),
     // 12 x 2,500 + (1 + 2) x 10,000 = 30,000 + 30,000: two pieces came behind the report
     {12, 0, 0, 0, 3, 0, kEstimated, 60'000}},
    {"odd_stream_prompt_first_and_output_last",
     kChatStream,
     Chunks({TextChunk(R"("usage":{"prompt_tokens":14,"completion_tokens":0})"), kStopChunk,
             LastChunk(R"("usage":{"completion_tokens":6})")}),
     &Gpt4oPrices(),
     // 14 x 2,500 + 6 x 10,000 = 35,000 + 60,000
     {14, 0, 0, 0, 6, 0, kExact, 95'000}},
    {"odd_stream_negative_behind_good_figures",
     kChatStream,
     Chunks({kTextChunk, StopChunk(kGoodUsage),
             LastChunk(R"("usage":{"prompt_tokens":-1,"completion_tokens":3})")}),
     &Gpt4oPrices(),
     // 12 x 2,500 + 3 x 10,000 = 30,000 + 30,000
     {12, 0, 0, 0, 3, 0, kExact, 60'000}},
    {"odd_stream_zeros_behind_good_figures",
     kChatStream,
     Chunks({kTextChunk, StopChunk(kGoodUsage),
             LastChunk(R"("usage":{"prompt_tokens":0,"completion_tokens":0})")}),
     &Gpt4oPrices(),
     // 12 x 2,500 + 3 x 10,000 = 30,000 + 30,000
     {12, 0, 0, 0, 3, 0, kExact, 60'000}},
    {"odd_stream_strings",
     kChatStream,
     Chunks({kTextChunk, kTextChunk, kStopChunk,
             LastChunk(R"("usage":{"prompt_tokens":"12","completion_tokens":"2"})")}),
     &Gpt4oPrices(),
     // 900 x 2,500 + 2 x 10,000 = 2,250,000 + 20,000
     {900, 0, 0, 0, 2, 0, kEstimated, 2'270'000}},
    {"odd_stream_usage_without_choices",
     kChatStream,
     Chunks({kTextChunk, kStopChunk, "{" + kGoodUsage + "}"}),
     &Gpt4oPrices(),
     // 12 x 2,500 + 3 x 10,000 = 30,000 + 30,000
     {12, 0, 0, 0, 3, 0, kExact, 60'000}},
    {"odd_stream_of_a_proxy_of_anthropic",
     kChatStream,
     Chunks({TextChunk(
                 R"("usage":{"input_tokens":100,"cache_read_input_tokens":500,"output_tokens":1})"),
             StopChunk(R"("usage":{"output_tokens":100})")}),
     &SonnetPrices(),
     // 100 x 3,000 + 500 x 300 + 100 x 15,000 = 300,000 + 150,000 + 1,500,000, of figures whose
     // arithmetic is a guess
     {600, 500, 0, 0, 100, 0, kEstimated, 1'950'000}},
};

}  // namespace

std::vector<UsageShape> OddShapes() {
  std::vector<UsageShape> shapes = kUselessShapes;
  shapes.insert(shapes.end(), kDoubtfulShapes.begin(), kDoubtfulShapes.end());
  return shapes;
}

std::vector<UsageShape> OddStreamShapes() { return kOddStreamShapes; }

}  // namespace headgate::gateway
