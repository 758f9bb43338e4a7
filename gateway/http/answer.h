#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::gateway {

// The head of an answer to a client.
struct AnswerHead {
  int status = 200;
  std::string_view content_type = "application/json";  // empty: there is no body
  std::optional<std::size_t> content_length;  // none: chunked, or framed by close with `close`
  bool chunked = false;
  bool close = false;
  std::string_view date;        // RFC 9110 section 5.6.7
  std::string_view request_id;  // empty: no x-request-id
  std::string_view extra = {};  // whole header lines, each with CRLF
  std::string_view cors = {};   // the same: what AppendCorsFields (cors.h) wrote
};
void AppendAnswerHead(const AnswerHead& head, std::string& out);

// Appends `data` as one chunk of a chunked body. REQUIRES: !data.empty().
void AppendChunk(std::string_view data, std::string& out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// What a client is told when its request fails: OpenAI's error object.
struct ClientError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string code;   // empty = null
  std::string param;  // empty = null
  std::string message;
  std::optional<int> retry_after_s;
  // Asking again cannot help; the official SDKs, which repeat every 5xx, are told so.
  bool never_retry = false;
  std::string_view allow = {};  // with 405: the methods that the path takes; of a constant
};
// {"error":{"message":…,"type":…,"param":…,"code":…}}
std::string ErrorJson(const ClientError& error);
// {"type":"error","error":{"type":…,"message":…},"request_id":…}, which Anthropic's clients read;
// the type is theirs for the status (https://docs.claude.com/en/api/errors, 2026-11).
std::string AnthropicErrorJson(const ClientError& error, std::string_view request_id);

}  // namespace headgate::gateway
