#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/stream.h"
#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/connection/admission.h"
#include "gateway/connection/connection_context.h"
#include "gateway/connection/incoming_message.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/head_parser.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

class ProxiedRequest;

// One client connection: reads requests one after the other (pipelined requests wait in the
// buffer), has each request admitted, answers requests that need no backend, and hands the rest to
// a ProxiedRequest. Worker-bound.
class ClientConnection final : public ClientSink {
 public:
  ClientConnection(ConnectionContext& context, TcpSocket socket);
  ~ClientConnection() override;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Serves the connection until it ends.
  Awaitable<void> Run();

  // Called from the worker's sweep.
  void Tick(TimePoint now);
  bool WatchesClient() const { return request_ != nullptr; }
  void ClientLeft();
  void DrainIfIdle();
  // A drain runs. `over`: its time is over.
  void Drain(bool over);
  int fd() { return stream_.fd(); }
  // Returns the memory, in bytes, of the request that is being read or answered; only memory that
  // grows with the size of a request is counted.
  std::size_t HeldBytes() const;

  // Sends a part of the response to a request.
  Awaitable<bool> Send(std::string_view bytes) override;
  void Break() override;
  bool closes() const override { return context_.draining(); }

 private:
  Awaitable<bool> Handshake();
  Awaitable<bool> ReadHead();
  Awaitable<bool> ReadSome();
  // Returns the account of a request that begins now.
  RequestAccount OpenAccount();
  Awaitable<bool> HandleRequest();
  Admission AdmitRequest(const EndpointMatch& match, bool preflight, RequestAccount& account);
  Awaitable<std::optional<ClientError>> ReadBody(RequestAccount& account);
  // Sets the time limit for the next bytes of a body.
  void ExpectBody(TimePoint begun);
  Awaitable<void> RefuseHead(const HeadProblem& problem);
  std::string CorsFields(const Snapshot& snapshot) const;
  std::string LocalAddress();
  // Reads and drops what the client has sent, before a close: else unread bytes make the kernel
  // reset the connection, and the end of an answer is lost. LingeringClose also waits for the
  // client.
  void DiscardReceived();
  Awaitable<void> LingeringClose();
  void SetDeadline(std::chrono::milliseconds after) {
    timed_out_ = false;
    deadline_ = SteadyClock::now() + after;
  }

  ConnectionContext& context_;
  std::size_t place_;  // index in context_.open
  backends::Stream stream_;
  IncomingMessage message_;
  ProxiedRequest* request_ = nullptr;  // null unless a request runs
  TimePoint deadline_ = TimePoint::max();
  bool idle_ = true;  // between requests, and no byte of the next request was read
  bool timed_out_ = false;
};

}  // namespace headgate::gateway
