#include "gateway/relay/exposed_fields.h"

#include <chrono>

#include "backends/protocols/sse/sse_writer.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

std::string_view CommittedTarget(const RequestAccount& account) {
  return account.snapshot->policy->targets()[account.attempts[*account.committed].target].name;
}

void AppendAttempts(const RequestAccount& account, std::string& out) {
  AppendInteger(static_cast<std::int64_t>(account.attempts.size()), out);
}

// Rounded up, so that 0 means that the request did not wait.
std::int64_t MillisecondsQueued(const RequestAccount& account) {
  return std::chrono::ceil<std::chrono::milliseconds>(account.queued).count();
}

}  // namespace

std::string ExposedFields(const RequestAccount& account, Exposed exposed) {
  const routing::CompiledPolicy& policy = *account.snapshot->policy;
  std::string fields;
  fields.reserve(256);
  fields.append("x-headgate-class: ")
      .append(policy.NameOf(account.classification->request_class))
      .append("\r\nx-headgate-route: ")
      .append(policy.routes()[*account.route].name);
  if (exposed != Exposed::kRoute) {
    fields.append("\r\nx-headgate-target: ").append(CommittedTarget(account));
    fields += "\r\nx-headgate-attempts: ";
    AppendAttempts(account, fields);
    if (const std::int64_t queued = MillisecondsQueued(account); queued > 0) {
      fields += "\r\nx-headgate-queued-ms: ";
      AppendInteger(queued, fields);
    }
  }
  if (exposed == Exposed::kCost) {
    fields += "\r\nx-headgate-cost-usd: ";
    AppendUsd(account.TotalCost(), fields);
  }
  fields += "\r\n";
  return fields;
}

void AppendDroppedField(const RequestAccount& account, std::string& out) {
  if (account.dropped.empty()) return;
  out.append("x-headgate-dropped: ").append(account.dropped).append("\r\n");
}

void AppendDroppedComment(const RequestAccount& account, std::string& out) {
  if (account.dropped.empty()) return;
  backends::AppendSseComment("x-headgate-dropped " + account.dropped, out);
}

void AppendTargetComments(const RequestAccount& account, std::string& out) {
  std::string target = "x-headgate-target ";
  target.append(CommittedTarget(account));
  std::string attempts = "x-headgate-attempts ";
  AppendAttempts(account, attempts);
  backends::AppendSseComment(target, out);
  backends::AppendSseComment(attempts, out);
  if (const std::int64_t queued = MillisecondsQueued(account); queued > 0) {
    std::string waited = "x-headgate-queued-ms ";
    AppendInteger(queued, waited);
    backends::AppendSseComment(waited, out);
  }
}

void AppendResumedComment(const RequestAccount& account, std::size_t target, std::string& out) {
  std::string resumed = "x-headgate-resumed ";
  resumed.append(account.snapshot->policy->targets()[target].name);
  backends::AppendSseComment(resumed, out);
}

void AppendCostComment(const RequestAccount& account, std::string& out) {
  std::string cost = "x-headgate-cost-usd ";
  AppendUsd(account.TotalCost(), cost);
  backends::AppendSseComment(cost, out);
}

}  // namespace headgate::gateway
