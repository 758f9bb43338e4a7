#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/stream.h"
#include "backends/net/types.h"
#include "gateway/accounting/request_record.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/input_buffer.h"
#include "gateway/http/read_ahead.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

class ProxiedRequest;
class Worker;

// One client connection: reads requests one after the other (pipelined ones wait in the buffer),
// checks head, key and body size, answers what needs no backend, and hands the rest to a
// ProxiedRequest. Worker-bound.
class Session {
 public:
  // Serves a connection until it ends.
  static Awaitable<void> Serve(Worker& worker, TcpSocket socket);

  Session(Worker& worker, TcpSocket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // From the worker's sweep.
  void Tick(TimePoint now);
  bool WatchesClient() const { return request_ != nullptr; }
  void ClientGone();
  void DrainIfIdle();
  void CutForDrain();
  int fd() { return stream_.fd(); }
  // Memory of the request that is being read or answered, in bytes; what changes with its size.
  std::size_t HeldBytes() const;
  std::size_t slot() const { return slot_; }
  void set_slot(std::size_t slot) { slot_ = slot; }

  // For the request that runs on this connection.
  const RequestHead& head() const { return head_; }
  std::string_view body() const;
  bool client_gone() const { return client_gone_; }
  bool MustClose() const;
  bool expose() const { return expose_; }
  // What a browser is told with every answer to this request; whole lines, empty without CORS.
  std::string_view cors_fields() const { return cors_fields_; }
  std::string& out() { return out_; }  // scratch for what is to be sent, in either direction
  void TrimOut() {
    if (out_.capacity() > kKeptOut) std::string().swap(out_);
  }
  // Sends all of `bytes`. false: the client is gone.
  Awaitable<bool> Send(std::string_view bytes);
  // Answers with an error object, unless something has been sent already.
  Awaitable<void> SendError(const ClientError& error, RequestRecord& record);
  void CloseAfterThis() { head_.keep_alive = false; }
  // Ends the connection so that the client cannot take a broken answer for a whole one.
  void BreakConnection() {
    client_gone_ = true;
    stream_.Reset();
  }

 private:
  // What a connection keeps of its scratch between requests.
  static constexpr std::size_t kKeptOut = 8u << 10;

  Awaitable<void> Run();
  Awaitable<bool> Handshake();
  Awaitable<bool> ReadHead();
  Awaitable<bool> HandleRequest();
  void NoteHowToAnswer(const Snapshot& snapshot);
  std::optional<ClientError> Admit(const EndpointMatch& match, bool preflight,
                                   RequestRecord& record);
  std::optional<ClientError> GuardAgainstPages(bool preflight, RequestRecord& record);
  std::optional<ClientError> Authenticate(RequestRecord& record);
  Awaitable<std::optional<ClientError>> ReadBody(RequestRecord& record);
  Awaitable<bool> FillBody(std::size_t size);
  Awaitable<std::optional<ClientError>> ReadChunkedBody(std::size_t limit);
  void FitChunkedBody();
  Awaitable<void> AnswerLocally(const EndpointRow& row, std::string_view argument,
                                RequestRecord& record);
  Awaitable<void> AnswerPreflight(std::string_view allow, RequestRecord& record);
  Awaitable<void> SendWhole(int status, std::string_view content_type, std::string_view body,
                            std::string_view extra, RequestRecord& record);
  Awaitable<bool> ReadSome(std::size_t want);
  Awaitable<void> RefuseHead(const HeadProblem& problem);
  // Before a close, so that bytes which the client has sent do not make the kernel reset the
  // connection and take the end of an answer with it. LingeringClose also waits for the client.
  void DiscardReceived();
  Awaitable<void> LingeringClose();
  void SetDeadline(std::chrono::milliseconds after);
  void ExpectBody(std::size_t received);

  Worker& worker_;
  backends::Stream stream_;
  InputBuffer input_;
  ReadAhead read_ahead_;
  RequestHead head_;
  std::size_t head_size_ = 0;  // bytes at the start of input_
  std::size_t body_size_ = 0;  // bytes behind the head, when the body lies in input_
  std::string chunked_body_;   // a body that had to be decoded
  std::string chunked_head_;   // the head of that request, moved out of input_
  bool body_is_chunked_ = false;
  std::string out_;
  // How to answer: noted once, since the head moves while its body is read.
  std::string cors_fields_;
  bool without_body_ = false;          // to HEAD
  bool anthropic_errors_ = false;      // in their shape
  ProxiedRequest* request_ = nullptr;  // while one runs
  TimePoint deadline_ = TimePoint::max();
  TimePoint body_begun_{};  // when the rest of a body was first waited for
  std::size_t slot_ = 0;
  bool idle_ = true;  // between requests, nothing of the next one read
  bool timed_out_ = false;
  bool client_gone_ = false;
  bool expose_ = false;
};

}  // namespace headgate::gateway
