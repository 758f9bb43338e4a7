#include "backends/protocols/openai_chat/chunks/chunk_reader.h"

#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/finish_reason.h"
#include "backends/protocols/openai/usage.h"
#include "backends/protocols/openai_chat/body/body_values.h"
#include "backends/protocols/openai_chat/body/wire_words.h"

namespace headgate::backends::openai_chat {
namespace {

using simdjson::SUCCESS;

// Bytes that a worker keeps between two texts. A parser takes six times the size of its text.
constexpr std::size_t kLargestKept = 1u << 20;
constexpr std::size_t kMostFragments = 256;  // in one chunk

// Calls member(key, value) for each member; false if the object is broken or a call says so.
template <typename Each>
bool ForEachMember(simdjson::ondemand::object& object, Each&& member) {
  for (auto field : object) {
    std::string_view key;
    JsonValue value;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (field.value().get(value) != SUCCESS) return false;
    if (!member(key, value)) return false;
  }
  return true;
}

// Calls element(object) for each object in an array, and skips what is not one. What is not an
// array is skipped too.
template <typename Each>
bool ForEachObject(JsonValue value, Each&& element) {
  simdjson::ondemand::array array;
  if (!TokenOf(value).starts_with('[')) return true;
  if (value.get_array().get(array) != SUCCESS) return false;
  for (auto item : array) {
    JsonValue one;
    simdjson::ondemand::object object;
    if (item.get(one) != SUCCESS) return false;
    if (!TokenOf(one).starts_with('{')) continue;
    if (one.get_object().get(object) != SUCCESS || !element(object)) return false;
  }
  return true;
}

// Returns a text, or nothing if the value is something else.
std::string_view TextIn(JsonValue value, std::string& scratch) {
  return json::TextOfToken(TokenOf(value), scratch).value_or(std::string_view());
}

void AppendTextIn(JsonValue value, std::string& out) {
  thread_local std::string scratch;
  out += TextIn(value, scratch);
}

}  // namespace

// Returns a text that other chunks of a stream go on.
std::string_view ChunkReader::PieceIn(Value value, SplitPair& pair, std::string& scratch) const {
  if (!streamed_) return TextIn(value, scratch);
  return json::TextOfToken(pair.Join(TokenOf(value)), scratch).value_or(std::string_view());
}

void ChunkReader::Clear() {
  used_fragments_ = 0;
  for (std::string* text :
       {&part_text_, &part_thinking_, &block_thinking_, &signature_, &hidden_}) {
    text->clear();
  }
  if (copy_.capacity() <= kLargestKept) return;
  copy_ = {};
  parser_ = simdjson::ondemand::parser();
}

bool ChunkReader::Read(std::string_view json, Chunk& chunk) {
  chunk = {};
  Clear();
  if (json.starts_with(json::kByteOrderMark)) json.remove_prefix(json::kByteOrderMark.size());
  copy_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  copy_.assign(json);
  const simdjson::padded_string_view padded(copy_.data(), copy_.size(),
                                            copy_.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  Object root;
  if (parser_.iterate(padded).get(document) != SUCCESS) return false;
  if (document.get_object().get(root) != SUCCESS) return false;
  bool has_choices = false;
  const bool whole = ForEachMember(root, [&](std::string_view key, JsonValue value) {
    if (key == "choices") has_choices = !SaysNothing(value);
    return ReadMember(key, value, chunk);
  });
  chunk.needs_fields |= !has_choices;
  return whole && openai::AtEnd(document);
}

bool ChunkReader::ReadMember(std::string_view key, Value value, Chunk& chunk) {
  if (key == "choices") return ReadChoices(value, chunk);
  if (key == "id") {
    chunk.id = TextIn(value, id_text_);
  } else if (key == "model") {
    chunk.model = TextIn(value, model_text_);
  } else if (key == "usage" || key == "error" || key == "x_groq" || key == "base_resp") {
    chunk.needs_fields |= TokenOf(value) != "null";
  } else if (key == "service_tier") {
    chunk.has_tier = TokenOf(value).starts_with('"');
  } else if (key == "object") {
    chunk.needs_fields |= TokenOf(value) == "\"error\"";
  }
  return true;
}

bool ChunkReader::ReadChoices(Value value, Chunk& chunk) {
  return ForEachObject(value, [&](Object& choice) { return ReadChoice(choice, chunk); });
}

bool ChunkReader::ReadChoice(Object choice, Chunk& chunk) {
  bool first = !chunk.has_choice;
  chunk.has_choice = true;
  std::string_view stop;
  const bool whole = ForEachMember(choice, [&](std::string_view key, Value value) {
    if (key == "index") {
      first = first && (TokenOf(value) == "0" || TokenOf(value) == "null");
    } else if (key == "usage" || key == "error") {
      chunk.needs_fields |= TokenOf(value) != "null";
    } else if (!first) {
      return true;
    } else if (key == "delta" || key == "message") {
      return ReadMessage(value, chunk);
    } else if (key == "finish_reason") {
      const std::string_view word = TextIn(value, finish_text_);
      if (openai::IsFinishReason(word)) chunk.finish = word;
      chunk.needs_fields |= openai::SaysBrokenOff(chunk.finish);
    } else if (key == "stop_reason" || key == "matched_stop") {
      stop = TextIn(value, stop_text_);
    }
    return true;
  });
  if (first && IsStopSequence(stop)) chunk.stop_sequence = stop;
  return whole;
}

bool ChunkReader::ReadMessage(Value value, Chunk& chunk) {
  Object message;
  if (!TokenOf(value).starts_with('{')) return true;
  if (value.get_object().get(message) != SUCCESS) return false;
  chunk.has_message = true;
  std::string_view reasoning_content;
  std::string_view reasoning;
  const bool whole = ForEachMember(message, [&](std::string_view key, Value member) {
    if (key == "content") return ReadContent(member, chunk);
    if (key == "tool_calls") return ReadCalls(member);
    if (key == "thinking_blocks") return ReadThinkingBlocks(member);
    if (key == "reasoning_content") {
      reasoning_content = PieceIn(member, reasoning_content_pair_, reasoning_content_);
    } else if (key == "reasoning") {
      reasoning = PieceIn(member, reasoning_pair_, reasoning_);
    } else if (key == "refusal") {
      chunk.refusal = TextIn(member, refusal_);
    } else if (key == "function_call" && TokenOf(member).starts_with('{')) {
      return ReadFunction(member, NewFragment());
    }
    return true;
  });
  // Servers that are being renamed write the same thought under two names.
  for (const std::string_view text :
       {reasoning_content, reasoning, std::string_view(part_thinking_),
        std::string_view(block_thinking_)}) {
    if (chunk.thinking.empty()) chunk.thinking = text;
  }
  chunk.signature = signature_;
  chunk.thought_is_whole = !signature_.empty() && reasoning_content.empty() && reasoning.empty() &&
                           part_thinking_.empty();
  chunk.hidden = hidden_;
  chunk.calls = std::span(fragments_.data(), used_fragments_);
  return whole;
}

bool ChunkReader::ReadContent(Value value, Chunk& chunk) {
  if (!TokenOf(value).starts_with('[')) {
    chunk.text = PieceIn(value, content_pair_, content_);
    return true;
  }
  const bool whole = ForEachObject(value, [&](Object& part) { return ReadContentPart(part); });
  chunk.text = part_text_;
  return whole;
}

// Reads {"type":"text","text":…} or {"type":"thinking","thinking":…}, where the thought is a text
// or a list of such parts.
bool ChunkReader::ReadContentPart(Object part) {
  return ForEachMember(part, [&](std::string_view key, Value value) {
    if (key == "text") AppendTextIn(value, part_text_);
    if (key != "thinking") return true;
    AppendTextIn(value, part_thinking_);
    return ForEachObject(value, [&](Object& thought) {
      return ForEachMember(thought, [&](std::string_view name, Value text) {
        if (name == "text") AppendTextIn(text, part_thinking_);
        return true;
      });
    });
  });
}

bool ChunkReader::ReadThinkingBlocks(Value value) {
  return ForEachObject(value, [&](Object& block) {
    return ForEachMember(block, [&](std::string_view key, Value text) {
      if (key == "thinking") AppendTextIn(text, block_thinking_);
      if (key == "signature") AppendTextIn(text, signature_);
      if (key == "data") AppendTextIn(text, hidden_);
      return true;
    });
  });
}

bool ChunkReader::ReadCalls(Value value) {
  return ForEachObject(
      value, [&](Object& call) { return used_fragments_ < kMostFragments && ReadCall(call); });
}

bool ChunkReader::ReadCall(Object call) {
  CallFragment& fragment = NewFragment();
  return ForEachMember(call, [&](std::string_view key, Value value) {
    if (key == "index") {
      if (value.get_int64().get(fragment.index) != SUCCESS || fragment.index < 0) {
        fragment.index = CallFragment::kNoIndex;
      }
    } else if (key == "id") {
      AppendTextIn(value, fragment.id);
    } else if (key == "function" && TokenOf(value).starts_with('{')) {
      return ReadFunction(value, fragment);
    }
    return true;
  });
}

bool ChunkReader::ReadFunction(Value value, CallFragment& fragment) {
  Object function;
  if (value.get_object().get(function) != SUCCESS) return false;
  return ForEachMember(function, [&](std::string_view key, Value member) {
    if (key == "name") {
      AppendTextIn(member, fragment.name);
    } else if (key == "arguments") {
      Object object;
      std::string_view raw;
      if (!TokenOf(member).starts_with('{')) {
        AppendTextIn(member, fragment.arguments);
        return true;
      }
      // Servers that are made after Ollama's own API write the object itself.
      if (member.get_object().get(object) != SUCCESS || object.raw_json().get(raw) != SUCCESS) {
        return false;
      }
      fragment.arguments += raw;
    }
    return true;
  });
}

CallFragment& ChunkReader::NewFragment() {
  if (used_fragments_ == fragments_.size()) fragments_.emplace_back();
  CallFragment& fragment = fragments_[used_fragments_++];
  fragment.index = CallFragment::kNoIndex;
  fragment.id.clear();
  fragment.name.clear();
  fragment.arguments.clear();
  return fragment;
}

}  // namespace headgate::backends::openai_chat
