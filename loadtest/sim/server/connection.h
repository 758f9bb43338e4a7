// One client connection. It reads requests and answers them in order. It always watches its read
// side, so that it notices at once when the client leaves. Writes go directly to the socket and
// wait only if it is full. The connection lives as long as its handlers. *worker-bound*
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/answers/completion.h"
#include "loadtest/sim/http/http_request.h"
#include "loadtest/sim/http/tls_session.h"
#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

class Connection final : public Channel, public std::enable_shared_from_this<Connection> {
 public:
  // `tls` may be null.
  Connection(Context& context, Replica& replica, boost::asio::ip::tcp::socket socket,
             boost::asio::ssl::context* tls);

  void Start();

  void Write(std::string_view bytes) override;
  bool Blocked() const override { return !output_.empty(); }
  void Done(bool keep_alive) override;
  void Cut() override;
  void Reset() override;

 private:
  enum class State {
    kOpen,
    kLastAnswer,  // closes as soon as the peer has taken the answer
    kLingering,   // our side is shut down; a close before the peer's would lose the last bytes
    kClosed
  };

  void Watch();
  void OnReadable();
  // Takes bytes from the socket. Returns false if the connection must be closed.
  bool Receive(std::string_view bytes);
  // Reads and starts requests while no request is being answered.
  void Serve();
  void RefuseUnreadable(const boost::system::error_code& error);

  void Push(std::string_view bytes);
  void OnWritable();
  void Drained();
  void Linger();
  void Close();

  Context& context_;
  Replica& replica_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsSession> tls_;
  State state_ = State::kOpen;
  bool watching_ = false;
  bool serving_ = false;
  bool answering_ = false;
  bool continued_ = false;       // 100 Continue was sent for the request being read
  std::string input_;            // not yet parsed
  std::string output_;           // not yet taken by the socket
  std::size_t output_sent_ = 0;  // bytes of output_ that the socket has taken
  std::optional<RequestParser> parser_;
  std::unique_ptr<Completion> completion_;
};

}  // namespace headgate::loadtest::sim
