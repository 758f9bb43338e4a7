#pragma once

#include <string>
#include <string_view>

namespace headgate::backends::openai {

// An error answer of any dialect, normalised.
struct ErrorBody {
  // The backend's words, never empty: without any it is "HTTP <status>". Valid UTF-8 of at most
  // 4 KiB, without control characters but line ends and tabs, and never a page.
  std::string message;
  std::string type;
  std::string param;  // empty = null
  std::string code;   // empty = null; an int `code` is a status, not a code
  bool context_too_long = false;
  bool content_policy = false;      // refused for what the prompt or the answer says
  bool account_exhausted = false;   // our account there has no money or quota left
  bool exhausted_by_words = false;  // only a sentence says so, which may mean a limit a minute
  bool costs_too_much = false;      // the account has money, but less than this request may cost
  bool key_rejected = false;   // our key, or that of the configured headers; a 401 need not say it
  bool model_unknown = false;  // there is no model of the configured name; nor need a 404
  bool names_stream_options = false;  // refused for stream_options, or for a member of it
  // Of the answer; of an error without one what the error itself says, 0 if it says nothing.
  int status = 0;
  bool has_words = false;  // `message` is the backend's
};

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

// Whether `json` is {"error":{"message":…}}, which every SDK of OpenAI's protocol shows, on one
// line and without an escape, in which a secret could hide. Thread-safe.
bool IsOpenAiError(std::string_view json);

}  // namespace headgate::backends::openai
