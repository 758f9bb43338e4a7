#include "loadtest/load/exchange/answer_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cctype>
#include <limits>

namespace headgate::loadtest::load {

namespace http = boost::beast::http;

AnswerReader::AnswerReader() {
  eager(true);
  body_limit(std::numeric_limits<std::uint64_t>::max());
}

bool AnswerReader::Feed(std::string_view bytes) {
  // The parser takes only complete pieces: bytes of half a head or half a chunk size must be given
  // to it again, together with the bytes that follow.
  const bool again = !held_.empty();
  if (again) held_.append(bytes);
  std::string_view rest = again ? std::string_view(held_) : bytes;
  while (!rest.empty() && !is_done()) {
    Error error;
    rest.remove_prefix(put(boost::asio::buffer(rest.data(), rest.size()), error));
    if (error == http::error::need_more) break;
    if (error) return false;
  }
  held_ = std::string(rest);
  return true;
}

bool AnswerReader::End() {
  Error error;
  if (has_head() && !is_done()) put_eof(error);
  return !error && is_done();
}

void AnswerReader::on_response_impl(int status, View, int, Error&) { status_ = status; }

void AnswerReader::on_field_impl(http::field field, View name, View value, Error&) {
  if (field == http::field::content_type) {
    is_event_stream_ = value.starts_with("text/event-stream");
    return;
  }
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "x-request-id" || lower == "retry-after" || lower.starts_with("x-headgate-")) {
    fields_[lower] = value;
  }
}

std::size_t AnswerReader::on_body_impl(View text, Error&) {
  body_.append(text.data(), text.size());
  return text.size();
}

std::size_t AnswerReader::on_chunk_body_impl(std::uint64_t, View text, Error& error) {
  return on_body_impl(text, error);
}

}  // namespace headgate::loadtest::load
