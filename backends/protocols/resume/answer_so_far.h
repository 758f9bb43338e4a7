#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/resume/seam_reader.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/client_seam.h"

namespace headgate::backends {

// What a client has of a streamed answer, so that another backend can go on with it. It is read
// from the bytes that went to the client, so it is the same for a stream that passed, for one that
// was translated, and for one that has been resumed before. Bytes are kept, and read only when
// there are 64 KiB of them or when somebody asks: a short answer that does not break costs one copy
// of its bytes. Everything is given back as soon as the answer cannot be resumed. Sans-I/O.
// Worker-bound.
class AnswerSoFar {
 public:
  static constexpr std::size_t kMostText = 1u << 20;  // bytes

  // `reader` reads the protocol of the client. `most_text` bytes: a longer text is not resumed.
  AnswerSoFar(ChatProtocol client, std::unique_ptr<AnswerStreamReader> reader,
              std::size_t most_text = kMostText);
  AnswerSoFar(const AnswerSoFar&) = delete;  // the parts refer to each other
  AnswerSoFar& operator=(const AnswerSoFar&) = delete;

  // Takes what was sent to the client: whole events of the answer, without the gateway's own
  // comments.
  void Sent(std::string_view events);

  // Returns whether the client has an event of the answer.
  bool begun();
  // Returns why the answer cannot go on elsewhere, as "the model has called a tool", or nothing.
  // The text is a constant.
  std::string_view WhyNot();
  // REQUIRES: begun(); WhyNot() is empty.
  const ClientSeam& seam();

  // Returns the bytes that are kept.
  std::size_t HeldBytes() const { return kept_.capacity() + collected_.seam.text.capacity(); }

 private:
  // Adds the events of the answer up.
  class Collected final : public AnswerSink {
   public:
    explicit Collected(std::size_t most_text) : most_text_(most_text) {}
    void On(const AnswerEvent& event) override;

    ClientSeam seam;
    bool begun = false;
    std::string_view why_not;

   private:
    const std::size_t most_text_;
  };

  void Read();
  void GiveUp(std::string_view why);

  const std::unique_ptr<AnswerStreamReader> reader_;
  Collected collected_;
  SeamReader places_;
  SseSplitter splitter_;
  std::string kept_;    // not read yet
  std::string joined_;  // data that came in several lines
  std::string_view why_not_;
};

}  // namespace headgate::backends
