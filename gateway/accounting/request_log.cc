#include "gateway/accounting/request_log.h"

#include <cmath>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

// Every `name` below is written as `,"name":`, ready to append: half of a log line is names.

// A value that comes from configuration or from a client.
void Text(std::string_view name, std::string_view value, std::string& out) {
  out.append(name);
  AppendJsonString(value, out);
}

// A constant of the code, which needs no escaping.
void Word(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append("\"").append(value).append("\"");
}

// A number with three decimals. REQUIRES: it is not negative.
void Thousandths(std::string_view name, std::int64_t thousandths, std::string& out) {
  AppendNumber(name, thousandths / 1000, out);
  const auto rest = static_cast<int>(thousandths % 1000);
  const char fraction[4] = {'.', static_cast<char>('0' + rest / 100),
                            static_cast<char>('0' + rest / 10 % 10),
                            static_cast<char>('0' + rest % 10)};
  out.append(fraction, sizeof fraction);
}

// Milliseconds with three decimals.
void Duration(std::string_view name, std::chrono::nanoseconds duration, std::string& out) {
  const std::int64_t micros = std::max<std::int64_t>(0, duration.count() / 1000);
  Thousandths(name, micros, out);
}

// 0 to 1, with three decimals.
void Share(std::string_view name, float share, std::string& out) {
  Thousandths(name, std::lround(static_cast<double>(share) * 1000), out);
}

void Cost(NanoUsd cost, std::string& out) {
  out += R"(,"cost_usd":)";
  AppendUsd(cost, out);
}

void Classified(const RequestAccount& record, std::string& out) {
  const routing::Classification& c = *record.classification;
  Word(R"(,"class":)", record.snapshot->policy->NameOf(c.request_class), out);
  Word(R"(,"class_reason":)", routing::ToString(c.class_reason), out);
  Word(R"(,"topic":)", record.snapshot->policy->NameOf(c.topic), out);
  Word(R"(,"topic_reason":)", routing::ToString(c.topic_reason), out);
  Share(R"(,"topic_confidence":)", c.topic_confidence, out);
  Word(R"(,"urgency":)", routing::ToString(c.urgency), out);
  Word(R"(,"urgency_reason":)", routing::ToString(c.urgency_reason), out);
  if (record.sticky) out += R"(,"sticky":true)";
  if (record.relaxed != 0) {
    out += R"(,"relaxed":")";
    routing::AppendRelaxed(record.relaxed, out);
    out += '"';
  }
}

void Attempts(const RequestAccount& record, std::string& out) {
  const Snapshot& snapshot = *record.snapshot;
  out += R"(,"attempts":[)";
  for (const AttemptAccount& attempt : record.attempts) {
    const routing::Target& target = snapshot.policy->targets()[attempt.target];
    if (&attempt != record.attempts.data()) out += ',';
    out += "{\"target\":";
    AppendJsonString(target.name, out);
    Text(R"(,"replica":)",
         snapshot.fleet->backend(target.backend).upstream->replicas()[attempt.replica].name, out);
    Word(R"(,"result":)", backends::ToString(attempt.result), out);
    if (attempt.hedge) out += R"(,"hedge":true)";
    if (attempt.rest) out += R"(,"resumes":true)";
    if (attempt.status != 0) AppendNumber(R"(,"status":)", attempt.status, out);
    if (attempt.left_out != 0) AppendNumber(R"(,"left_out":)", attempt.left_out, out);
    if (attempt.waited.count() > 0) Duration(R"(,"queued_ms":)", attempt.waited, out);
    Duration(R"(,"ms":)", attempt.ended - attempt.started, out);
    if (attempt.tier != policy::ServiceTier::kStandard) {
      Word(R"(,"tier":)", policy::kServiceTierNames[static_cast<std::size_t>(attempt.tier)], out);
    }
    Cost(attempt.cost, out);
    if (!attempt.error.empty()) Text(R"(,"error":)", attempt.error, out);
    out += '}';
  }
  out += ']';
}

// The full targets that the request left, in their order.
void Spilled(const RequestAccount& record, std::string& out) {
  if (record.spilled.empty()) return;
  out += R"(,"spilled":[)";
  for (const SpilledFrom& left : record.spilled) {
    if (&left != record.spilled.data()) out += ',';
    out += "{\"target\":";
    AppendJsonString(record.snapshot->policy->targets()[left.target].name, out);
    Word(R"(,"why":)", kSpillReasonNames[static_cast<std::size_t>(left.why)], out);
    if (left.waited.count() > 0) Duration(R"(,"ms":)", left.waited, out);
    out += '}';
  }
  out += ']';
}

