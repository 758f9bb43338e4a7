#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace headgate::loadtest::load {

// Reads one HTTP answer from bytes as they come: its head, and its body without the framing.
// Sans-I/O. Thread-compatible.
class AnswerReader : private boost::beast::http::basic_parser<false> {
 public:
  AnswerReader();

  // Takes bytes and appends those of the body to body(). Returns false if they are not HTTP.
  bool Feed(std::string_view bytes);
  // Notes that the connection has ended. Returns whether the answer is complete.
  bool End();

  using basic_parser::is_done;
  bool has_head() const { return is_header_done(); }
  bool keeps_alive() const { return keep_alive(); }
  int status() const { return status_; }
  bool is_event_stream() const { return is_event_stream_; }
  // x-request-id, retry-after and x-headgate-…, with lower-case names.
  const std::map<std::string, std::string>& fields() const { return fields_; }
  // The caller removes the bytes that it has used.
  std::string& body() { return body_; }
  std::size_t body_bytes() const { return body_.size(); }

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;
  void on_request_impl(boost::beast::http::verb, View, View, int, Error&) override {}
  void on_response_impl(int status, View reason, int version, Error& error) override;
  void on_field_impl(boost::beast::http::field field, View name, View value, Error&) override;
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(View text, Error&) override;
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, View text, Error&) override;
  void on_finish_impl(Error&) override {}

  int status_ = 0;
  bool is_event_stream_ = false;
  std::map<std::string, std::string> fields_;
  std::string body_;
  std::string held_;  // an incomplete piece, to be parsed again with the bytes that follow
};

}  // namespace headgate::loadtest::load
