#include "gateway/slots/queue_end.h"

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

std::string Milliseconds(std::chrono::nanoseconds time) {
  return config::Concat(std::chrono::round<std::chrono::milliseconds>(time).count(), " ms");
}

// As a policy has it: whole seconds where they say it all.
std::string MostWait(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? config::Concat(ms / 1000, " s") : config::Concat(ms, " ms");
}

}  // namespace

std::string WordsOf(const QueueEnd& end, std::string_view place) {
  switch (end.why) {
    case QueueEnd::Why::kFull:
      return config::Concat(end.waiting, " of ", end.limit,
                            end.limit == 1 ? " request waits for " : " requests wait for ", place);
    case QueueEnd::Why::kTooLate:
      return config::Concat(
          "The predicted wait for ", place, " is ", Milliseconds(end.predicted),
          ", and the request has ", Milliseconds(end.left), " left of its timeouts.total",
          end.answer.count() > 0 ? config::Concat("; an answer takes ", Milliseconds(end.answer))
                                 : std::string());
    case QueueEnd::Why::kShed:
      return config::Concat("The request had to make room for a more urgent one after ",
                            Milliseconds(end.waited), " in the queue of ", place);
    case QueueEnd::Why::kMaxWait:
      return config::Concat("The request has waited ", MostWait(end.max_wait),
                            " in queues, which is the batch.max_wait of ", place);
    case QueueEnd::Why::kDown:
      return config::Concat("No replica of ", place, " can be asked any more after ",
                            Milliseconds(end.waited), " in its queue");
    case QueueEnd::Why::kDrained:
      return config::Concat("The gateway shut down after ", Milliseconds(end.waited),
                            " in the queue of ", place);
    case QueueEnd::Why::kTimeOver:
      break;
  }
  return config::Concat("No time was left for an answer after ", Milliseconds(end.waited),
                        " in the queue of ", place);
}

}  // namespace headgate::gateway
