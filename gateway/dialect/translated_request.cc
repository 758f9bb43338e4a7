#include "gateway/dialect/translated_request.h"

#include <chrono>
#include <utility>

#include "backends/protocols/request_writer.h"
#include "backends/protocols/translator.h"
#include "backends/protocols/values/answer_event.h"
#include "config/base/unix_time.h"

namespace headgate::gateway {

using backends::BodyProblem;
using backends::ChatProtocol;

void TranslatedRequest::Read(ChatProtocol client) {
  conversation_.emplace();
  problem_ = backends::ReadConversation(client, body_, *conversation_, unread_);
  conversation_->model = model_;
  created_ = UnixSeconds();
}

std::optional<BodyProblem> TranslatedRequest::Write(const Translation& translation,
                                                    const backends::BackendTraits& traits,
                                                    bool stream_options, WrittenBody& written) {
  if (!conversation_) Read(translation.client);
  if (problem_) return problem_;
  backends::DroppedFields dropped = unread_;
  written.body.clear();
  if (std::optional<BodyProblem> problem = backends::WriteConversation(
          translation.backend, *conversation_, traits, dropped, written.body)) {
    written.body.clear();
    return problem;
  }
  const bool chat = translation.backend == ChatProtocol::kChatCompletions;
  if (chat && conversation_->stream && !stream_options) {
    backends::RemoveStreamOptions(written.body);
  }
  written.dropped = DroppedText(dropped);
  return std::nullopt;
}

backends::AnswerTranslation TranslatedRequest::AnswersOf(const Translation& translation,
                                                         std::string origin) const {
  return {.backend = translation.backend,
          .client = translation.client,
          .context = {.request = &*conversation_,
                      .request_id = request_id_,
                      .created = created_,
                      .backend = translation.backend,
                      .origin = std::move(origin)}};
}

backends::AnswerContext TranslatedRequest::ContextFor(ChatProtocol client, bool stream_usage) {
  if (!conversation_) Read(client);
  if (problem_) {
    *conversation_ = {};
    conversation_->protocol = client;
    conversation_->model = model_;
    conversation_->stream = true;
    conversation_->stream_usage = stream_usage;
  }
  return {.request = &*conversation_, .request_id = request_id_, .created = created_};
}

bool TranslatedRequest::TranslateAnswer(const Translation& translation, std::string origin,
                                        std::string& body) const {
  backends::Answer answer;
  backends::AnswerCollector collector(answer);
  if (!backends::ReadAnswer(translation.backend, body, collector)) return false;
  body.clear();
  const backends::AnswerTranslation answers = AnswersOf(translation, std::move(origin));
  backends::WriteAnswer(translation.client, answer, answers.context, body);
  return true;
}

std::string DroppedText(const backends::DroppedFields& dropped) {
  constexpr std::size_t kLongestText = 512;
  constexpr std::size_t kLongestName = 64;
  std::string text;
  for (const std::string_view name : dropped) {
    if (text.size() + kLongestName > kLongestText) return text + ", ...";
    if (!text.empty()) text += ", ";
    for (const char c : name.substr(0, kLongestName)) {
      const bool visible = c > ' ' && c < '\x7f' && c != ',';
      text += visible ? c : '?';
    }
  }
  return text;
}

}  // namespace headgate::gateway
