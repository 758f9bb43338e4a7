// Slots and queues as metrics and as a part of /status.
#include "gateway/admin/families/queue_families.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "prometheus/text_serializer.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// A pool of two replicas, of which one has less room, with waiters of two bands.
QueueState FullPool() {
  QueueState pool;
  pool.backend = "gpu";
  pool.replicas = {
      {.name = "r1",
       .slots = 4,
       .busy = 4,
       .others = 1,
       .slot_tokens = 9000,
       .tokens = 8000,
       .others_tokens = 700},
      {.name = "r2", .slots = 4, .busy = 2, .others = 0, .slot_tokens = 0, .tokens = 0}};
  backends::SlotQueue::Figures& figures = pool.queue.emplace();
  figures.waiting = {2, 0, 7};
  figures.predicted = {microseconds(1500), seconds(0), seconds(90)};
  figures.running_batch = 3;
  figures.batch_floor = 1;
  figures.granted = {20, 30, 40};
  figures.shed = {0, 0, 5};
  figures.full = {0, 1, 0};
  figures.expired = {0, 2, 3};
  figures.left = {6, 0, 0};
  figures.gone = {0, 7, 0};
  figures.drained = {0, 0, 8};
  pool.affinity = PrefixAffinity::Counts{6, 12, 3, 1};
  return pool;
}

QueueState PaidApi() {
  QueueState api;
  api.backend = "api";
  api.replicas = {{.name = "a1", .busy = 3}};
  return api;
}

// The series of these backends, without help and types.
std::vector<std::string> SeriesOf(const std::vector<QueueState>& backends) {
  FamilySet::Families families;
  AppendQueueFamilies(backends, families);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  std::vector<std::string> series;
  std::istringstream lines(std::move(out).str());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) series.push_back(line);
  }
  return series;
}

TEST(QueueFamilies, ShowSlotsRoomAndWaitersByBand) {
  const std::string of_band = R"({backend="gpu",band=")";
  const std::string depth = "headgate_queue_depth" + of_band;
  const std::string wait = "headgate_queue_predicted_wait_seconds" + of_band;
  const std::string ended = "headgate_queue_requests_total" + of_band;
  const std::string affinity = R"(headgate_prefix_affinity_total{backend="gpu",result=")";
  EXPECT_EQ(
      SeriesOf({FullPool()}),
      (std::vector<std::string>{R"(headgate_slots{backend="gpu",replica="r1"} 4)",
                                R"(headgate_slots{backend="gpu",replica="r2"} 4)",
                                R"(headgate_slots_busy{backend="gpu",replica="r1"} 4)",
                                R"(headgate_slots_busy{backend="gpu",replica="r2"} 2)",
                                R"(headgate_slot_tokens{backend="gpu",replica="r1"} 9000)",
                                R"(headgate_slot_tokens_busy{backend="gpu",replica="r1"} 8000)",
                                depth + "latency_critical\"} 2",
                                depth + "normal\"} 0",
                                depth + "batch\"} 7",
                                wait + "latency_critical\"} 0.0015",
                                wait + "normal\"} 0",
                                wait + "batch\"} 90",
                                ended + R"(latency_critical",result="granted"} 20)",
                                ended + R"(latency_critical",result="shed"} 0)",
                                ended + R"(latency_critical",result="expired"} 0)",
                                ended + R"(latency_critical",result="left"} 6)",
                                ended + R"(latency_critical",result="gone"} 0)",
                                ended + R"(latency_critical",result="drained"} 0)",
                                ended + R"(latency_critical",result="full"} 0)",
                                ended + R"(normal",result="granted"} 30)",
                                ended + R"(normal",result="shed"} 0)",
                                ended + R"(normal",result="expired"} 2)",
                                ended + R"(normal",result="left"} 0)",
                                ended + R"(normal",result="gone"} 7)",
                                ended + R"(normal",result="drained"} 0)",
                                ended + R"(normal",result="full"} 1)",
                                ended + R"(batch",result="granted"} 40)",
                                ended + R"(batch",result="shed"} 5)",
                                ended + R"(batch",result="expired"} 3)",
                                ended + R"(batch",result="left"} 0)",
                                ended + R"(batch",result="gone"} 0)",
                                ended + R"(batch",result="drained"} 8)",
                                ended + R"(batch",result="full"} 0)",
                                affinity + R"(none"} 6)",
                                affinity + R"(followed"} 12)",
                                affinity + R"(shorter"} 3)",
                                affinity + R"(escaped"} 1)"}));
}

