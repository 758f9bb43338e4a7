#include "gateway/slots/queue_end.h"

#include <gtest/gtest.h>

namespace headgate::gateway {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using EndWhy = QueueEnd::Why;

struct WordsCase {
  QueueEnd end;
  std::string_view place;
  std::string_view words;
};

TEST(QueueEnd, says_precisely_how_a_wait_ended) {
  const WordsCase cases[] = {
      {{.why = EndWhy::kFull, .waiting = 50, .limit = 50}, "gpu", "50 of 50 requests wait for gpu"},
      {{.why = EndWhy::kFull, .waiting = 1, .limit = 1},
       "this model",
       "1 of 1 request waits for this model"},
      {{.why = EndWhy::kShed, .waited = microseconds(2'936'900)},
       "gpu",
       "The request had to make room for a more urgent one after 2937 ms in the queue of gpu"},
      {{.why = EndWhy::kMaxWait, .max_wait = milliseconds(3'600'000)},
       "gpu",
       "The request has waited 3600 s in queues, which is the batch.max_wait of gpu"},
      {{.why = EndWhy::kMaxWait, .max_wait = milliseconds(1'500)},
       "this model",
       "The request has waited 1500 ms in queues, which is the batch.max_wait of this model"},
      {{.why = EndWhy::kTooLate, .predicted = milliseconds(41'900), .left = milliseconds(9'998)},
       "gpu",
       "The predicted wait for gpu is 41900 ms, and the request has 9998 ms left of its "
       "timeouts.total"},
      {{.why = EndWhy::kDown, .waited = milliseconds(10)},
       "this model",
       "No replica of this model can be asked any more after 10 ms in its queue"},
      {{.why = EndWhy::kTimeOver, .waited = milliseconds(10)},
       "gpu",
       "No time was left for an answer after 10 ms in the queue of gpu"},
      {{.why = EndWhy::kDrained, .waited = milliseconds(10)},
       "gpu",
       "The gateway shut down after 10 ms in the queue of gpu"},
  };
  for (const WordsCase& c : cases) EXPECT_EQ(WordsOf(c.end, c.place), c.words);
}

}  // namespace
}  // namespace headgate::gateway
