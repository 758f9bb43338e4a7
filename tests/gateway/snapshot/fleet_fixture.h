#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/load.h"
#include "gateway/snapshot/fleet.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

inline config::Config LoadBackends(const std::string& backends) {
  const std::string text =
      absl::StrCat("server: {auth: none}\nroutes: [{name: all}]\nbackends:\n", backends);
  config::LoadResult loaded =
      config::LoadText(text, "test.yaml", [](const std::string&) { return std::nullopt; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  return *std::move(loaded.config);
}

inline std::string Gpu(const std::string& replicas, int slots = 4) {
  return absl::StrCat("  gpu: {hosting: self_hosted, replicas: [", replicas,
                      "], models: {qwen-2.5-32b: q}, slots: ", slots,
                      ", cost: {per_replica_hour: 2}}\n");
}

inline std::string Api(const std::string& url) {
  return absl::StrCat("  api: {hosting: paid_api, url: \"", url,
                      "\", api_key: secret, models: {gpt-4.1: g}}\n");
}

// Puts one configuration after another in force.
class FleetReload : public testing::Test {
 public:
  using Clock = policy::RentMeter::Clock;

 protected:
  // Loads `backends` as the next generation and puts it in force.
  const Snapshot& Reload(const std::string& backends) {
    std::shared_ptr<const Snapshot> next =
        *Snapshot::Make(LoadBackends(backends), now_.get(), labels_);
    if (now_) next->fleet->AdoptFrom(*next->config, *now_->fleet, Clock::now());
    before_ = std::move(now_);
    now_ = std::move(next);
    return *now_;
  }
  const BackendState& Backend(std::size_t index = 0) { return now_->fleet->backend(index); }
  const BackendState& Before(std::size_t index = 0) { return before_->fleet->backend(index); }

  LabelTable labels_;
  std::shared_ptr<const Snapshot> before_;
  std::shared_ptr<const Snapshot> now_;
};

}  // namespace headgate::gateway
