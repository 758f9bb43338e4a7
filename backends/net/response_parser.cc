#include "backends/net/response_parser.h"

#include <boost/beast/http/impl/basic_parser.ipp>

namespace headgate::backends {

namespace http = boost::beast::http;

ResponseParser::ResponseParser() {
  // Beast's defaults (8 KB head, 8 MB body, streams included) are below what backends send; the
  // gateway bounds what it holds itself.
  header_limit(64u << 10);
  body_limit(boost::none);
}

void ResponseParser::on_response_impl(int status, View, int, Error&) { head_.status = status; }

void ResponseParser::on_field_impl(http::field name, View name_text, View value, Error&) {
  switch (name) {
    case http::field::content_type:
      head_.content_type.assign(value.data(), value.size());
      break;
    case http::field::content_encoding:
      head_.content_encoding.assign(value.data(), value.size());
      break;
    case http::field::retry_after:
      head_.retry_after.assign(value.data(), value.size());
      break;
    case http::field::unknown:
      if (boost::beast::iequals(name_text, "retry-after-ms")) {
        head_.retry_after_ms.assign(value.data(), value.size());
      }
      break;
    default:
      break;
  }
}

void ResponseParser::on_header_impl(Error&) { head_.keep_alive = keep_alive(); }

void ResponseParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, Error&) {
  if (length) head_.content_length = *length;
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
