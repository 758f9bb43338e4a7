#pragma once

#include <string>

namespace headgate::backends {

// An error answer of a backend, of any protocol and dialect, normalised.
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

}  // namespace headgate::backends
