#include "backends/protocols/request_reader.h"

#include <simdjson.h>

#include "backends/protocols/anthropic/request/messages_body.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/cursor.h"
#include "backends/protocols/json/structural_index.h"
#include "backends/protocols/openai_chat/request/chat_body.h"
#include "backends/protocols/openai_completions/prompt_body.h"
#include "backends/protocols/openai_responses/request/responses_body.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kMostNamed = 64;  // bytes of a client's own field name that go into an answer

// Returns the field of the root object that holds the byte at `offset`, as it is written, or an
// empty text. The text is not JSON, so this is a rough walk over brackets and strings, on the error
// path only.
std::string_view FieldAt(std::string_view text, std::size_t offset) {
  std::string_view last;   // the last whole string at depth 1
  std::string_view field;  // the last string that a colon followed
  int depth = 0;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const std::size_t begin = ++i;
      while (i < offset && i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2u : 1u;
      if (depth == 1 && i < offset) last = text.substr(begin, i - begin);
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) field = {};
    } else if (depth == 1 && c == ':') {
      field = last;
    } else if (depth == 1 && c == ',') {
      field = {};
    }
  }
  return field.size() <= kMostNamed ? field : std::string_view{};
}

// Returns where the first byte is that is not UTF-8. Searches by halves, each cut between two
// characters.
std::size_t FirstNotUtf8(std::string_view text) {
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  std::size_t good = 0;
  std::size_t bad = text.size();
  while (bad - good > 1) {
    std::size_t middle = good + (bad - good) / 2;
    while (middle > good && continues(middle)) --middle;
    if (middle == good) break;
    (simdjson::validate_utf8(text.data() + good, middle - good) ? good : bad) = middle;
  }
  return good;
}

std::size_t FirstControlInString(std::string_view text) {
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') inside = !inside;
    if (inside && text[i] == '\\') ++i;
    if (inside && static_cast<unsigned char>(text[i]) < 0x20) return i;
  }
  return text.size();
}

BodyProblem NotJson(std::string_view body, std::size_t offset, std::string_view what) {
  BodyProblem problem;
  problem.param = FieldAt(body, offset);
  problem.message = "The body is not valid JSON at byte ";
  json::AppendInteger(static_cast<std::int64_t>(offset), problem.message);
  if (!problem.param.empty()) problem.message += " (in " + problem.param + ")";
  problem.message.append(": ").append(what).append(".");
  return problem;
}

BodyProblem Explain(json::StructuralIndex::Fault fault, std::string_view body) {
  switch (fault) {
    case json::StructuralIndex::Fault::kNotUtf8:
      return NotJson(body, FirstNotUtf8(body), "it is not UTF-8; encode the text as UTF-8");
    case json::StructuralIndex::Fault::kControlInString:
      return NotJson(body, FirstControlInString(body),
                     "a string holds a raw control byte; escape it, such as \\n");
    case json::StructuralIndex::Fault::kOpenString:
      return NotJson(body, body.size(), "it ends inside a string");
    case json::StructuralIndex::Fault::kTooLong:
      return {"The body is too large to read.", ""};
    case json::StructuralIndex::Fault::kNone:
    case json::StructuralIndex::Fault::kNoTokens:
      break;
  }
  return {"The body is empty; send a JSON object such as {\"model\": …}.", ""};
}

template <typename Body>
std::optional<BodyProblem> ReadAs(std::string_view path_model, json::JsonCursor& cursor,
                                  RequestView& view) {
  Body body(path_model, cursor, view);
  if (body.Read()) return std::nullopt;
  return body.problem();
}

// The problem is empty if the cursor has a fault.
std::optional<BodyProblem> ReadDocument(ApiEndpoint endpoint, std::string_view path_model,
                                        json::JsonCursor& cursor, RequestView& view) {
  switch (endpoint) {
    case ApiEndpoint::kChat:
      return ReadAs<openai_chat::ChatBody>(path_model, cursor, view);
    case ApiEndpoint::kCompletions:
      return ReadAs<openai_completions::CompletionBody>(path_model, cursor, view);
    case ApiEndpoint::kMessages:
      return ReadAs<anthropic::MessagesBody>(path_model, cursor, view);
    case ApiEndpoint::kCountTokens:
      return ReadAs<anthropic::CountTokensBody>(path_model, cursor, view);
    case ApiEndpoint::kResponses:
      return ReadAs<openai_responses::ResponsesBody>(path_model, cursor, view);
    case ApiEndpoint::kEmbeddings:
      break;
  }
  return ReadAs<openai_completions::EmbeddingBody>(path_model, cursor, view);
}

}  // namespace

struct RequestReader::Impl {
  json::StructuralIndex index;
  json::StringArena strings;
};

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {}
RequestReader::~RequestReader() = default;

std::optional<BodyProblem> RequestReader::Read(ApiEndpoint endpoint, const char* body,
                                               std::size_t size, RequestView& view,
                                               std::string_view path_model) {
  view.facts.Clear();
  view.splice = {};
  view.facts.body_bytes = size;
  const std::string_view text(body, size);
  const auto fault = impl_->index.Build(body, size);
  if (fault != json::StructuralIndex::Fault::kNone) return Explain(fault, text);
  impl_->strings.Reset(size);
  json::JsonCursor cursor(text, impl_->index.tokens(), impl_->strings);
  std::optional<BodyProblem> problem = ReadDocument(endpoint, path_model, cursor, view);
  impl_->index.Trim();
  if (cursor.fault().what != nullptr) {
    return NotJson(text, cursor.fault().offset, cursor.fault().what);
  }
  return problem;
}

}  // namespace headgate::backends
