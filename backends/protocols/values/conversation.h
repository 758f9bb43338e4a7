#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::backends {

// A request for the next turn of a conversation, in words of no protocol: what a client's body says
// when it has to be written for a backend of another protocol. Texts are unescaped UTF-8. Members
// that hold JSON say so: they hold one valid JSON value, as the client wrote it. Owns everything.
// Not thread-safe.

// The protocols in which a conversation can be read and written.
enum class ChatProtocol : std::uint8_t { kChatCompletions, kMessages, kResponses };

// What makes a thought believable to the provider that had it: opaque, and of use only to the
// backend that wrote it. An empty `text` means that there is none.
struct Signature {
  ChatProtocol protocol = ChatProtocol::kMessages;  // of that backend
  std::string text = {};
  std::string origin = {};  // that backend, as signature_mark.h names it; empty: not known
};

// One piece of a turn.
struct ContentPart {
  enum class Kind : std::uint8_t {
    kText,            // text
    kImage,           // data with media_type, or url
    kDocument,        // data with media_type, or url, or text; name is its title or file name
    kToolCall,        // id, name, arguments
    kToolResult,      // id of the call, result, is_error
    kThinking,        // text, signature
    kHiddenThinking,  // signature alone: thoughts that only their provider can read
    kRefusal,         // text
  };
  Kind kind = Kind::kText;
  std::string text;
  std::string media_type;
  std::string data;  // base64
  std::string url;
  std::string name;
  std::string id;
  std::string arguments;            // JSON: an object
  std::vector<ContentPart> result;  // texts, images and documents
  bool is_error = false;
  std::string image_detail;   // low, high, auto, original; empty if not said
  std::string cache_control;  // JSON: an object of Anthropic's; empty if not said
  Signature signature;
};

// kSystem stands for a developer's message too. A tool's results are parts of a user's turn.
enum class TurnRole : std::uint8_t { kSystem, kUser, kAssistant };

struct Turn {
  TurnRole role = TurnRole::kUser;
  std::vector<ContentPart> parts;
};

struct ToolDefinition {
  std::string name;
  std::string description;
  std::string schema;  // JSON: the schema of its arguments, an object; empty if not said
  std::optional<bool> strict;
  std::string cache_control;  // JSON; empty if not said
};

struct ToolChoice {
  enum class Mode : std::uint8_t { kAuto, kRequired, kNone, kNamed };
  Mode mode = Mode::kAuto;
  std::string name;  // with kNamed
};

// In what form the answer is to be.
struct AnswerFormat {
  enum class Kind : std::uint8_t { kText, kJsonObject, kJsonSchema };
  Kind kind = Kind::kText;
  std::string name;         // of the schema; may be empty
  std::string description;  // may be empty
  std::string schema;       // JSON: an object
  std::optional<bool> strict;
};

// How much the model is to think before it answers.
struct ThinkingRequest {
  enum class Mode : std::uint8_t { kUnsaid, kOff, kAdaptive, kBudget };
  Mode mode = Mode::kUnsaid;
  std::int64_t budget_tokens = 0;  // with kBudget
  // minimal, low, medium, high, xhigh or max, none; empty if not said.
  std::string effort;
  // The client wants to read the thoughts: auto, concise, detailed (OpenAI), summarized, omitted
  // (Anthropic). Empty if not said.
  std::string display;
};

struct Conversation {
  ChatProtocol protocol = ChatProtocol::kChatCompletions;  // of the client
  std::string model;  // as the client wrote it; writers are told the backend's name
  bool stream = false;
  bool stream_usage = false;  // a client of chat completions asked for usage in its stream
  // What the system says ahead of all turns: texts only.
  std::vector<ContentPart> system;
  std::vector<Turn> turns;  // as the client wrote them; writers merge where their protocol requires
  std::vector<ToolDefinition> tools;
  std::optional<ToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  // A client of chat completions offers the deprecated `functions` alone: it reads one call of an
  // answer, as function_call, and would not see tool_calls.
  bool legacy_calls = false;
  std::optional<std::int64_t> max_tokens;
  // Numbers as the client wrote them, valid JSON numbers; empty if not said.
  std::string temperature;
  std::string top_p;
  std::string top_k;
  std::string seed;
  std::string presence_penalty;
  std::string frequency_penalty;
  std::vector<std::string> stop;
  AnswerFormat format;
  ThinkingRequest thinking;
  std::string verbosity;      // low, medium, high; empty if not said
  std::string service_tier;   // OpenAI's words: auto, default, flex, priority; Anthropic's
                              // standard_only is default
  std::string user;           // the end user, by which the provider finds abuse
  std::string cache_key;      // OpenAI's prompt_cache_key
  std::string cache_control;  // JSON: Anthropic's, of the whole request; empty if not said
  std::vector<std::pair<std::string, std::string>> metadata;  // in OpenAI's sense: names and texts
};

}  // namespace headgate::backends
