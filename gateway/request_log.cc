#include "gateway/http/json_text.h"
#include "gateway/request_record.h"

namespace headgate::gateway {
namespace {

// Appends `,"name":`. The names are ours and need no escaping.
void Name(std::string_view name, std::string& out) { out.append(",\"").append(name).append("\":"); }

// A value that comes from configuration or from the code; it may still hold a quote.
void Text(std::string_view name, std::string_view value, std::string& out) {
  Name(name, out);
  AppendJsonString(value, out);
}

void Number(std::string_view name, std::int64_t value, std::string& out) {
  Name(name, out);
  AppendInteger(value, out);
}

// Milliseconds with three decimals.
void Duration(std::string_view name, std::chrono::nanoseconds duration, std::string& out) {
  const std::int64_t micros = std::max<std::int64_t>(0, duration.count() / 1000);
  Number(name, micros / 1000, out);
  const std::int64_t rest = micros % 1000;
  out += '.';
  if (rest < 100) out += '0';
  if (rest < 10) out += '0';
  AppendInteger(rest, out);
}

void Classified(const routing::Classification& c, std::string& out) {
  Text("class", routing::kClassNames[static_cast<std::size_t>(c.request_class)], out);
  Text("class_reason", routing::ToString(c.class_reason), out);
  Text("topic", routing::ToString(c.topic), out);
  Text("topic_reason", routing::ToString(c.topic_reason), out);
  Text("urgency", routing::ToString(c.urgency), out);
  Text("urgency_reason", routing::ToString(c.urgency_reason), out);
}

void Attempts(const RequestRecord& record, std::string& out) {
  const Snapshot& snapshot = *record.snapshot;
  Name("attempts", out);
  out += '[';
  for (const AttemptRecord& attempt : record.attempts) {
    const routing::Target& target = snapshot.policy->targets()[attempt.target];
    if (&attempt != record.attempts.data()) out += ',';
    out += "{\"target\":";
    AppendJsonString(target.name, out);
    Text("replica",
         snapshot.fleet->backend(target.backend).upstream->replicas()[attempt.replica].name, out);
    Text("result", backends::ToString(attempt.result), out);
    if (attempt.status != 0) Number("status", attempt.status, out);
    Duration("ms", attempt.ended - attempt.started, out);
    Name("cost_usd", out);
    AppendUsd(attempt.cost, out);
    out += '}';
  }
  out += ']';
}

void Usage(const AttemptRecord& attempt, std::string& out) {
  out += ",\"tokens\":{\"input\":";
  AppendInteger(attempt.usage.input, out);
  Number("cached_input", attempt.usage.cached_input, out);
  Number("cache_write", attempt.usage.cache_write, out);
  Number("output", attempt.usage.output, out);
  Number("reasoning", attempt.usage.reasoning, out);
  out += '}';
  Text("usage", kUsageStatusNames[static_cast<std::size_t>(attempt.usage_status)], out);
}

}  // namespace

void AppendLogLine(const RequestRecord& record, std::string_view time, std::string& out) {
  const Snapshot& snapshot = *record.snapshot;
  out.append("{\"time\":\"").append(time).append("\",\"id\":\"").append(record.id).append("\"");
  if (record.key) {
    const config::Key& key = snapshot.config.keys[*record.key];
    Text("key", key.name, out);
    Text("team", key.team, out);
  }
  Text("endpoint", record.endpoint, out);
  if (!record.model.empty()) Text("model", record.model, out);
  out += record.stream ? ",\"stream\":true" : ",\"stream\":false";
  if (record.classification) Classified(*record.classification, out);
  if (record.route) Text("route", snapshot.policy->routes()[*record.route].name, out);
  const AttemptRecord* const committed =
      record.committed ? &record.attempts[*record.committed] : nullptr;
  Text("target",
       committed != nullptr ? std::string_view(snapshot.policy->targets()[committed->target].name)
                            : "none",
       out);
  Text("outcome", kRequestOutcomeNames[static_cast<std::size_t>(record.outcome)], out);
  Number("status", record.status, out);
  if (record.rejection) {
    Text("rejected", kRejectionNames[static_cast<std::size_t>(*record.rejection)], out);
  }
  if (!record.error.empty()) Text("error", record.error, out);
  Attempts(record, out);
  if (committed != nullptr) Usage(*committed, out);
  Name("cost_usd", out);
  AppendUsd(record.TotalCost(), out);
  Duration("total_ms", record.ended - record.started, out);
  if (record.first_token != TimePoint{}) {
    Duration("ttft_ms", record.first_token - record.started, out);
  }
  Duration("overhead_ms", record.overhead, out);
  out += "}\n";
}

}  // namespace headgate::gateway
