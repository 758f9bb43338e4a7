#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::backends {

// What a body asks for. Every protocol has requests of some of these kinds.
enum class ApiEndpoint : std::uint8_t {
  kChat,
  kCompletions,
  kEmbeddings,
  kMessages,     // Anthropic's
  kCountTokens,  // what a body of kMessages would cost; it has no answer
  kResponses,    // OpenAI's
};

// Who wrote a text. kPrompt: the text is not part of a conversation.
enum class TextRole : std::uint8_t { kSystem, kUser, kAssistant, kTool, kPrompt };

// One piece of text that the request carries, unescaped UTF-8.
struct BodyText {
  TextRole role = TextRole::kUser;
  std::string_view text;
};

// A value of BodyFacts::native_only: a conversation that Anthropic keeps.
inline constexpr std::string_view kNativeThread = "a thread";

// The one tool of a provider's own that a translation leaves out if the client offers tools of its
// own beside it: Codex offers it with every request, and works without it.
inline constexpr std::string_view kOptionalTool = "web_search";

// What the body of a request says about itself, as plain facts, in any protocol. The views point
// into the body and into the reader that found them (RequestReader). Worker-bound.
struct BodyFacts {
  std::string_view model;  // as written by the client
  bool stream = false;
  bool wants_usage = false;    // of a stream, to be passed on
  std::size_t body_bytes = 0;  // of the body itself
  std::size_t text_bytes = 0;  // of all texts together
  // Of what the model reads beside the texts: names, descriptions and schemas of tools, and the
  // names and arguments of earlier calls.
  std::size_t tool_bytes = 0;
  // Of images, audio and files, as they usually are, and of prompts that are token ids.
  std::int64_t other_input_tokens = 0;
  int images = 0;
  std::size_t image_bytes = 0;  // of the body, that are images and not text
  // The body has, or only names, input whose tokens cannot be counted from its bytes: a stored
  // conversation or prompt, a file, audio, or what a tool of the provider's own finds.
  bool hides_input = false;
  std::optional<std::int64_t> max_tokens;  // of one choice
  // At most, of one choice, that are charged beside max_tokens: of a prediction that is not met,
  // and of thinking that has a larger budget of its own.
  std::int64_t other_output_tokens = 0;
  int choices = 1;           // that are generated
  int answered_choices = 1;  // that are returned, if some are only compared
  int prompts = 1;           // each with its choices: prompts or inputs of one body
  bool has_suffix = false;   // fill-in-the-middle
  bool uses_tools = false;   // declares at least one tool or function
  bool uses_json_schema = false;
  bool uses_images = false;
  bool uses_audio = false;
  bool uses_documents = false;  // files such as PDF; a document that is plain text is a text
  bool tool_loop = false;       // the last message is a tool result
  int message_count = 0;
  bool has_assistant_turn = false;
  bool has_thoughts = false;  // of earlier turns, as blocks or items that may be signed
  // As written by the client; empty if the client sent none. Anthropic's words are put into
  // OpenAI's: standard_only is default, and thinking that is off is an effort of none.
  std::string_view service_tier;
  std::string_view reasoning_effort;
  std::string_view session_id;      // by which the client names the conversation
  std::string_view metadata_class;  // the entry `class` of the metadata
  // Names what only a backend that speaks the client's own protocol can serve, to be followed by
  // "needs a backend that speaks …"; a constant. Empty: the request can be translated.
  std::string_view native_only;
  // State at the provider that the request continues or makes: by the id of an answer, or of a
  // conversation.
  std::string_view previous_response_id;
  std::string_view conversation;
  bool store = false;  // the provider keeps the answer
  // Entries of the metadata; the value is empty if it is not a string.
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::vector<BodyText> texts;  // in order of the conversation
  std::vector<std::string_view> tool_names;

  // Bytes that the model reads as text, from which tokens are estimated and learned.
  std::size_t prompt_bytes() const { return text_bytes + tool_bytes; }

  // The vectors keep their capacity: a BodyFacts lives as long as its worker and is reused.
  void Clear() {
    BodyFacts empty;
    empty.metadata.swap(metadata);
    empty.texts.swap(texts);
    empty.tool_names.swap(tool_names);
    empty.metadata.clear();
    empty.texts.clear();
    empty.tool_names.clear();
    *this = std::move(empty);
  }
};

}  // namespace headgate::backends
