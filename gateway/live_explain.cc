#include "gateway/live_explain.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "config/text.h"
#include "gateway/explanation.h"
#include "gateway/rehearsal.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kUsage =
    R"(send {"id": "req_…"} of the access log, or {"request": {…}, "endpoint": "chat", )"
    R"("headers": {"name": "value"}, "key": "name"}, of which only request is needed)";

LiveExplain::Answer Refuse(int status, std::string_view message) {
  return {status, json::serialize(
                      json::object{{"error", json::string_view(message.data(), message.size())}})};
}

std::string TextOf(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->as_string().data(), value->as_string().size());
}

bool IsKnown(json::string_view member) {
  return member == "request" || member == "key" || member == "endpoint" || member == "headers";
}

bool IsTextIfThere(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr || value->is_string();
}

// False: a member is of the wrong kind, or not known.
bool ReadRehearsal(const json::object& asked, Rehearsal& rehearsal) {
  for (const auto& member : asked) {
    if (!IsKnown(member.key())) return false;
  }
  if (!IsTextIfThere(asked, "key") || !IsTextIfThere(asked, "endpoint")) return false;
  const json::value* const request = asked.if_contains("request");
  if (request == nullptr || !request->is_object()) return false;
  rehearsal.body = json::serialize(*request);
  rehearsal.key = TextOf(asked, "key");
  const std::string endpoint = TextOf(asked, "endpoint");
  const auto known = EndpointNamed(endpoint.empty() ? "chat" : endpoint);
  if (!known) return false;
  rehearsal.endpoint = *known;
  const json::value* const headers = asked.if_contains("headers");
  if (headers == nullptr) return true;
  if (!headers->is_object()) return false;
  for (const auto& [name, value] : headers->as_object()) {
    if (!value.is_string()) return false;
    rehearsal.headers.emplace_back(config::Lower({name.data(), name.size()}),
                                   std::string(value.as_string().data(), value.as_string().size()));
  }
  return true;
}

}  // namespace

LiveExplain::Answer LiveExplain::Explain(std::string_view body) const {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !parsed.is_object()) return Refuse(400, kUsage);
  const json::object& asked = parsed.as_object();
  if (const std::string id = TextOf(asked, "id"); !id.empty()) return ExplainPast(id);

  Rehearsal rehearsal;
  if (!ReadRehearsal(asked, rehearsal)) return Refuse(400, kUsage);
  const std::shared_ptr<const Snapshot> snapshot = reloader_.snapshot();
  const routing::CompiledPolicy& policy = *snapshot->policy;
  if (!rehearsal.key.empty() && !HasKey(policy, rehearsal.key)) {
    return Refuse(400, "there is no key of that name");
  }
  rehearsal.unix_seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const Rehearsed rehearsed = Rehearse(
      policy, rehearsal,
      [&](routing::Class request_class, std::vector<routing::Candidate>& candidates) {
        snapshot->fleet->FillCandidates(policy, request_class, backends::Clock::now(), candidates);
      });
  if (rehearsed.problem) return Refuse(400, rehearsed.problem->message);
  return {200, json::serialize(gateway::Explain(snapshot->config, policy, rehearsed.input,
                                                rehearsed.decision))};
}

LiveExplain::Answer LiveExplain::ExplainPast(std::string_view id) const {
  for (const RecentDecisions* recent : recent_) {
    const std::optional<RecentDecisions::Found> found = recent->Find(id);
    if (!found) continue;
    routing::Decision decision;
    routing::Decide(*found->snapshot->policy, found->input, decision);
    json::object explanation =
        gateway::Explain(found->snapshot->config, *found->snapshot->policy, found->input, decision);
    explanation["id"] = json::string_view(id.data(), id.size());
    explanation["generation"] = found->snapshot->generation;
    return {200, json::serialize(explanation)};
  }
  return Refuse(404,
                "this request is not known any more: each worker remembers its last 1,024, and of "
                "them those of the policy in force");
}

}  // namespace headgate::gateway
