#include "gateway/admin/families/class_families.h"

#include <cstddef>

#include "gateway/metrics/family.h"

namespace headgate::gateway {

void AddClassFamilies(const routing::CompiledPolicy& policy, FamilySet::Families& families) {
  FamilyBuilder targets("headgate_class_target_ttft_seconds",
                        "The time to first token that requests of a class want (`target_ttft`).",
                        prometheus::MetricType::Gauge);
  for (std::size_t i = 0; i < policy.class_names().size(); ++i) {
    const auto of = static_cast<routing::Class>(i);
    targets.Add({{"class", policy.NameOf(of)}},
                static_cast<double>(policy.TargetTtft(of).count()) * 1e-3);
  }
  families.push_back(targets.Take());
}

}  // namespace headgate::gateway
