#pragma once

#include "backends/protocols/openai/answer_scanner.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai/whole_answer.h"

namespace headgate::backends {

// The readers of backends' answers, under names of no protocol. Every backend speaks OpenAI's
// protocol (config::Protocol); where a backend speaks another, the choice belongs here, as that of
// a client's writer does in client_writer.h. The thread rules are those of the readers.

using StreamReader = openai::EventStream;
using AnswerScanner = openai::AnswerScanner;

using openai::BeginsAsAnswer;
using openai::ReadStrayAnswer;
using openai::ReadWholeAnswer;
using openai::ReadWholeAnswerCopied;

}  // namespace headgate::backends
