#include "backends/protocols/openai_chat/conversation_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "backends/protocols/openai_chat/body/answer_options.h"
#include "backends/protocols/openai_chat/body/body_values.h"
#include "backends/protocols/openai_chat/body/message_reader.h"
#include "backends/protocols/openai_chat/body/tool_fields.h"

namespace headgate::backends::openai_chat {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

// Bytes that a worker keeps between two bodies. A parser takes six times the size of its text.
constexpr std::size_t kLargestKeptBody = 1u << 20;

bool ReadMessages(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  MessageReader reader(in, draft.conversation);
  bool any = false;
  if (!in.Elements(value, path, "an array of messages", [&](JsonValue item, const Path& at) {
        any = true;
        return reader.Read(item, at);
      })) {
    return false;
  }
  draft.has_messages = any;
  return any || in.Refuse(path, R"( is empty; send at least one, such as {"role": "user", )"
                                R"("content": "Hello"}.)");
}

template <std::string Conversation::*Place>
bool ReadText(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  return in.Text(value, path, "a string", draft.conversation.*Place);
}

template <std::string Conversation::*Place>
bool ReadNumber(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  return in.Number(value, path, draft.conversation.*Place);
}

template <bool (*Read)(BodyValues&, JsonValue, const Path&, ToolFields&)>
bool ReadToolField(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  return Read(in, value, path, draft.tools);
}

template <std::optional<std::int64_t> RequestDraft::*Place>
bool ReadLimit(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  std::int64_t& limit = (draft.*Place).emplace();
  if (!in.Integer(value, path, limit)) return false;
  return limit > 0 || in.Refuse(path, " must be at least 1.");
}

bool ReadSeed(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
  std::int64_t seed = 0;
  if (!in.Integer(value, path, seed)) return false;
  draft.conversation.seed = std::to_string(seed);
  return true;
}

// Whether the provider is to keep the answer.
bool ReadStore(BodyValues& in, JsonValue value, const Path& path, RequestDraft&) {
  bool store = false;
  if (!in.Flag(value, path, store)) return false;
  if (store) in.Drop(path);
  return true;
}

constexpr Member<RequestDraft> kRequestMembers[] = {
    {"model", ReadText<&Conversation::model>},
    {"messages", ReadMessages},
    {"stream", [](BodyValues& in, JsonValue value, const Path& path,
                  RequestDraft& draft) { return in.Flag(value, path, draft.conversation.stream); }},
    {"stream_options", ReadStreamOptions},
    {"max_tokens", ReadLimit<&RequestDraft::max_tokens>},
    {"max_completion_tokens", ReadLimit<&RequestDraft::max_completion_tokens>},
    {"temperature", ReadNumber<&Conversation::temperature>},
    {"top_p", ReadNumber<&Conversation::top_p>},
    {"top_k", ReadNumber<&Conversation::top_k>},
    {"seed", ReadSeed},
    {"presence_penalty", ReadNumber<&Conversation::presence_penalty>},
    {"frequency_penalty", ReadNumber<&Conversation::frequency_penalty>},
    {"stop", ReadStop},
    {"tools", ReadToolField<ReadTools>},
    {"functions", ReadToolField<ReadFunctions>},
    {"tool_choice", ReadToolField<ReadToolChoice>},
    {"function_call", ReadToolField<ReadFunctionCall>},
    {"parallel_tool_calls",
     [](BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
       return in.Flag(value, path, draft.conversation.parallel_tool_calls.emplace());
     }},
    {"response_format", ReadResponseFormat},
    {"reasoning_effort",
     [](BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
       return in.Text(value, path, "a string such as \"low\"", draft.effort);
     }},
    {"reasoning", ReadReasoning},
    {"thinking", ReadThinking},
    {"verbosity", ReadText<&Conversation::verbosity>},
    {"service_tier", ReadText<&Conversation::service_tier>},
    {"user", ReadText<&Conversation::user>},
    {"safety_identifier",
     [](BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
       return in.Text(value, path, "a string", draft.safety_identifier);
     }},
    {"prompt_cache_key", ReadText<&Conversation::cache_key>},
    {"cache_control",
     [](BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft) {
       return in.RawObject(value, path, draft.conversation.cache_control);
     }},
    {"metadata", ReadMetadata},
    {"n", ReadChoiceCount},
    {"logprobs", ReadLogProbabilities},
    {"top_logprobs", ReadTopLogProbabilities},
    {"modalities", ReadModalities},
    {"store", ReadStore},
    {"audio", RefuseMember},
    {"web_search_options", RefuseMember},
    {"moderation", RefuseMember},
};

// Says what depends on several members.
void Complete(RequestDraft& draft) {
  Conversation& conversation = draft.conversation;
  conversation.max_tokens =
      draft.max_completion_tokens ? draft.max_completion_tokens : draft.max_tokens;
  if (!draft.safety_identifier.empty()) conversation.user = std::move(draft.safety_identifier);
  ThinkingRequest& thinking = conversation.thinking;
  if (!draft.effort.empty()) thinking.effort = std::move(draft.effort);
  if (thinking.effort == "none") thinking.mode = ThinkingRequest::Mode::kOff;
  const std::size_t functions = draft.tools.functions;
  conversation.legacy_calls = functions > 0 && functions == draft.tools.tools.size();
  if (conversation.legacy_calls) conversation.parallel_tool_calls = false;
  KeepAllowed(draft.tools);
  conversation.tools = std::move(draft.tools.tools);
  conversation.tool_choice = std::move(draft.tools.choice);
}

bool Read(ondemand::parser& parser, const std::string& padded, std::size_t size, BodyValues& values,
          RequestDraft& draft) {
  const Path root;
  ondemand::document document;
  JsonValue body;
  const simdjson::padded_string_view text(padded.data(), size, padded.capacity());
  if (parser.iterate(text).get(document) != SUCCESS || document.get_value().get(body) != SUCCESS) {
    return values.Refuse(root, " must be a JSON object such as {\"model\": …}.");
  }
  if (!values.Object<RequestDraft>(body, root, "a JSON object such as {\"model\": …}",
                                   kRequestMembers, draft)) {
    return false;
  }
  if (!draft.has_messages) {
    return values.Refuse({.parent = &root, .name = "messages"},
                         R"( is missing; send one, such as "messages": [{"role": "user", )"
                         R"("content": "Hello"}].)");
  }
  Complete(draft);
  return true;
}

}  // namespace

std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped) {
  thread_local ondemand::parser parser;
  thread_local std::string padded;
  padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(body);
  conversation.protocol = ChatProtocol::kChatCompletions;
  BodyValues values(dropped);
  RequestDraft draft{.conversation = conversation};
  const bool good = Read(parser, padded, padded.size(), values, draft);
  if (padded.capacity() > kLargestKeptBody) {
    padded = {};
    parser = ondemand::parser();
  }
  if (good) return std::nullopt;
  return values.problem();
}

}  // namespace headgate::backends::openai_chat
