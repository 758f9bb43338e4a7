#pragma once

#include <cstdint>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/values/client_seam.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// Notes where the events of a client's stream stand that the neutral events do not tell: indexes,
// ids of items, numbers of a sequence, and what has no neutral event. Worker-bound.
class SeamReader {
 public:
  // `seam` outlives the reader, which sets its places but not its texts, id and model.
  SeamReader(ChatProtocol client, ClientSeam& seam) : client_(client), seam_(seam) {}

  // Takes the data of the next event.
  void Take(std::string_view json);

  // Returns why the stream cannot go on behind these events, or nothing. A constant.
  std::string_view why_not() const { return why_not_; }

 private:
  void TakeChunk(std::string_view json);
  void TakeMessageEvent(std::string_view json);
  void TakeResponseEvent(std::string_view json);
  void BeginItem();
  void BeginContent();
  void TakeCreated(std::string_view object);

  const ChatProtocol client_;
  ClientSeam& seam_;
  json::PaddedCopy copy_;
  json::Members event_;
  std::string_view why_not_;
};

}  // namespace headgate::backends
