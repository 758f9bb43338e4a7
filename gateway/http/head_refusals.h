#pragma once

#include <string_view>

namespace headgate::gateway {

// Why a head is refused. A message names its section (RFC 9112, "HTTP/1.1", or RFC 9110, "HTTP
// semantics"), what is wrong, and what to send instead.
struct HeadRefusal {
  int status;
  std::string_view section;
  std::string_view message;
};

// clang-format off
namespace head_refusal {
inline constexpr HeadRefusal kHeadSize{431, "RFC 6585 5", "The request head is larger than this gateway's limit; send fewer or shorter header fields."};
inline constexpr HeadRefusal kFieldCount{431, "RFC 6585 5", "The request has more than 100 header fields; send fewer."};
inline constexpr HeadRefusal kBareLf{400, "RFC 9112 2.2", "A line of the request head ends in LF alone; end lines with CR LF."};
inline constexpr HeadRefusal kBareCr{400, "RFC 9112 2.2", "The request head has a CR that no LF follows; end lines with CR LF."};
inline constexpr HeadRefusal kControl{400, "RFC 9110 5.5", "The request head has a control byte; send printable text and tabs only."};
inline constexpr HeadRefusal kRequestLine{400, "RFC 9112 3", "The request line is malformed; write 'METHOD /path HTTP/1.1' with single spaces."};
inline constexpr HeadRefusal kMethod{400, "RFC 9112 3.1", "The method is not a token of at most 20 characters; use one such as GET or POST."};
inline constexpr HeadRefusal kVersion{505, "RFC 9110 2.5", "This HTTP version is not supported here; use HTTP/1.1."};
inline constexpr HeadRefusal kTarget{400, "RFC 9112 3.2", "The request target has bytes that must be percent-encoded, or a '#'; send a path such as /v1/models."};
inline constexpr HeadRefusal kConnect{400, "RFC 9110 9.3.6", "CONNECT is refused: this is a gateway to models, not a tunnel; send requests to its own paths."};
inline constexpr HeadRefusal kAsterisk{400, "RFC 9112 3.2.4", "The target '*' is refused; ask for a path such as /v1/models."};
inline constexpr HeadRefusal kTargetForm{400, "RFC 9112 3.2", "The request target must be a path that begins with '/', or a whole http URL."};
inline constexpr HeadRefusal kOtherHost{400, "RFC 9112 3.2.2", "The request target names another host than the Host field; make them equal, or send only the path."};
inline constexpr HeadRefusal kHostMissing{400, "RFC 9112 3.2", "The Host field is missing; HTTP/1.1 requires exactly one."};
inline constexpr HeadRefusal kHostRepeated{400, "RFC 9112 3.2", "The Host field is repeated; send exactly one."};
inline constexpr HeadRefusal kHost{400, "RFC 9112 3.2", "The Host field is malformed; write 'name' or 'name:port'."};
inline constexpr HeadRefusal kFold{400, "RFC 9112 5.2", "A line of the request head begins with white space; send each header field on one line."};
inline constexpr HeadRefusal kColon{400, "RFC 9112 5.1", "A header field has no colon, or white space in front of it; write 'Name: value'."};
inline constexpr HeadRefusal kName{400, "RFC 9110 5.1", "A header field's name is empty or not a token; use letters, digits and '-'."};
inline constexpr HeadRefusal kEncoding{400, "RFC 9112 6.1", "Transfer-Encoding must be exactly one 'chunked'; use that, or Content-Length."};
inline constexpr HeadRefusal kEncodingIn10{400, "RFC 9112 6.1", "Transfer-Encoding is not part of HTTP/1.0; use Content-Length, or HTTP/1.1."};
inline constexpr HeadRefusal kBothFramings{400, "RFC 9112 6.3", "The request has both Transfer-Encoding and Content-Length; send one of them."};
inline constexpr HeadRefusal kLengthRepeated{400, "RFC 9112 6.3", "The Content-Length field is repeated; send exactly one."};
inline constexpr HeadRefusal kLength{400, "RFC 9110 8.6", "Content-Length must be one decimal number without sign, list or leading zero."};
inline constexpr HeadRefusal kExpect{417, "RFC 9110 10.1.1", "The only expectation known here is '100-continue'; leave the Expect field out."};
inline constexpr HeadRefusal kRepeated{400, "RFC 9110 5.3", "Authorization, x-api-key, api-key, Content-Type or Content-Encoding is repeated; send each once."};
}  // namespace head_refusal
// clang-format on

}  // namespace headgate::gateway
