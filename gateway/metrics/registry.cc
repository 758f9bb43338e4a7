#include "gateway/metrics/registry.h"

namespace headgate::gateway {

void MetricRegistry::Forget(const std::vector<bool>& labels) {
  for (FamilySet* set : sets_) set->Forget(labels);
}

FamilySet::Families MetricRegistry::CollectAll(const std::vector<const MetricRegistry*>& shards,
                                               const ScrapeContext& context) {
  FamilySet::Families families;
  FamilySet::Shards same;
  const std::vector<FamilySet*>& sets = shards.front()->sets_;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    same.clear();
    for (const MetricRegistry* shard : shards) same.push_back(shard->sets_[i]);
    sets[i]->Collect(same, context, families);
  }
  return families;
}

}  // namespace headgate::gateway
