#include "backends/protocols/answer_reader.h"

#include <utility>

#include "backends/protocols/anthropic/passing/whole_answer.h"
#include "backends/protocols/client_writer.h"
#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/whole_answer.h"
#include "backends/protocols/openai_responses/passing/whole_answer.h"

namespace headgate::backends {

StreamReader::Reader StreamReader::ReaderOf(ClientProtocol protocol, bool forward_usage,
                                            std::size_t max_event) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return Reader(std::in_place_type<anthropic::EventStream>, max_event);
    case ClientProtocol::kResponses:
      return Reader(std::in_place_type<openai_responses::EventStream>, max_event);
  }
  return Reader(std::in_place_type<openai::EventStream>, forward_usage, max_event);
}

StreamReader::StreamReader(ClientProtocol protocol, bool forward_usage, std::size_t max_event)
    : reader_(ReaderOf(protocol, forward_usage, max_event)) {}

StreamReader::StreamReader(const AnswerTranslation& translation)
    : reader_(std::in_place_type<TranslatedStream>, translation.backend, translation.client,
              translation.context) {}

StreamReader::StreamReader(const AnswerContinuation& continuation)
    : reader_(std::in_place_type<TranslatedStream>, continuation) {}

void StreamReader::Feed(std::string_view bytes, std::string& out) {
  std::visit([&](auto& reader) { reader.Feed(bytes, out); }, reader_);
}

bool StreamReader::is_empty() const {
  const auto* chat = std::get_if<openai::EventStream>(&reader_);
  return done() && (!started() || (chat != nullptr && !chat->has_choice()));
}

std::string_view StreamReader::nothing_but_its_end() const {
  if (std::holds_alternative<anthropic::EventStream>(reader_)) {
    return anthropic::EventStream::kNothingButItsEnd;
  }
  return openai::EventStream::kNothingButItsEnd;
}

StreamEnd StreamReader::end(std::size_t answers) const {
  if (const auto* chat = std::get_if<openai::EventStream>(&reader_)) return chat->end(answers);
  if (const auto* messages = std::get_if<anthropic::EventStream>(&reader_)) return messages->end();
  if (const auto* translated = std::get_if<TranslatedStream>(&reader_)) return translated->end();
  return std::get<openai_responses::EventStream>(reader_).end();
}

AnswerUsage StreamReader::usage() const {
  return std::visit([](const auto& reader) -> AnswerUsage { return reader.usage(); }, reader_);
}

BegunAnswer StreamReader::begun() const {
  if (const auto* translated = std::get_if<TranslatedStream>(&reader_)) return translated->begun();
  if (const auto* responses = std::get_if<openai_responses::EventStream>(&reader_)) {
    return responses->begun();
  }
  return {};
}

void StreamReader::AppendEnd(ClientProtocol client, std::string& out) {
  if (auto* translated = std::get_if<TranslatedStream>(&reader_)) {
    return translated->AppendEnd(out);
  }
  AppendStreamEnd(client, out);
}

WholeAnswer ReadWholeAnswer(ClientProtocol protocol, std::string& body) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::ReadWholeAnswer(body);
    case ClientProtocol::kResponses:
      return openai_responses::ReadWholeAnswer(body);
  }
  return openai::ReadWholeAnswer(body);
}

WholeAnswer ReadWholeAnswerCopied(ClientProtocol protocol, std::string_view body) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::ReadWholeAnswerCopied(body);
    case ClientProtocol::kResponses:
      return openai_responses::ReadWholeAnswerCopied(body);
  }
  return openai::ReadWholeAnswerCopied(body);
}

bool BeginsAsAnswer(std::string_view body) { return json::WithoutLead(body).starts_with('{'); }

StrayAnswer ReadStrayAnswer(ClientProtocol protocol, std::string_view body) {
  StrayAnswer stray;
  if (IsErrorList(body)) {
    stray.error = body;
    return stray;
  }
  StreamReader events(protocol, /*forward_usage=*/false);
  std::string ignored;
  events.Feed(body, ignored);
  stray.usage = events.usage();
  stray.token_events = events.token_events();
  stray.events = events.started();
  if (events.failed_first()) stray.error = events.error();
  return stray;
}

const ScannedNames& ScannedNamesOf(ClientProtocol protocol) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::kScannedMessage;
    case ClientProtocol::kResponses:
      return openai_responses::kScannedResponse;
  }
  return openai::kScannedCompletion;
}

}  // namespace headgate::backends
