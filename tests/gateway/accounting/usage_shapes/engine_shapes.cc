#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

// Inference servers, as hosts sell them: 0.13, cached 0.065, output 0.40. Shapes of vLLM
// (protocol.py 002032ee), SGLang (usage_processor.py 056c7ec2), llama.cpp (server README 00dc8057),
// Ollama (fb307609) and TGI (db931fcf).
const config::Prices kHostPrices =
    Priced({.input = Each(130), .cached_input = Each(65), .output = Each(400)});

const std::string kContinuousUsage = R"("usage":{"prompt_tokens":100,"total_tokens":10)";
const std::string kFirstContinuous = TextChunk(kContinuousUsage + R"(1,"completion_tokens":1})");
const std::string kSecondContinuous = TextChunk(kContinuousUsage + R"(2,"completion_tokens":2})");
const std::string kZeroUsage =
    R"("usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})";
const std::vector<UsageShape> kEngineShapes = {
    {"vllm_chat",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":9,"total_tokens":31,"completion_tokens":22,"prompt_tokens_details":null},"service_tier":null,"system_fingerprint":null,"prompt_logprobs":null,"kv_transfer_params":null)"),
     &kHostPrices,
     // 9 x 130 + 22 x 400 = 1,170 + 8,800
     {9, 0, 0, 0, 22, 0, kExact, 9'970}},
    {"vllm_read_and_created",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":1000,"total_tokens":1050,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":640,"created_cache_tokens":360,"multimodal_tokens":12}})"),
     &kHostPrices,
     // 360 x 130 + 640 x 65 + 50 x 400 = 46,800 + 41,600 + 20,000: created as any input
     {1000, 640, 360, 0, 50, 0, kExact, 108'400}},
    {"vllm_reasoning_inside",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":40,"total_tokens":340,"completion_tokens":300,"completion_tokens_details":{"reasoning_tokens":250}})"),
     &kHostPrices,
     // 40 x 130 + 300 x 400 = 5,200 + 120,000
     {40, 0, 0, 0, 300, 0, kExact, 125'200}},
    {"vllm_embeddings",
     kEmbeddings,
     R"({"id":"e1","object":"list","created":1,"model":"m","data":[{"index":0,"object":"embedding","embedding":[0.5]}],"usage":{"prompt_tokens":6,"total_tokens":6,"completion_tokens":0,"prompt_tokens_details":null}})",
     &kHostPrices,
     // 6 x 130
     {6, 0, 0, 0, 0, 0, kExact, 780}},
    {"vllm_stream_with_usage_in_each_chunk",
     kChatStream,
     Chunks({kFirstContinuous, kSecondContinuous,
             StopChunk(kContinuousUsage + R"(3,"completion_tokens":3})"),
             LastChunk(kContinuousUsage + R"(3,"completion_tokens":3})")}),
     &kHostPrices,
     // 100 x 130 + 3 x 400 = 13,000 + 1,200: cumulative, not the sum
     {100, 0, 0, 0, 3, 0, kExact, 14'200}},
    {"vllm_stream_with_usage_in_each_chunk_cut",
     kCutChatStream,
     ChunksWithoutEnd({kFirstContinuous, kSecondContinuous}),
     &kHostPrices,
     // 100 x 130 + 2 x 400 = 13,000 + 800, and it may have grown
     {100, 0, 0, 0, 2, 0, kEstimated, 13'800}},
    {"vllm_stream_cached_at_its_end",
     kChatStream,
     Chunks(
         {kFirstContinuous, kStopChunk,
          LastChunk(
              R"("usage":{"prompt_tokens":100,"total_tokens":108,"completion_tokens":8,"prompt_tokens_details":{"cached_tokens":96}})")}),
     &kHostPrices,
     // 4 x 130 + 96 x 65 + 8 x 400 = 520 + 6,240 + 3,200
     {100, 96, 0, 0, 8, 0, kExact, 9'960}},
    {"vllm_responses",
     kResponse,
     Response(
         R"("usage":{"input_tokens":50,"input_tokens_details":{"cached_tokens":32,"input_tokens_per_turn":[],"cached_tokens_per_turn":[]},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":5,"tool_output_tokens":0},"total_tokens":70})"),
     &kHostPrices,
     // 18 x 130 + 32 x 65 + 20 x 400 = 2,340 + 2,080 + 8,000
     {50, 32, 0, 0, 20, 0, kExact, 12'420}},
    {"vllm_messages",
     kMessage,
     Message(R"({"input_tokens":30,"output_tokens":12,"cache_creation_input_tokens":null})"),
     &kHostPrices,
     // 30 x 130 + 12 x 400 = 3,900 + 4,800
     {30, 0, 0, 0, 12, 0, kExact, 8'700}},
    {"sglang_reasoning_beside_the_details",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":200,"total_tokens":280,"completion_tokens":80,"prompt_tokens_details":null,"reasoning_tokens":60},"metadata":{"weight_version":"default"})"),
     &kHostPrices,
     // 200 x 130 + 80 x 400 = 26,000 + 32,000: inside, by the total
     {200, 0, 0, 0, 80, 0, kExact, 58'000}},
    {"sglang_cached_and_speculative",
     kChat,
     ChatAnswer(
         R"("usage":{"prompt_tokens":201,"total_tokens":281,"completion_tokens":80,"prompt_tokens_details":{"cached_tokens":128,"image_tokens":64},"completion_tokens_details":{"accepted_prediction_tokens":30,"rejected_prediction_tokens":9},"reasoning_tokens":0})"),
     &kHostPrices,
     // 73 x 130 + 128 x 65 + 80 x 400 = 9,490 + 8,320 + 32,000
     {201, 128, 0, 0, 80, 0, kExact, 49'810}},
    {"sglang_stream",
     kChatStream,
     Chunks(
         {kTextChunk,
          R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","matched_stop":151645}]})",
          LastChunk(
              R"("usage":{"prompt_tokens":202,"total_tokens":212,"completion_tokens":10,"reasoning_tokens":8})")}),
     &kHostPrices,
     // 202 x 130 + 10 x 400 = 26,260 + 4,000
     {202, 0, 0, 0, 10, 0, kExact, 30'260}},
    {"llama_cpp_timings",
     kChat,
     ChatAnswer(
         R"("usage":{"completion_tokens":48,"prompt_tokens":77,"total_tokens":125,"prompt_tokens_details":{"cached_tokens":70}},"timings":{"cache_n":70,"prompt_n":7,"prompt_ms":30.958,"predicted_n":48,"predicted_ms":661.064})"),
     &kHostPrices,
     // 7 x 130 + 70 x 65 + 48 x 400 = 910 + 4,550 + 19,200
     {77, 70, 0, 0, 48, 0, kExact, 24'660}},
    {"llama_cpp_stream",
     kChatStream,
     Chunks(
         {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]})",
          kTextChunk, kStopChunk,
          LastChunk(
              R"("usage":{"completion_tokens":49,"prompt_tokens":77,"total_tokens":126},"timings":{"prompt_n":77,"predicted_n":49})")}),
     &kHostPrices,
     // 77 x 130 + 49 x 400 = 10,010 + 19,600
     {77, 0, 0, 0, 49, 0, kExact, 29'610}},
    {"ollama_chat",
     kChat,
     ChatAnswer(
         R"("system_fingerprint":"fp_ollama","usage":{"prompt_tokens":26,"completion_tokens":298,"total_tokens":324})"),
     &kHostPrices,
     // 26 x 130 + 298 x 400 = 3,380 + 119,200
     {26, 0, 0, 0, 298, 0, kExact, 122'580}},
    {"ollama_stream_with_zeros_in_its_chunks",
     kChatStream,
     Chunks({TextChunk(kZeroUsage), TextChunk(kZeroUsage), StopChunk(kZeroUsage),
             LastChunk(R"("usage":{"prompt_tokens":27,"completion_tokens":2,"total_tokens":29})")}),
     &kHostPrices,
     // 27 x 130 + 2 x 400 = 3,510 + 800
     {27, 0, 0, 0, 2, 0, kExact, 4'310}},
    {"ollama_stream_with_zeros_alone",
     kChatStream,
     Chunks({TextChunk(kZeroUsage), TextChunk(kZeroUsage), StopChunk(kZeroUsage)}),
     &kHostPrices,
     // 900 x 130 + 2 x 400 = 117,000 + 800
     {900, 0, 0, 0, 2, 0, kEstimated, 117'800}},
    {"tgi_stream",
     kChatStream,
     Chunks({kTextChunk, kStopChunk,
             LastChunk(R"("usage":{"prompt_tokens":28,"completion_tokens":7,"total_tokens":35})")}),
     &kHostPrices,
     // 28 x 130 + 7 x 400 = 3,640 + 2,800
     {28, 0, 0, 0, 7, 0, kExact, 6'440}},
};

}  // namespace

std::vector<UsageShape> EngineShapes() { return kEngineShapes; }

}  // namespace headgate::gateway
