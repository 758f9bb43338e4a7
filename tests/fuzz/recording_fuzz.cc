// Any recording is read to its end, and each request that was read from it can be decided again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "gateway/recording/record_reader.h"
#include "gateway/recording/record_text.h"
#include "routing/policy/policy.h"
#include "routing/replay/replay.h"

namespace {

using headgate::gateway::RecordReader;
using headgate::routing::CompiledPolicy;

constexpr const char* kConfig = R"(
server: {auth: none}
models: {m: {context: 32k}, n: {context: 128k}}
backends:
  own: {protocol: openai, hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {m: m},
        slots: 2, cost: {per_replica_hour: 2}}
  far: {protocol: openai, hosting: paid_api, url: "http://127.0.0.1:2",
        models: {n: {name: n, price: {input: 1, output: 2}}}}
routes:
  - {name: night, when: {time: {days: [sat, sun], zone: Europe/Berlin}}, targets: [m@own]}
  - {name: marked, when: {header: {x-mark: "a*"}}, targets: [m@own, n@far], prefer: lowest_latency}
  - {name: rest, targets: [m@own, n@far], prefer: lowest_cost}
)";

std::shared_ptr<const CompiledPolicy> Policy() {
  auto loaded = headgate::config::LoadText(
      kConfig, "fuzz.yaml", [](const std::string&) { return std::optional<std::string>(); });
  if (!loaded.config) std::abort();
  auto policy = CompiledPolicy::Compile(*loaded.config);
  if (!policy.ok()) std::abort();
  return *std::move(policy);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const CompiledPolicy> policy = Policy();
  std::string text = headgate::gateway::PolicyLine(*policy, 1);
  text.append(reinterpret_cast<const char*>(data), size);
  text.reserve(text.size() + RecordReader::kPadding);
  RecordReader reader;
  headgate::routing::Replay replay(*policy, nullptr);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (reader.Read(line) == RecordReader::Line::kRequest) replay.Add(reader.request());
  }
  const headgate::routing::ReplayTotals totals = replay.Finish();
  if (totals.decided + totals.Undecided() != totals.requests) std::abort();
  return 0;
}
