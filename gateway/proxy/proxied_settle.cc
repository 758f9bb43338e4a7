// Settlement of one attempt of a ProxiedRequest: usage to cost, rent, the verdict on the replica,
// and what the target has taught us.
#include <algorithm>

#include "gateway/accounting/reported_usage.h"
#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/http/json_text.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// Whether a backend that never said what it charged is taken to have charged. A refusal and a
// request that never got through cost nothing, and providers do not bill what they answer with a
// 5xx; an answer that we stopped waiting for, or that broke off, was being worked on, before its
// first byte as well.
bool WasWorkedOn(AttemptResult result, bool sent, std::int64_t output_seen) {
  switch (result) {
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kStatus4xx:
    case AttemptResult::kStatus429:
    case AttemptResult::kStatus5xx:
    case AttemptResult::kRejected:
    case AttemptResult::kNoCredit:
      return false;
    case AttemptResult::kErrorEvent:
      return output_seen > 0;
    default:
      return sent;
  }
}

}  // namespace

void ProxiedRequest::SettleAttempt(SlotLease& slot, AttemptResult result,
                                   const backends::openai::Answer& answer,
                                   std::int64_t estimated_output) {
  AttemptRecord& record = attempt();
  const routing::Target& to = target();
  record.ended = SteadyClock::now();
  record.result = result;
  record.tier = TierOf(answer);
  ReportHealth(slot, result);
  EndWaiting(result);
  if (result != AttemptResult::kClientGone && !cut_) {
    // A caller's mistake is an answer: the target is as good as ever.
    const bool failed = result != AttemptResult::kOk && result != AttemptResult::kStatus4xx;
    record_.snapshot->fleet->learned(record.target).ObserveAttempt(failed, record.ended);
  }
  const NanoUsd rent = slot.Release(record.ended);

  UsageEstimate estimate;
  if (WasWorkedOn(result, exchange_->sent(), estimated_output)) {
    estimate = {.input = record_.estimated_input_tokens,
                .output = std::min(estimated_output, most_output_)};
  }
  const bool plausible = answer.usage && IsPlausible(*answer.usage, to.context);
  const BookedUsage booked = BookUsage(plausible ? answer.usage : std::nullopt, estimate,
                                       endpoint_.endpoint != routing::Endpoint::kEmbeddings);
  record.usage = booked.usage;
  record.usage_status =
      booked.exact ? policy::UsageStatus::kExact : policy::UsageStatus::kEstimated;
  if (to.hosting == config::Hosting::kSelfHosted) {
    record.cost = rent;
  } else if (to.prices) {
    record.cost = policy::CostOf(*to.prices, record.usage, record.tier);
  } else {
    record.usage_status = policy::UsageStatus::kUnpriced;
  }
  if (result == AttemptResult::kOk) {
    routing::LearnedTarget& learned = record_.snapshot->fleet->learned(record.target);
    if (booked.learned) {
      // Images and audio would be taken for text of so many tokens a byte.
      learned.ObserveTokens(text_bytes_,
                            std::max<std::int64_t>(record.usage.input - other_input_, 0),
                            record.usage.output, record_.classification->request_class);
    }
    // An answer that is not streamed does not tell when its first token was there.
    if (record_.first_token != TimePoint{} && booked.learned) {
      learned.ObservePace(record.ended - record_.first_token, record.usage.output);
    }
  }
}

// Of a stream that ends without a first token: how long it was waited for says at least how late it
// would have come, unless the attempt failed for another reason.
void ProxiedRequest::EndWaiting(AttemptResult result) {
  switch (result) {
    case AttemptResult::kFirstTokenTimeout:
    case AttemptResult::kTotalTimeout:
    case AttemptResult::kClientGone:
      waiting_.GiveUp(attempt().ended);
      break;
    case AttemptResult::kOk:
      waiting_.Answered(attempt().ended);
      break;
    default:
      waiting_.Stop();
  }
}

// What the attempt says about its replica, and about the model there.
void ProxiedRequest::ReportHealth(SlotLease& slot, AttemptResult result) const {
  using Failure = backends::CircuitBreaker::Failure;
  const auto now = SteadyClock::now();
  backends::ReplicaSet::Lease& lease = slot.lease();
  backends::ReplicaSet::Changes changes;
  switch (result) {
    case AttemptResult::kOk:
      changes = lease.Succeeded(now);
      break;
    case AttemptResult::kStatus4xx:  // a caller's mistake never ejects: the replica did answer
      changes = lease.Answered(now);
      break;
    case AttemptResult::kRejected:
    case AttemptResult::kNoCredit:
      switch (record_.attempts.back().blame) {
        case Blame::kReplica:
          changes = lease.Failed(Failure::kTransient, now);
          break;
        case Blame::kModel:
          changes = lease.RejectedModel(now);
          break;
        case Blame::kRequest:
          changes = lease.Answered(now);
          break;
      }
      break;
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kFirstTokenTimeout:
      changes = lease.Failed(Failure::kDead, now);
      break;
    case AttemptResult::kClientGone:
    case AttemptResult::kStatus429:  // full, not broken
      break;
    default:
      if (!cut_) changes = lease.Failed(Failure::kTransient, now);
  }
  LogHealthChanges(HealthSubjectOf(slot), changes, record_.attempts.back());
}

HealthSubject ProxiedRequest::HealthSubjectOf(const SlotLease& slot) const {
  const BackendState& backend = record_.snapshot->fleet->backend(target().backend);
  return {.backend = backend.name,
          .replica = backend.upstream->replicas()[slot.replica()].name,
          .target = target().name};
}

// Header lines for clients that may see how their request was served.
std::string ProxiedRequest::ExposedFields(Exposed exposed) const {
  if (!client_.expose()) return {};
  const Snapshot& snapshot = *record_.snapshot;
  std::string fields;
  fields.reserve(256);
  fields.append("x-headgate-class: ")
      .append(snapshot.policy->NameOf(record_.classification->request_class))
      .append("\r\nx-headgate-route: ")
      .append(snapshot.policy->routes()[*record_.route].name);
  if (exposed != Exposed::kRoute) {
    fields.append("\r\nx-headgate-target: ").append(target().name);
    fields += "\r\nx-headgate-attempts: ";
    AppendInteger(static_cast<std::int64_t>(record_.attempts.size()), fields);
  }
  if (exposed == Exposed::kCost) {
    fields += "\r\nx-headgate-cost-usd: ";
    AppendUsd(record_.TotalCost(), fields);
  }
  fields += "\r\n";
  return fields;
}

}  // namespace headgate::gateway
