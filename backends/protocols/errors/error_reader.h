#pragma once

#include <string_view>

#include "backends/protocols/values/error_body.h"

namespace headgate::backends {

// Reads the answer of a backend that refused. The words are looked for where servers are known to
// put them, whatever stands around them: OpenAI and Azure, vLLM (nested and flat), SGLang,
// llama.cpp, TGI, Ollama, Anthropic, Gemini (a list), Mistral (a `detail` inside `message`),
// FastAPI (`detail` as text or as a list with `loc` and `msg`), RFC 9457, AWS (`Message`,
// `__type`), Cohere, Hugging Face, OAuth, MiniMax (`base_resp`), OpenRouter (an error in a choice).
// Of an event stream the first event counts. A body that is no JSON is taken as text, its first 500
// bytes; HTML and XML never are. JSON that is cut off, holds bytes that are no UTF-8, lone
// surrogates or raw control characters is mended first.
//
// `body` needs no padding; at most its first 64 KiB are looked at. `markup`: the answer's head says
// that it is HTML or XML. `status` 0: an error that came inside an answer of status 200.
// Thread-safe.
ErrorBody ReadErrorBody(int status, std::string_view body, bool markup = false);

// Whether the object `json` has the words of an error. An answer may have such words too, so this
// is only for what has nothing that an answer has. Thread-safe.
bool HasErrorWords(std::string_view json);

// Whether `json` is a list of objects with the words of an error, as Gemini answers. Thread-safe.
bool IsErrorList(std::string_view json);

}  // namespace headgate::backends
