// What the configuration promises classes, as metrics.
#include "gateway/admin/families/class_families.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "prometheus/text_serializer.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

TEST(ClassFamilies, say_the_time_to_first_token_that_each_class_wants) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: none}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g}}
classes:
  - {class: checkout, band: latency_critical, target_ttft: 400ms, when: {endpoint: chat}}
  - {class: code, target_ttft: 2s}
routes: [{name: all, targets: [gpt-4.1@api]}]
)");
  ASSERT_NE(snapshot, nullptr);
  FamilySet::Families families;
  AddClassFamilies(*snapshot->policy, families);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  const std::string text = std::move(out).str();
  for (const char* line :
       {"{class=\"batch\"} 3600\n", "{class=\"latency_critical\"} 0.5\n", "{class=\"code\"} 2\n",
        "{class=\"general\"} 5\n", "{class=\"checkout\"} 0.4\n"}) {
    EXPECT_NE(text.find(std::string("headgate_class_target_ttft_seconds") + line),
              std::string::npos)
        << line << text;
  }
}

}  // namespace
}  // namespace headgate::gateway
