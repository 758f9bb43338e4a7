#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/keeping/response_to_store.h"
#include "gateway/responses/response_store.h"

namespace headgate::gateway {

// Hands the answer of one request to the store, as the client gets it and before the client has its
// end: a client may continue a response as soon as it has all of it. An answer that breaks off is
// never whole, and so is not stored. Worker-bound.
class ResponseKeeper {
 public:
  // `store`, and what `request` points to, outlive the keeper.
  ResponseKeeper(ResponseStore& store, KeptRequest request)
      : store_(store), request_(std::move(request)) {}
  ResponseKeeper(const ResponseKeeper&) = delete;
  ResponseKeeper& operator=(const ResponseKeeper&) = delete;

  // Takes whole events of a stream. Stores the response if the last of its events is among them.
  void TakeEvents(std::string_view events);
  // Takes a whole answer.
  void TakeAnswer(std::string_view answer) { Keep(std::string(answer)); }
  // Says that the answer is too large to be held whole.
  void GiveUp() { store_.CountTooLarge(); }

  // Returns whether the answer was handed to the store.
  bool stored() const { return stored_; }

 private:
  void Keep(std::string object);

  ResponseStore& store_;
  const KeptRequest request_;
  bool stored_ = false;
};

}  // namespace headgate::gateway
