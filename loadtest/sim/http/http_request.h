// Reads HTTP/1.1 requests from a byte stream with Beast's parser. The bytes of the head are kept
// unchanged and the body is de-chunked. Only the fields that the simulator uses are kept. The
// parser has no socket. *thread-compatible*
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

struct HttpRequest {
  boost::beast::http::verb method = boost::beast::http::verb::unknown;
  std::string target;
  int version = 11;
  bool keep_alive = true;
  std::string head;  // raw, including the empty line
  std::string body;
  std::string authorization;
  std::string api_key;            // the header api-key (Azure)
  std::string x_api_key;          // the header x-api-key (Anthropic)
  std::string anthropic_version;  // the header anthropic-version
  bool anthropic_beta = false;    // whether the header anthropic-beta is present
  std::string sim;                // the header x-sim
  bool expects_continue = false;

  // The target without its query.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  static constexpr std::uint64_t kBodyLimit = 64U << 20U;
  static constexpr std::uint32_t kHeadLimit = 64U << 10U;

  RequestParser();

  // Reads from the start of `input` and returns how many bytes it took. `error` stays clear if more
  // bytes are needed. After an error the connection must be closed.
  std::size_t Read(std::string_view input, boost::system::error_code& error);

  // REQUIRES: is_done(). Leaves the parser empty.
  HttpRequest Take();
  bool expects_continue() const { return request_.expects_continue; }

 private:
  using Error = boost::system::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb method, View, View target, int version,
                       Error&) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(boost::beast::http::field field, View name, View value, Error&) override;
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override;
  std::size_t on_body_impl(View body, Error&) override;
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(Error&) override {}

  HttpRequest request_;
};

}  // namespace headgate::loadtest::sim
