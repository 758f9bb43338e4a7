#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/answer_reader.h"
#include "backends/protocols/openai_responses/stream/piece_event.h"
#include "backends/protocols/openai_responses/stream/stream_item.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/translation/translation.h"

namespace headgate::backends::openai_responses {

// Reads the stream of a backend's response. What an event brings whole counts only where no deltas
// brought it before: some servers send deltas, some send only what is done, or only the end with
// the whole answer in it. Nothing is said twice, and items are told apart even if servers number
// them wrongly: see StreamItem. A new item ends a
// message or a thought before it. A call goes on until it is done, and what comes of other items
// meanwhile waits. A delta of the current item costs one look at its members and allocates nothing.
// Worker-bound.
class StreamReader final : public AnswerStreamReader {
 public:
  // `max_event` bytes: a longer event makes the stream malformed. The last event has the whole
  // answer and the request's tools in it.
  explicit StreamReader(std::size_t max_event = 32u << 20) : splitter_(max_event) {}

  void Feed(std::string_view bytes, AnswerSink& sink) override;
  bool ended() const override { return ended_ || malformed_; }
  bool malformed() const override { return malformed_; }
  std::int64_t left_out() const override { return left_out_; }

 private:
  using Item = StreamItem;

  void TakeEvent(const SseEvent& event);
  void TakeOdd(const SseEvent& event);
  void Dispatch(std::string_view type);
  bool HasDelta() const;
  void TakePiece(const PieceEvent& event);
  void TakeItemBegin();
  void TakeItemEnd();
  void TakeEnd(bool incomplete);
  void TakeFailure();
  void Begin(const json::Members& response);

  // Returns the item that an event of `kind` is about; null if there is none.
  Item* Find(const ItemName& name, ItemKind kind);
  Item& NewItem(const ItemName& name, ItemKind kind, std::string_view opening);
  // Says what is in the whole item and has not been said yet, and ends it.
  void Complete(Item& item, const json::Members& members);
  void SayTheRest(Item& item, const json::Members& members);
  void SayThought(Item& item, const json::Members& members);
  void SayRestOf(Item& item, const ItemTexts& texts);
  // Says what is in the whole `output` and has not been said yet.
  void TakeOutput(std::string_view output);
  // `part`: that `text` belongs to, named as in ItemText; empty: the part that grows.
  void SayPiece(Item& item, std::string_view part, AnswerEvent::Kind kind, std::string_view text);
  void BeginPart(Item& item, std::string_view part);
  void Say(Item& item, AnswerEvent::Kind kind, std::string_view text);
  void Close(Item& item);
  void Advance();

  SseSplitter splitter_;
  std::string joined_;     // data that came in several lines
  json::PaddedCopy copy_;  // of the data of the current event
  json::Members event_;
  std::string text_;               // of the current delta
  std::string part_;               // that it belongs to
  std::deque<Item> items_;         // all of them, in the order in which they began
  Item* open_ = nullptr;           // the current item
  std::size_t first_waiting_ = 0;  // no item before it waits
  ResponseReading reading_;
  bool started_ = false;
  bool ended_ = false;
  bool malformed_ = false;
  std::int64_t left_out_ = 0;
};

}  // namespace headgate::backends::openai_responses
