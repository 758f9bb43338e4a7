#include "gateway/accounting/request_books.h"

#include <chrono>

#include "gateway/accounting/ledger_entry.h"
#include "gateway/accounting/recording_line.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"

namespace headgate::gateway {

void RequestBooks::Book(const RequestAccount& record) {
  BookMetrics(record, metrics_);
  if (ledger_ != nullptr) SettleInLedger(record, *ledger_);
  if (record.conversation && record.committed && record.outcome == RequestOutcome::kOk) {
    const std::size_t target = record.LastPart()->target;
    conversations_.Put(*record.conversation,
                       {record.snapshot->target_labels[target], record.classification->topic},
                       record.ended);
  }
  if (!record.decided.empty()) {
    const Snapshot& snapshot = *record.snapshot;
    recorded_.Add(snapshot.recording, snapshot.policy_line,
                  [&record](std::string& out) { AppendRecordingLine(record, out); });
  }
  if (access_log_ == nullptr) return;
  logged_.Add(access_log_, nullptr, [this, &record](std::string& out) {
    AppendLogLine(record, clock_.LogTime(std::chrono::system_clock::now()), out);
  });
}

void RequestBooks::Flush() {
  logged_.Flush();
  recorded_.Flush();
}

}  // namespace headgate::gateway
