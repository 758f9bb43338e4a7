#include "backends/net/http_tunnel.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace headgate::backends {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::string ReasonOf(TunnelAnswer::State state, int status) {
  if (state == TunnelAnswer::State::kMalformed) return "did not answer as an HTTP proxy";
  constexpr int kWantsPassword = 407;
  return absl::StrCat("refused the tunnel with status ", status,
                      status == kWantsPassword ? ", it wants a user and a password" : "");
}

}  // namespace

std::string ConnectRequest(const std::string& host, std::uint16_t port, const ProxyAddress& proxy) {
  const bool ipv6 = host.find(':') != std::string::npos;
  const std::string authority = absl::StrCat(ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port);
  std::string request =
      absl::StrCat("CONNECT ", authority, " HTTP/1.1\r\nHost: ", authority, "\r\n");
  if (!proxy.authorization.empty()) {
    absl::StrAppend(&request, "Proxy-Authorization: ", proxy.authorization, "\r\n");
  }
  return request + "\r\n";
}

TunnelAnswer::State TunnelAnswer::Feed(std::string_view bytes) {
  head_ += bytes;
  // Another protocol's server may wait for us to speak first.
  constexpr std::string_view kBegin = "HTTP/1.";
  if (!std::string_view(head_)
           .substr(0, kBegin.size())
           .starts_with(kBegin.substr(0, std::min(head_.size(), kBegin.size())))) {
    return State::kMalformed;
  }
  for (;;) {
    const std::size_t end = head_.find(kEndOfHead);
    if (end == std::string::npos) {
      return head_.size() > kMost ? State::kMalformed : State::kIncomplete;
    }
    const State state = Judge();
    if (state != State::kIncomplete) {
      const bool more = end + kEndOfHead.size() < head_.size();
      return state == State::kOpen && more ? State::kMalformed : state;
    }
    head_.erase(0, end + kEndOfHead.size());  // an interim answer
  }
}

// Judges the head that head_ begins with. kIncomplete: an interim answer.
TunnelAnswer::State TunnelAnswer::Judge() {
  constexpr std::size_t kStatusAt = 9;  // in "HTTP/1.1 200 Connection established"
  constexpr std::size_t kStatusLength = 3;
  const std::string_view line(head_.data(), head_.find("\r\n"));
  const bool known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!known || line.size() < kStatusAt + kStatusLength) return State::kMalformed;
  const absl::string_view digits(line.data() + kStatusAt, kStatusLength);
  const bool ends =
      line.size() == kStatusAt + kStatusLength || line[kStatusAt + kStatusLength] == ' ';
  int status = 0;
  if (!ends || !absl::SimpleAtoi(digits, &status) || status < 100) return State::kMalformed;
  if (status < 200) return State::kIncomplete;
  status_ = status;
  return status < 300 ? State::kOpen : State::kRefused;
}

Awaitable<TunnelResult> OpenTunnel(Stream& stream, const std::string& request) {
  TunnelResult result;
  const error_code write_error = co_await stream.Write(request);
  if (write_error) {
    result.reason = write_error.message();
    co_return result;
  }
  TunnelAnswer answer;
  std::array<char, 4096> buffer{};
  TunnelAnswer::State state = TunnelAnswer::State::kIncomplete;
  while (state == TunnelAnswer::State::kIncomplete) {
    auto [error, size] = co_await stream.ReadSome(asio::buffer(buffer));
    if (error) {
      result.reason = error == asio::error::eof ? "closed the connection" : error.message();
      co_return result;
    }
    state = answer.Feed(std::string_view(buffer.data(), size));
  }
  result.status = answer.status();
  result.open = state == TunnelAnswer::State::kOpen;
  if (!result.open) result.reason = ReasonOf(state, result.status);
  co_return result;
}

}  // namespace headgate::backends
