#pragma once

// clang-format off
#include <ostream>  // Boost 1.81's string_view needs it, and does not include it
// clang-format on
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/limits/rate_limit_fields.h"

namespace headgate::backends {

// The parts of a backend's answer head that Headgate uses or passes on.
struct ResponseHead {
  int status = 0;
  bool event_stream = false;    // Content-Type: text/event-stream
  bool json = false;            // Content-Type: application/json
  bool markup = false;          // Content-Type: HTML or XML
  bool encoded = false;         // Content-Encoding other than identity
  bool transfer_coded = false;  // Transfer-Encoding other than chunked
  std::string content_type;     // as it came; empty for JSON and event streams, and if none came
  // Of a refusing answer; empty if the field is absent.
  std::string retry_after;
  std::string retry_after_ms;
  std::string date;
  std::optional<RateLimitFields> rate_limits;  // if there is such a field
  bool keep_alive = false;
  std::optional<std::uint64_t> content_length;
};

// Beast's HTTP/1.1 parser writing into plain members: its message containers would allocate a node
// per header field. Body bytes are decoded from the transfer coding and appended to body().
// Worker-bound.
class ResponseParser : public boost::beast::http::basic_parser<false> {
 public:
  ResponseParser();

  const ResponseHead& head() const { return head_; }
  // The bytes that were decoded since the caller last cleared it.
  std::string& body() { return body_; }
  const std::string& body() const { return body_; }

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View, View, int, Error&) override {}
  void on_response_impl(int status, View reason, int version, Error& error) override;
  void on_field_impl(boost::beast::http::field name, View name_text, View value,
                     Error& error) override;
  void on_header_impl(Error& error) override;
  void ReadContentType(std::string_view value);
  void ReadUnknown(std::string_view name, std::string_view value);
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Error& error) override;
  std::size_t on_body_impl(View bytes, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, View bytes, Error& error) override;
  void on_finish_impl(Error& error) override;

  ResponseHead head_;
  std::string body_;
};

}  // namespace headgate::backends
