#pragma once

#include <cstddef>
#include <memory>

#include "gateway/accounting/request_account.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/log/clock_text.h"
#include "gateway/log/log.h"
#include "gateway/metrics/shard.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Books the requests of one worker when they have ended: in metrics, the ledger, the table of
// conversations, the recording and the access log. Lines wait here, so that the thread that writes
// them is seldom woken. Worker-bound.
class RequestBooks {
 public:
  // `access_log` and `ledger` are null if there is none. All arguments outlive the books.
  RequestBooks(const std::shared_ptr<Log>& access_log, ConversationTable& conversations,
               MetricShard& metrics, ClockText& clock, policy::LedgerWriter* ledger = nullptr)
      : access_log_(access_log),
        conversations_(conversations),
        metrics_(metrics),
        clock_(clock),
        ledger_(ledger),
        logged_(kLogBlock),
        recorded_(kRecordedBlock) {}

  void Book(const RequestAccount& record);
  // Hands all waiting lines to the writer. Called from the sweep, and at the end.
  void Flush();

 private:
  // Waking a writer costs two context switches, so it is done seldom. Waiting lines are written
  // with the next sweep at the latest.
  static constexpr std::size_t kLogBlock = 256u << 10;
  static constexpr std::size_t kRecordedBlock = 32u << 10;  // less than the smallest rotated file

  const std::shared_ptr<Log> access_log_;
  ConversationTable& conversations_;
  MetricShard& metrics_;
  ClockText& clock_;
  policy::LedgerWriter* const ledger_;
  LogBuffer logged_;
  LogBuffer recorded_;
};

}  // namespace headgate::gateway
