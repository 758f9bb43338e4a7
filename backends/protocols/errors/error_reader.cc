#include "backends/protocols/errors/error_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "backends/protocols/errors/error_kinds.h"
#include "backends/protocols/errors/error_words.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/mend_json.h"
#include "backends/protocols/sse/sse.h"

namespace headgate::backends {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestBody = 64u << 10;
constexpr std::size_t kLongestPlainText = 500;

bool LooksLikeEvents(std::string_view text) {
  constexpr std::string_view kFields[] = {"data:", "event:", "id:", "retry:", ":"};
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](std::string_view field) { return text.starts_with(field); });
}

// Returns the document in a body: the body itself, or the data of a stream's first event, which may
// lack its end. `data` holds such data then.
std::string_view DocumentIn(std::string_view body, std::string& data) {
  body = json::WithoutLead(body);
  if (!LooksLikeEvents(body)) return body;
  const std::string text = std::string(body) + "\n\n";
  SseSplitter events(text.size());
  events.Add(text);
  std::string joined;
  while (const std::optional<SseSplitter::Block> block = events.Next()) {
    data = ReadSseEvent(*block, joined).data;
    if (!data.empty()) return json::WithoutLead(data);
  }
  // A body of comments alone has no words; "id: not found" has words.
  return body.starts_with(':') ? std::string_view() : body;
}

bool LooksLikeJson(std::string_view text) {
  return !text.empty() && (text[0] == '{' || text[0] == '[' || text[0] == '"');
}

ErrorWords WordsIn(std::string_view body, bool markup) {
  thread_local dom::parser parser;
  ErrorWords words;
  std::string data;
  const std::string_view text = DocumentIn(body, data);
  if (LooksLikeJson(text)) {
    dom::element root;
    if (parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS) {
      words = ReadErrorWords(root);
    } else {
      const std::string mended = json::MendJson(text);
      if (parser.parse(mended).get(root) == simdjson::SUCCESS) words = ReadErrorWords(root);
    }
  } else if (!markup && !json::LooksLikeMarkup(text) && json::LooksLikeText(text)) {
    words.message = json::CleanText(text, kLongestPlainText);
  }
  words.message = json::CleanText(words.message, ErrorWords::kLongestMessage);
  return words;
}

// Returns the status that an error inside an answer means, as far as its type and code tell. 0 also
// for those that tell more than a status does.
int MeantStatus(const ErrorKinds& kinds) {
  const bool told = kinds.context_too_long || kinds.content_policy || kinds.account_exhausted ||
                    kinds.key_rejected || kinds.model_unknown;
  return told ? 0 : kinds.status;
}

// Interprets the words. `status` is the answer's, or 0 for an error inside an answer.
ErrorBody Judge(int status, ErrorWords words) {
  ErrorBody error{.message = std::move(words.message),
                  .type = std::move(words.type),
                  .param = std::move(words.param),
                  .code = std::move(words.code)};
  ErrorKinds& kinds = words.kinds;
  error.status = status != 0 ? status : words.status;
  if (error.status == 0) error.status = MeantStatus(kinds);
  LearnFromMessage(error.status, error.message, kinds);
  LearnFromMessage(error.status, error.param, kinds);
  error.context_too_long = kinds.context_too_long;
  error.content_policy = kinds.content_policy;
  const bool by_words = kinds.exhausted_by_words && !words.says_when;
  error.account_exhausted = (kinds.account_exhausted || by_words) && !kinds.content_policy;
  error.exhausted_by_words = by_words && !kinds.account_exhausted;
  error.costs_too_much = kinds.costs_too_much;
  // A 5xx or 429 has another cause, whatever it quotes.
  const bool refusal = error.status < 500 && error.status != 429 && !kinds.content_policy;
  error.key_rejected = refusal && kinds.key_rejected;
  error.model_unknown = refusal && kinds.model_unknown;
  error.names_stream_options = kinds.names_stream_options;
  return error;
}

}  // namespace

ErrorBody ReadErrorBody(int status, std::string_view body, bool markup) {
  ErrorBody error = Judge(status, WordsIn(body.substr(0, kLongestBody), markup));
  error.has_words = !error.message.empty();
  if (error.message.empty()) {
    error.message = status == 0 ? "an error without a message" : "HTTP " + std::to_string(status);
  }
  return error;
}

bool HasErrorWords(std::string_view json) {
  return json::WithoutLead(json).starts_with('{') && ReadErrorBody(0, json).has_words;
}

bool IsErrorList(std::string_view json) {
  const std::string_view text = json::WithoutLead(json);
  return text.starts_with('[') && json::WithoutLead(text.substr(1)).starts_with('{') &&
         ReadErrorBody(0, json).has_words;
}

}  // namespace headgate::backends
