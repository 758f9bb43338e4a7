#include "backends/protocols/openai_chat/answer_reader.h"

#include "backends/protocols/openai/whole_answer.h"
#include "backends/protocols/openai_chat/body/wire_words.h"
#include "backends/protocols/openai_chat/chunks/answer_parts.h"
#include "backends/protocols/openai_chat/chunks/chunk_reader.h"

namespace headgate::backends::openai_chat {

bool ReadAnswer(std::string_view body, AnswerSink& sink) {
  using Kind = AnswerEvent::Kind;
  thread_local ChunkReader reader;
  const WholeAnswer judged = openai::ReadWholeAnswerCopied(body);
  Chunk chunk;
  if (judged.kind != WholeAnswer::Kind::kAnswer || !reader.Read(body, chunk)) return false;
  if (!chunk.has_message) return false;
  sink.On(StartEvent(chunk.id, chunk.model));
  AnswerParts parts;
  parts.Begin(chunk.id);
  parts.Take(chunk, sink);
  parts.Finish(sink);
  const bool cut = ReasonOf(chunk.finish, parts.has_calls()) == FinishReason::kLength;
  if (parts.has_nameless_call() && !cut) return false;
  sink.On(UsageEvent(judged.usage));
  sink.On(FinishEvent(chunk.finish, chunk.stop_sequence, parts.has_calls()));
  sink.On(EventOf(Kind::kEnd));
  return true;
}

}  // namespace headgate::backends::openai_chat
