#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/types.h"
#include "backends/protocols/values/client_protocol.h"
#include "gateway/attempt/text_pool.h"
#include "gateway/http/answer.h"
#include "gateway/http/request_head.h"
#include "gateway/log/clock_text.h"

namespace headgate::gateway {

// Where the bytes of an answer go: to a connection, or to a test. Worker-bound.
class ClientSink {
 public:
  virtual ~ClientSink() = default;

  // Sends all of `bytes`. Returns false if the client is gone, now at the latest.
  virtual Awaitable<bool> Send(std::string_view bytes) = 0;
  // Ends the connection so that the client cannot mistake a broken answer for a whole answer.
  virtual void Break() = 0;
  // Returns whether this is the last request on the connection, whatever the client asked for.
  virtual bool closes() const = 0;

  bool client_gone() const { return client_gone_; }
  void ClientGone() { client_gone_ = true; }

 protected:
  void ClientIsBack() { client_gone_ = false; }  // a new request begins

 private:
  bool client_gone_ = false;
};

// The answer to one request: its framing, the fields that every answer carries, and the bytes that
// are about to be sent. Worker-bound.
class ClientResponse {
 public:
  // All arguments outlive the response.
  ClientResponse(ClientSink& sink, TextPool& texts, ClockText& clock)
      : sink_(sink), clock_(clock), out_(texts) {}

  // Notes what the request says about its answer. `request_id` outlives the response; `cors_fields`
  // are whole header lines that every answer to this request carries.
  void Begin(const RequestHead& head, backends::ClientProtocol protocol,
             std::string_view request_id, std::string cors_fields);
  // Says that the request was HEAD, which is not always known from a refused head.
  void LeaveOutBody() { without_body_ = true; }
  // Says that the client may see how its request was served.
  void Expose() { expose_ = true; }
  bool expose() const { return expose_; }

  // Adds whole header lines to the answer to this request.
  void AddFields(std::string_view lines) { fields_ += lines; }

  // Closes the connection after this answer.
  void CloseAfter() { keep_alive_ = false; }
  // Returns whether another request may follow.
  bool keeps_connection() const { return keep_alive_ && !sink_.closes() && !client_gone(); }
  bool client_gone() const { return sink_.client_gone(); }

  // The bytes that are not sent yet. Send() sends them; the caller clears them.
  std::string& out() { return *out_; }
  Awaitable<bool> Send() { return sink_.Send(*out_); }

  struct Head {
    int status = 200;
    std::string_view content_type = "application/json";  // empty: there is no body
    std::optional<std::size_t> content_length;
    bool in_pieces = false;       // the body comes through AppendPiece
    std::string_view extra = {};  // whole header lines, each with CRLF
  };
  // Appends a head. The pieces of a body are chunks or, for HTTP/1.0, plain bytes that end with the
  // connection.
  void AppendHead(const Head& head);
  void AppendPiece(std::string_view bytes);
  // Appends the end of a body in pieces, as that of a whole body.
  void AppendEnd();

  // Sends one answer from its head to its end. The body is left out if the request was HEAD.
  Awaitable<bool> SendWhole(const Head& head, std::string_view body);
  // Sends an error in the shape that the client's SDK reads, or a backend's own document.
  Awaitable<bool> SendError(const ClientError& error);
  // Returns the error in the client's shape, in one line.
  std::string ErrorDocument(const ClientError& error) const;
  backends::ClientProtocol protocol() const { return protocol_; }
  void Break() { sink_.Break(); }

 private:
  ClientSink& sink_;
  ClockText& clock_;
  PooledText out_;
  std::string_view request_id_;
  std::string fields_;  // whole header lines that the answer carries, whatever it is
  backends::ClientProtocol protocol_ = backends::ClientProtocol::kOpenAi;
  bool http_1_0_ = false;
  bool keep_alive_ = true;
  bool without_body_ = false;  // to HEAD
  bool expose_ = false;
};

}  // namespace headgate::gateway