// What the route's `hedge` and `resume` did.
void Failover(const RequestAccount& record, std::string& out) {
  if (record.Hedged()) out += R"(,"hedged":true)";
  if (const std::int64_t times = record.TimesResumed(); times > 0) {
    AppendNumber(R"(,"resumed":)", times, out);
  }
  if (!record.not_resumed.empty()) Word(R"(,"not_resumed":)", record.not_resumed, out);
}

void Tokens(const policy::Usage& usage, std::string& out) {
  out += ",\"tokens\":{\"input\":";
  AppendInteger(usage.input, out);
  AppendNumber(R"(,"cached_input":)", usage.cached_input, out);
  AppendNumber(R"(,"cache_write":)", usage.cache_write, out);
  if (usage.cache_write_1h > 0) AppendNumber(R"(,"cache_write_1h":)", usage.cache_write_1h, out);
  AppendNumber(R"(,"output":)", usage.output, out);
  AppendNumber(R"(,"reasoning":)", usage.reasoning, out);
  if (usage.web_searches > 0) AppendNumber(R"(,"web_searches":)", usage.web_searches, out);
  out += '}';
}

// What the gateway made of the request, and of its answer, beside passing them on.
void Changes(const RequestAccount& record, std::string& out) {
  if (!record.translated.empty()) Word(R"(,"translated":)", record.translated, out);
  if (!record.dropped.empty()) Text(R"(,"dropped":)", record.dropped, out);
  if (record.continues_stored) out += R"(,"continues_stored":true)";
  if (record.stored) out += R"(,"stored":true)";
}

void Times(const RequestAccount& record, std::string& out) {
  Duration(R"(,"total_ms":)", record.ended - record.started, out);
  if (record.first_token != TimePoint{}) {
    Duration(R"(,"ttft_ms":)", record.first_token - record.started, out);
  }
  if (record.queued.count() > 0) Duration(R"(,"queued_ms":)", record.queued, out);
  if (record.held.count() > 0) Duration(R"(,"held_ms":)", record.held, out);
  Duration(R"(,"overhead_ms":)", record.overhead, out);
}

}  // namespace

void AppendLogLine(const RequestAccount& record, std::string_view time, std::string& out) {
  const Snapshot& snapshot = *record.snapshot;
  out.append("{\"time\":\"")
      .append(time)
      .append("\",\"id\":\"")
      .append(record.id.View())
      .append("\"");
  AppendNumber(R"(,"generation":)", static_cast<std::int64_t>(snapshot.generation), out);
  if (record.key) {
    const config::Key& key = snapshot.config->keys[*record.key];
    Text(R"(,"key":)", key.name, out);
    Text(R"(,"team":)", key.team, out);
  }
  Text(R"(,"endpoint":)", record.endpoint, out);
  if (!record.model.empty()) Text(R"(,"model":)", record.model, out);
  out += record.stream ? ",\"stream\":true" : ",\"stream\":false";
  if (record.classification) Classified(record, out);
  if (record.route) Text(R"(,"route":)", snapshot.policy->routes()[*record.route].name, out);
  const AttemptAccount* const committed =
      record.committed ? &record.attempts[*record.committed] : nullptr;
  Text(R"(,"target":)",
       committed != nullptr ? std::string_view(snapshot.policy->targets()[committed->target].name)
                            : "none",
       out);
  Word(R"(,"outcome":)", kRequestOutcomeNames[static_cast<std::size_t>(record.outcome)], out);
  AppendNumber(R"(,"status":)", record.status, out);
  if (record.rejection) {
    Word(R"(,"rejected":)", kRejectionNames[static_cast<std::size_t>(*record.rejection)], out);
  }
  if (!record.error.empty()) Text(R"(,"error":)", record.error, out);
  Changes(record, out);
  Spilled(record, out);
  Attempts(record, out);
  Failover(record, out);
  if (committed != nullptr) Tokens(record.UsageOfAnswer(), out);
  if (const std::optional<policy::UsageStatus> status = record.WorstUsageStatus()) {
    Word(R"(,"usage":)", kUsageStatusNames[static_cast<std::size_t>(*status)], out);
  }
  Cost(record.TotalCost(), out);
  Times(record, out);
  out += "}\n";
}

}  // namespace headgate::gateway
