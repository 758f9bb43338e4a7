#pragma once

#include <string_view>

#include "backends/protocols/values/error_body.h"

namespace headgate::backends {

// Reads the answer of a backend that refused a request. The words are looked for where servers are
// known to put them, whatever surrounds them: OpenAI and Azure, vLLM (nested and flat), SGLang,
// llama.cpp, TGI, Ollama, Anthropic, Gemini (a list), Mistral (a `detail` inside `message`),
// FastAPI (`detail` as text or as a list with `loc` and `msg`), RFC 9457, AWS (`Message`,
// `__type`), Cohere, Hugging Face, OAuth, MiniMax (`base_resp`), OpenRouter (an error in a choice).
// In an event stream the first event counts. A body that is not JSON is read as text, its first 500
// bytes; HTML and XML are never read so. JSON that is cut off, or that has bytes that are not
// UTF-8, lone surrogates or raw control characters, is repaired first.
//
// `body` needs no padding; at most its first 64 KiB are looked at. `markup`: the answer's head says
// that it is HTML or XML. `status` 0: an error that came inside an answer of status 200.
// Thread-safe.
ErrorBody ReadErrorBody(int status, std::string_view body, bool markup = false);

// Returns whether the object `json` has the words of an error. An answer may have such words too,
// so call it only for an object that has no member of an answer. Thread-safe.
bool HasErrorWords(std::string_view json);

// Returns whether `json` is a list of objects with the words of an error, as Gemini answers.
// Thread-safe.
bool IsErrorList(std::string_view json);

}  // namespace headgate::backends