TEST(QueueFamilies, APaidApiHasRequestsInFlightAndNothingElse) {
  EXPECT_EQ(SeriesOf({PaidApi()}),
            std::vector<std::string>{R"(headgate_slots_busy{backend="api",replica="a1"} 3)"});
}

TEST(QueueJson, SaysWhoHoldsSlotsAndWhoWaits) {
  EXPECT_EQ(boost::json::serialize(QueueJson(FullPool())),
            R"({"slots":8,"busy":6,"running_batch":3,"batch_floor":1,)"
            R"("waiting":{"latency_critical":2,"normal":0,"batch":7},)"
            R"("predicted_wait_ms":{"latency_critical":2,"normal":0,"batch":90000}})");
  EXPECT_TRUE(QueueJson(PaidApi()).empty());
}

TEST(QueueJson, SlotsOfEjectedReplicasAreNotCounted) {
  QueueState pool = FullPool();
  pool.replicas[1].down = true;
  EXPECT_EQ(QueueJson(pool).at("slots").as_int64(), 4);
  EXPECT_EQ(QueueJson(pool).at("busy").as_int64(), 6) << "what runs there runs";
}

TEST(QueueJson, AReplicaHasTheLimitsThatItHas) {
  const QueueState pool = FullPool();
  EXPECT_EQ(
      boost::json::serialize(ReplicaLoadJson(pool.replicas[0])),
      R"({"in_flight":4,"slots":4,"others":1,"slot_tokens":9000,"tokens":8000,"others_tokens":700})");
  EXPECT_EQ(boost::json::serialize(ReplicaLoadJson(pool.replicas[1])),
            R"({"in_flight":2,"slots":4,"others":0})");
  EXPECT_EQ(boost::json::serialize(ReplicaLoadJson(PaidApi().replicas[0])), R"({"in_flight":3})");
}

TEST(QueueStateOf, ReadsTheFleet) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1", "http://127.0.0.1:2"], models: {qwen-2.5-32b: q}, slots: 4, slot_tokens: 9k, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: secret, models: {gpt-4.1: g}}
routes: [{name: all, targets: [qwen-2.5-32b@gpu, gpt-4.1@api], prefer: ordered}]
)");
  ASSERT_NE(snapshot, nullptr);
  const backends::TimePoint now = backends::Clock::now();
  const BackendState& gpu = snapshot->fleet->backend(0);
  ASSERT_TRUE(gpu.replicas->slots(1).TryTake(500));
  const QueueState pool = QueueStateOf(gpu, now);
  EXPECT_EQ(pool.backend, "gpu");
  ASSERT_EQ(pool.replicas.size(), 2u);
  EXPECT_EQ(pool.replicas[0].busy, 0);
  EXPECT_EQ(pool.replicas[1].name, gpu.upstream->replicas()[1].name);
  EXPECT_EQ(pool.replicas[1].busy, 1);
  EXPECT_EQ(pool.replicas[1].slots, 4);
  EXPECT_EQ(pool.replicas[1].slot_tokens, 9000);
  EXPECT_EQ(pool.replicas[1].tokens, 500);
  ASSERT_TRUE(pool.queue.has_value());
  EXPECT_TRUE(pool.affinity.has_value());
  EXPECT_EQ(pool.queue->waiting[backends::IndexOf(backends::Band::kBatch)], 0u);
  EXPECT_FALSE(gpu.replicas->slots(1).Return(500));
  const QueueState api = QueueStateOf(snapshot->fleet->backend(1), now);
  EXPECT_FALSE(api.queue.has_value());
  EXPECT_EQ(api.replicas[0].slots, 0);
}

}  // namespace
}  // namespace headgate::gateway
