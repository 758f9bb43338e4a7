#pragma once

#include <string>

namespace headgate::backends {

// An error answer of a backend, of any protocol and dialect, normalised.
struct ErrorBody {
  // The backend's words. Never empty: without words it is "HTTP <status>". Valid UTF-8 of at most 4
  // KiB, without control characters but line ends and tabs, and never a page of HTML or XML.
  std::string message;
  std::string type;
  std::string param;  // empty = null
  std::string code;   // empty = null; an int `code` is a status, not a code
  bool context_too_long = false;
  bool content_policy = false;      // refused because of the content of the prompt or the answer
  bool account_exhausted = false;   // our account there has no money or quota left
  bool exhausted_by_words = false;  // only a sentence says so, which may mean a limit per minute
  bool costs_too_much = false;      // the account has money, but less than this request may cost
  bool key_rejected = false;   // our key, or a key in the configured headers; a 401 need not say it
  bool model_unknown = false;  // no model has the configured name; a 404 need not say it
  bool names_stream_options = false;  // refused for stream_options, or for a member of it
  // The status of the answer. For an error without a status, the status that the error itself
  // states, or that its type or code means: "rate_limit_exceeded" is 429. 0 if there is none.
  int status = 0;
  bool has_words = false;  // `message` is the backend's
};

}  // namespace headgate::backends
