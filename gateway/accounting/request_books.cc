#include "gateway/accounting/request_books.h"

#include <chrono>

#include "gateway/accounting/ledger_entry.h"
#include "gateway/accounting/recording_line.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"

namespace headgate::gateway {
namespace {

// Notes where a conversation was answered: later requests of it stay there. A target to which the
// request spilled does not bind the conversation, which would stay at a paid API long after its
// pool has room again. Its answer counts for the topic alone: the conversation keeps its place
// while the topic stays the same.
void NoteConversation(const RequestAccount& record, ConversationTable& conversations) {
  if (!record.conversation || !record.committed || record.outcome != RequestOutcome::kOk) return;
  const std::size_t target = record.LastPart()->target;
  const routing::Topic topic = record.classification->topic;
  LabelId place = record.snapshot->target_labels[target];
  if (!record.spilled.empty() && !record.HasSpilledFrom(target)) {
    const auto before = conversations.Peek(*record.conversation, record.ended);
    place = before && before->topic == topic ? before->target : ConversationTable::kNoPlace;
  }
  conversations.Put(*record.conversation, {place, topic}, record.ended);
}

}  // namespace

void RequestBooks::Book(const RequestAccount& record) {
  BookMetrics(record, metrics_);
  if (ledger_ != nullptr) SettleInLedger(record, *ledger_);
  NoteConversation(record, conversations_);
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
