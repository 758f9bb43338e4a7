// The way back to the client of one request, and the state that all requests share. *worker-bound*
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>

#include "loadtest/sim/answers/script.h"
#include "loadtest/sim/base/timers.h"
#include "loadtest/sim/replica/options.h"

namespace headgate::loadtest::sim {

class Channel {
 public:
  // Sends bytes of the response, or keeps them until the peer takes them.
  virtual void Write(std::string_view bytes) = 0;
  // Whether bytes wait for the peer. Completion::OnDrained is called when the peer has taken them.
  virtual bool Blocked() const = 0;

  // The end of the response, in three ways. Each destroys the completion that calls it, which must
  // return at once.
  virtual void Done(bool keep_alive) = 0;
  virtual void Cut() = 0;    // delivers the written bytes, then closes
  virtual void Reset() = 0;  // TCP RST

 protected:
  virtual ~Channel() = default;
};

struct Context {
  // Throws std::runtime_error if the script of the options cannot be read.
  explicit Context(const Options& parsed)
      : options(parsed),
        script(parsed.script.empty() ? Script() : Script::Load(parsed.script)),
        io(1),
        timers(io) {}

  const Options& options;
  const Script script;
  boost::asio::io_context io;
  Timers timers;
  // Buffers for use within one event, so that an idle stream owns no buffer.
  std::string out;
  std::string event;
  std::string frame;
  std::string read = std::string(65536, '\0');
};

}  // namespace headgate::loadtest::sim
