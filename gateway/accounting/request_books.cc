#include "gateway/accounting/request_books.h"

#include <chrono>

#include "gateway/accounting/recording_line.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"

namespace headgate::gateway {
namespace {

// Waking a writer costs two switches of context: seldom is cheap. What waits is written with every
// sweep at the latest.
constexpr std::size_t kLogBlock = 256u << 10;
constexpr std::size_t kRecordedBlock = 32u << 10;  // less than the smallest file that is rotated

}  // namespace

void RequestBooks::Book(const RequestAccount& record) {
  BookMetrics(record, metrics_);
  if (record.conversation && record.committed && record.outcome == RequestOutcome::kOk) {
    const std::size_t target = record.attempts[*record.committed].target;
    sessions_.Put(*record.conversation,
                  {record.snapshot->target_labels[target], record.classification->topic},
                  record.ended);
  }
  if (!record.decided.empty()) Record(record);
  if (access_log_ == nullptr) return;
  AppendLogLine(record, clock_.LogTime(std::chrono::system_clock::now()), logged_.lines);
  if (logged_.lines.size() >= kLogBlock) Flush();
}

void RequestBooks::Record(const RequestAccount& record) {
  if (recorded_under_ != record.snapshot) {
    FlushRecorded();
    recorded_under_ = record.snapshot;
    recorded_.preamble = record.snapshot->policy_line;
  }
  AppendRecordingLine(record, recorded_.lines);
  if (recorded_.lines.size() >= kRecordedBlock) FlushRecorded();
}

// Keeps no snapshot alive that nobody records under any more.
void RequestBooks::FlushRecorded() {
  if (recorded_under_ == nullptr) return;
  recorded_under_->recording->Submit(recorded_);
  recorded_under_.reset();
}

void RequestBooks::Flush() {
  if (!logged_.lines.empty()) access_log_->Submit(logged_);
  FlushRecorded();
}

}  // namespace headgate::gateway
