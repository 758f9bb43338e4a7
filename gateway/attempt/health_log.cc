#include "gateway/attempt/health_log.h"

#include <chrono>
#include <string>

#include "backends/upstream/upstream_error.h"
#include "gateway/accounting/request_account.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

using ChangeKind = backends::CircuitChange::Kind;
using Level = OperatorLog::Level;

// "status_5xx: the backend answered 503"
std::string ReasonOf(const AttemptAccount& attempt) {
  std::string reason(backends::ToString(attempt.result));
  if (!attempt.error.empty()) reason.append(": ").append(attempt.error);
  return reason;
}

// The messages about a replica, and those about a target's model.
struct Messages {
  std::string_view ejected;
  std::string_view probe_failed;
  std::string_view returned;
};
constexpr Messages kReplica = {"a replica is ejected", "a probe of an ejected replica failed",
                               "a replica is back"};
constexpr Messages kModel = {"a target is passed over",
                             "a probe of a target that is passed over failed", "a target is back"};

void LogChange(const HealthSubject& subject, const Messages& messages, std::string_view target,
               const backends::CircuitChange& change, const AttemptAccount& attempt) {
  if (change.kind == ChangeKind::kNone) return;
  const auto seconds = std::chrono::round<std::chrono::seconds>(change.time).count();
  if (change.kind == ChangeKind::kReturned) {
    OperatorLog::Event(Level::kInfo, messages.returned,
                       {{"backend", subject.backend},
                        {"replica", subject.replica},
                        {"target", target},
                        {"after_s", {}, seconds}});
    return;
  }
  OperatorLog::Event(Level::kWarning,
                     change.kind == ChangeKind::kEjected ? messages.ejected : messages.probe_failed,
                     {{"backend", subject.backend},
                      {"replica", subject.replica},
                      {"target", target},
                      {"reason", ReasonOf(attempt)},
                      {"for_s", {}, seconds}});
}

void LogProbe(const HealthSubject& subject, std::string_view message, std::string_view target) {
  OperatorLog::Event(
      Level::kInfo, message,
      {{"backend", subject.backend}, {"replica", subject.replica}, {"target", target}});
}

backends::ReplicaSet::Changes Tell(backends::ReplicaSet::Lease& lease, HealthReport report,
                                   TimePoint now) {
  using Failure = backends::CircuitBreaker::Failure;
  switch (report) {
    case HealthReport::kNothing:
      break;
    case HealthReport::kSucceeded:
      return lease.Succeeded(now);
    case HealthReport::kAnswered:
      return lease.Answered(now);
    case HealthReport::kModelRejected:
      return lease.RejectedModel(now);
    case HealthReport::kFailed:
      return lease.Failed(Failure::kTransient, now);
    case HealthReport::kDead:
      return lease.Failed(Failure::kDead, now);
  }
  return {};
}

}  // namespace

void LogProbes(const HealthSubject& subject, const backends::ReplicaSet::Lease& lease) {
  if (lease.first_probe_of_replica()) LogProbe(subject, "an ejected replica is probed", {});
  if (lease.first_probe_of_model()) {
    LogProbe(subject, "a target that is passed over is probed", subject.target);
  }
}

void ReportAnswering(const HealthSubject& subject, backends::ReplicaSet::Lease& lease,
                     const AttemptAccount& attempt, backends::Clock::time_point now) {
  const backends::ReplicaSet::Changes changes = lease.Answering(now);
  LogChange(subject, kReplica, {}, changes.replica, attempt);
  LogChange(subject, kModel, subject.target, changes.model, attempt);
}

void ReportHealth(const HealthSubject& subject, HealthReport report,
                  backends::ReplicaSet::Lease& lease, const AttemptAccount& attempt) {
  const backends::ReplicaSet::Changes changes = Tell(lease, report, attempt.ended);
  LogChange(subject, kReplica, {}, changes.replica, attempt);
  LogChange(subject, kModel, subject.target, changes.model, attempt);
}

}  // namespace headgate::gateway
