#include "loadtest/sim/server/witness.h"

#include <array>
#include <chrono>
#include <optional>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

using Method = boost::beast::http::verb;

constexpr std::string_view kBytes = "application/octet-stream";

void BillPage(Call& call) { call.Reply(200, kJsonType, call.replica.bill.ToJson()); }
void StatsPage(Call& call) { call.Reply(200, kJsonType, StatsJson(call.replica, Clock::now())); }
void EnginePage(Call& call) { call.Reply(200, kJsonType, EngineJson(call.replica, Clock::now())); }
void LastHead(Call& call) { call.Reply(200, kBytes, call.replica.last_head); }
void LastBody(Call& call) { call.Reply(200, kBytes, call.replica.last_body); }
void Arrivals(Call& call) {
  call.Reply(200, kJsonType,
             ArrivalsJson(call.replica, Clock::now(), std::chrono::system_clock::now()));
}
void StartOutage(Call& call) {
  const auto [path, text] = SplitOnce(call.request.target, '?');
  const std::optional<Outage> outage = ParseOutage(text);
  if (!outage) return call.Refuse({400, "write /sim/outage?FROM-TO:KIND", "", ""});
  call.replica.outages.Add(*outage, Clock::now());
  call.Reply(200, kJsonType, "{}");
  if (call.replica.outages_changed) call.replica.outages_changed();
}
void SetOthers(Call& call) {
  const auto [path, text] = SplitOnce(call.request.target, '?');
  const std::optional<OthersOptions> others = ParseOthers(text);
  if (!others) return call.Refuse({400, "write /sim/others?N or /sim/others?N,TOKENS", "", ""});
  call.replica.others.Set(*others);
  call.Reply(200, kJsonType, "{}");
}
void Reset(Call& call) {
  call.replica.Reset(Clock::now());
  call.Reply(200, kJsonType, "{}");
}

struct WitnessPage {
  Method method;
  std::string_view path;
  void (*handle)(Call&);
};

constexpr std::array<WitnessPage, 9> kWitnessPages{{
    {Method::get, "/bill", BillPage},
    {Method::get, "/sim/stats", StatsPage},
    {Method::get, "/sim/engine", EnginePage},
    {Method::get, "/sim/last/head", LastHead},
    {Method::get, "/sim/last/body", LastBody},
    {Method::get, "/sim/arrivals", Arrivals},
    {Method::post, "/sim/reset", Reset},
    {Method::post, "/sim/outage", StartOutage},
    {Method::post, "/sim/others", SetOthers},
}};

}  // namespace

bool AnswerWitness(Call& call) {
  for (const WitnessPage& page : kWitnessPages) {
    if (page.path != call.request.path() || page.method != call.request.method) continue;
    page.handle(call);
    return true;
  }
  return false;
}

}  // namespace headgate::loadtest::sim
