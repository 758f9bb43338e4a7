#include "backends/protocols/openai/whole_answer.h"

#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/openai/event_stream.h"

namespace headgate::backends::openai {
namespace {

using Kind = WholeAnswer::Kind;

constexpr std::size_t kParserPadding = 64;

WholeAnswer Judge(std::optional<AnswerFields> fields, std::string_view body) {
  WholeAnswer answer;
  if (!fields) {
    answer.kind = IsErrorList(body) ? Kind::kError : Kind::kNoAnswer;
    return answer;
  }
  answer.usage = std::move(fields->usage);
  if (fields->IsError()) {
    answer.kind = Kind::kError;
  } else if (fields->is_answer) {
    answer.kind = Kind::kAnswer;
  } else {
    answer.kind = Kind::kIncomplete;
    answer.missing = "its answer has neither choices nor data";
  }
  return answer;
}

}  // namespace

WholeAnswer ReadWholeAnswer(std::string& body) {
  if (body.starts_with(json::kByteOrderMark)) body.erase(0, json::kByteOrderMark.size());
  body.reserve(body.size() + kParserPadding);
  return Judge(ReadAnswerFields(body), body);
}

WholeAnswer ReadWholeAnswerCopied(std::string_view body) {
  return Judge(ReadAnswerFieldsCopied(body), body);
}

bool BeginsAsAnswer(std::string_view body) { return json::WithoutLead(body).starts_with('{'); }

StrayAnswer ReadStrayAnswer(std::string_view body) {
  StrayAnswer stray;
  if (IsErrorList(body)) {
    stray.error = body;
    return stray;
  }
  EventStream events(/*forward_usage=*/false);
  std::string ignored;
  events.Feed(body, ignored);
  stray.usage = events.usage();
  stray.token_events = events.token_events();
  stray.events = events.started();
  if (events.failed_first()) stray.error = events.error();
  return stray;
}

}  // namespace headgate::backends::openai
