#include "loadtest/sim/http/http_request.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace headgate::loadtest::sim {

namespace http = boost::beast::http;

RequestParser::RequestParser() {
  body_limit(kBodyLimit);
  header_limit(kHeadLimit);
}

std::size_t RequestParser::Read(std::string_view input, Error& error) {
  std::size_t taken = 0;
  while (!error && !is_done() && taken < input.size()) {
    // The parser is not eager in the head: put() must stop right behind the head, so that its bytes
    // can be told from the body.
    const bool in_head = !is_header_done();
    eager(!in_head);
    const std::size_t more = put(boost::asio::buffer(input.substr(taken)), error);
    if (in_head) request_.head.append(input.substr(taken, more));
    taken += more;
    if (more == 0) break;
  }
  if (error == http::error::need_more) error = {};
  return taken;
}

HttpRequest RequestParser::Take() {
  request_.keep_alive = keep_alive();
  return std::move(request_);
}

void RequestParser::on_request_impl(http::verb method, View, View target, int version, Error&) {
  request_.method = method;
  request_.target.assign(target.data(), target.size());
  request_.version = version;
}

void RequestParser::on_field_impl(http::field field, View name, View value, Error&) {
  const auto keep = [value](std::string& into) { into.assign(value.data(), value.size()); };
  if (field == http::field::authorization) {
    keep(request_.authorization);
  } else if (field == http::field::expect) {
    request_.expects_continue = boost::beast::iequals(value, "100-continue");
  } else if (boost::beast::iequals(name, "api-key")) {
    keep(request_.api_key);
  } else if (boost::beast::iequals(name, "x-api-key")) {
    keep(request_.x_api_key);
  } else if (boost::beast::iequals(name, "anthropic-version")) {
    keep(request_.anthropic_version);
  } else if (boost::beast::iequals(name, "anthropic-beta")) {
    request_.anthropic_beta = !value.empty();
  } else if (boost::beast::iequals(name, "x-sim")) {
    keep(request_.sim);
  }
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
  // Above this size, memory grows with the bytes received, not with the promised length.
  constexpr std::uint64_t kBelieved = 1U << 20U;
  if (length) request_.body.reserve(std::min(*length, kBelieved));
}

std::size_t RequestParser::on_body_impl(View body, Error&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace headgate::loadtest::sim
