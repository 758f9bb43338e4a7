#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "config/language.h"

namespace headgate::routing {

// What a text is about. Larger values are further topics of the configured model, in its order
// (CompiledPolicy::topic_names). The values are the indices of metrics and policies.
enum class Topic : std::uint8_t { kGeneral, kCode, kMath };

inline constexpr auto kTopicNames = config::kTopics;

// The topic whose scores rank models: further topics of a model are ranked as general.
constexpr Topic ScoredAs(Topic topic) { return topic > Topic::kMath ? Topic::kGeneral : topic; }

// The values are indices of metrics and a field of recordings, so new values come last. A policy
// takes kCountTokens for kMessages.
enum class Endpoint : std::uint8_t {
  kChat,
  kCompletions,
  kEmbeddings,
  kMessages,     // Anthropic's
  kResponses,    // OpenAI's
  kCountTokens,  // what the body of a message would cost; nothing is generated
};
inline constexpr int kEndpointCount = 6;
// Those of policies, then what policies have no word for.
inline constexpr std::array<std::string_view, kEndpointCount> kEndpointNames = {
    config::kEndpoints[0], config::kEndpoints[1], config::kEndpoints[2],
    config::kEndpoints[3], config::kEndpoints[4], "count_tokens"};
static_assert(kEndpointNames[3] == "messages" && kEndpointNames[4] == "responses");

// Whether an answer to the endpoint is generated token by token.
constexpr bool Generates(Endpoint endpoint) {
  return endpoint != Endpoint::kEmbeddings && endpoint != Endpoint::kCountTokens;
}

enum class Role : std::uint8_t { kSystem, kUser, kAssistant, kTool, kPrompt };

// One piece of text that the request carries, unescaped UTF-8.
struct TextPiece {
  Role role = Role::kUser;
  std::string_view text;
};

// What a request says about itself: facts from body and headers that classification and routing
// use. The views point into the buffers of the request and of the parser. A Signals value is
// classified and decided before the request suspends for the first time. Worker-bound.
struct Signals {
  Endpoint endpoint = Endpoint::kChat;
  std::string_view model;  // as written by the client
  bool stream = false;
  std::size_t body_bytes = 0;
  std::size_t text_bytes = 0;           // of all texts, and of definitions and calls of tools
  std::int64_t other_input_tokens = 0;  // expected of images, audio and files; token-id prompts
  std::optional<std::int64_t> max_tokens;
  int choices = 1;          // that are generated, of all prompts
  bool has_suffix = false;  // fill-in-the-middle
  bool uses_tools = false;  // declares at least one tool or function
  bool uses_json_schema = false;
  bool uses_images = false;
  bool uses_audio = false;
  bool uses_documents = false;  // files such as PDF
  bool tool_loop = false;       // the last message is a tool result
  int message_count = 0;
  bool has_assistant_turn = false;
  // Names what only a backend that serves the endpoint itself takes; a constant. Empty: the request
  // can be translated.
  std::string_view native_only;
  std::string_view service_tier;      // body
  std::string_view reasoning_effort;  // body
  std::string_view metadata_class;    // the entry `class` of the metadata
  // Entries of the metadata; the value is empty where it is no string.
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::string_view session_id;   // of the body, or of the client's session header
  std::vector<TextPiece> texts;  // in order of the conversation
  std::vector<std::string_view> tool_names;

  // Headers that are hints; empty when absent.
  std::string_view class_header;      // x-headgate-class
  std::string_view slo_ttft_header;   // x-slo-ttft-ms
  std::string_view initiator_header;  // x-initiator: user | agent
  bool coding_agent = false;          // a header that only a coding agent sends
  bool subagent = false;              // an agent asks on behalf of another agent

  // The last topic of the conversation that this request continues.
  std::optional<Topic> conversation_topic;

  void Clear() {
    // The vectors keep their capacity: a worker reuses one Signals for all requests.
    std::vector<TextPiece> texts_storage = std::move(texts);
    std::vector<std::string_view> names_storage = std::move(tool_names);
    std::vector<std::pair<std::string_view, std::string_view>> metadata_storage =
        std::move(metadata);
    texts_storage.clear();
    names_storage.clear();
    metadata_storage.clear();
    *this = Signals{};
    metadata = std::move(metadata_storage);
    texts = std::move(texts_storage);
    tool_names = std::move(names_storage);
  }
};

}  // namespace headgate::routing
