#include "backends/net/response_parser.h"

#include <algorithm>
#include <boost/beast/http/impl/basic_parser.ipp>

#include "backends/net/media_type.h"
#include "backends/net/retry_after.h"

namespace headgate::backends {

namespace http = boost::beast::http;
namespace {

constexpr std::uint64_t kMostReserved = 1u << 20;
constexpr std::uint64_t kPadding = 64;

// text/html, application/xhtml+xml, text/xml, application/xml, application/problem+xml …
bool IsMarkup(boost::beast::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const auto ends_with = [&](boost::beast::string_view end) {
    return type.size() >= end.size() &&
           boost::beast::iequals(type.substr(type.size() - end.size()), end);
  };
  return ends_with("html") || ends_with("xml");
}

}  // namespace

ResponseParser::ResponseParser() {
  // Beast's defaults (8 KB head, 8 MB body, streams included) are less than backends send. The
  // gateway itself limits what it holds.
  header_limit(64u << 10);
  body_limit(boost::none);
}

void ResponseParser::on_response_impl(int status, View, int, Error&) { head_.status = status; }

void ResponseParser::on_field_impl(http::field name, View name_text, View value, Error&) {
  // Fields of the trailer are not fields of the head (RFC 9110 section 6.5.1).
  if (is_header_done()) return;
  switch (name) {
    case http::field::content_type:
      ReadContentType({value.data(), value.size()});
      head_.markup = IsMarkup(value);
      break;
    case http::field::content_encoding:
      head_.encoded = !value.empty() && !boost::beast::iequals(value, "identity");
      break;
    case http::field::transfer_encoding:
      head_.transfer_coded |=
          !boost::beast::iequals(value, "chunked") && !boost::beast::iequals(value, "identity");
      break;
    case http::field::retry_after:
      // Of several fields the first readable field counts.
      if (!IsRetryAfter(head_.retry_after)) head_.retry_after.assign(value.data(), value.size());
      break;
    case http::field::date:
      if (head_.status >= 400) head_.date.assign(value.data(), value.size());
      break;
    case http::field::unknown:
      ReadUnknown({name_text.data(), name_text.size()}, {value.data(), value.size()});
      break;
    default:
      break;
  }
}

// The two types that nearly every answer has are not copied.
void ResponseParser::ReadContentType(std::string_view value) {
  head_.event_stream = IsMediaType(value, "text/event-stream");
  head_.json = IsMediaType(value, "application/json");
  head_.content_type = head_.event_stream || head_.json ? std::string_view() : value;
}

// Fields that Beast has no number for.
void ResponseParser::ReadUnknown(std::string_view name, std::string_view value) {
  if (IsRateLimitField(name)) {
    if (!head_.rate_limits) head_.rate_limits.emplace();
    ReadRateLimitField(name, value, *head_.rate_limits);
  } else if (boost::beast::iequals(View(name.data(), name.size()), "retry-after-ms") &&
             !IsRetryAfterMs(head_.retry_after_ms)) {
    head_.retry_after_ms.assign(value);
  }
}

void ResponseParser::on_header_impl(Error&) { head_.keep_alive = keep_alive(); }

void ResponseParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, Error&) {
  if (!length) return;
  head_.content_length = *length;
  // Reserves once, with room for simdjson's padding. An announced length is believed up to a limit.
  body_.reserve(std::min<std::uint64_t>(*length, kMostReserved) + kPadding);
}

std::size_t ResponseParser::on_body_impl(View bytes, Error&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

void ResponseParser::on_chunk_header_impl(std::uint64_t, View, Error&) {}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, View bytes, Error&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

void ResponseParser::on_finish_impl(Error&) {}

}  // namespace headgate::backends
