#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/config.h"
#include "gateway/metrics/cell_map.h"
#include "gateway/metrics/cells.h"
#include "gateway/metrics/family.h"
#include "gateway/metrics/labels.h"
#include "gateway/metrics/series_cap.h"

namespace headgate::gateway {

// How a metric is declared. A family is a struct: a cell (cells.h) with its name and help.
//
//   struct QueueWait : DurationHistogram<kWaitBounds> {
//     static constexpr std::string_view kName = "headgate_queue_wait_seconds";
//     static constexpr std::string_view kHelp = "Time in a backend's queue.";
//   };
//
// It becomes a metric by one line in a shard: a family without labels of the configuration as
//   Fixed<QueueWait> queue_wait{*this};
// and a family with labels as
//   Labelled<Labels<TargetLabel>, QueueWait> queue_waits{*this};
// Everything else (sums over shards, exposition, cap on series, removed labels) follows from that.

// What a scrape needs to know to write labels. The references must outlive the call.
struct ScrapeContext {
  const LabelTable& labels;
  // By target. A target that is absent was never a backend's: `none`, `other`.
  const absl::flat_hash_map<LabelId, config::Hosting>& hosting;
};

// Families of one shard that share their cells. The same line of every shard makes the same type.
class FamilySet {
 public:
  using Shards = std::vector<const FamilySet*>;
  using Families = std::vector<prometheus::MetricFamily>;

  FamilySet() = default;
  FamilySet(const FamilySet&) = delete;
  FamilySet& operator=(const FamilySet&) = delete;
  virtual ~FamilySet() = default;

  // Appends the families, summed over `shards`: this set as each shard has it. For the scrape.
  virtual void Collect(const Shards& shards, const ScrapeContext& context,
                       Families& families) const = 0;
  // Drops the cells that have one of these labels (by LabelId). For the shard's worker.
  virtual void Forget(const std::vector<bool>& labels) = 0;
};

// The families of one shard, in the order in which they are declared and shown. Bound to the
// shard's worker, except that Collect reads at any time.
class MetricRegistry {
 public:
  // `cap` is shared by all shards, and outlives them.
  explicit MetricRegistry(SeriesCap& cap) : cap_(cap) {}
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // For the members of a shard.
  void Add(FamilySet& set) { sets_.push_back(&set); }
  SeriesCap& cap() const { return cap_; }

  // Drops the cells that have one of these labels (by LabelId).
  void Forget(const std::vector<bool>& labels);

  // All families, summed over `shards`. REQUIRES: there is at least one shard. Thread-safe.
  template <typename Shard>
  static FamilySet::Families Collect(const std::vector<const Shard*>& shards,
                                     const ScrapeContext& context) {
    return CollectAll({shards.begin(), shards.end()}, context);
  }

 protected:
  ~MetricRegistry() = default;

 private:
  static FamilySet::Families CollectAll(const std::vector<const MetricRegistry*>& shards,
                                        const ScrapeContext& context);

  SeriesCap& cap_;
  std::vector<FamilySet*> sets_;
};

// A family of which each shard has one cell, and which is that cell.
template <typename Family>
class Fixed final : public FamilySet, public Family {
 public:
  explicit Fixed(MetricRegistry& registry) { registry.Add(*this); }

  void Collect(const Shards& shards, const ScrapeContext& /*context*/,
               Families& families) const override {
    typename Family::Totals totals{};
    for (const FamilySet* set : shards) static_cast<const Fixed*>(set)->AddTo(totals);
    FamilyBuilder family(Family::kName, Family::kHelp, Family::kType);
    SeriesLabels labels;
    Family::template Write<Family>(totals, labels, family);
    families.push_back(family.Take());
  }
  void Forget(const std::vector<bool>& /*labels*/) override {}
};

// The labels by which cells are found, at most four.
template <typename... Label>
struct Labels {
  static_assert(sizeof...(Label) <= kMostLabels);
  static constexpr std::uint32_t Configured() {
    std::uint32_t bits = 0;
    std::uint32_t bit = 1;
    ((bits |= std::is_base_of_v<ConfiguredLabel, Label> ? bit : 0, bit <<= 1), ...);
    return bits;
  }
  // Returns the value of `Wanted` in `key`.
  template <typename Wanted>
  static LabelId At(std::uint64_t key) {
    static_assert((std::is_same_v<Wanted, Label> || ...));
    constexpr std::array kIs = {std::is_same_v<Wanted, Label>...};
    int position = 0;
    while (!kIs[static_cast<std::size_t>(position)]) ++position;
    return LabelAt(key, position);
  }
  static SeriesLabels Texts(std::uint64_t key, const LabelTable& names) {
    SeriesLabels texts;
    int position = 0;
    (texts.push_back({std::string(Label::kName), Text<Label>(LabelAt(key, position++), names)}),
     ...);
    return texts;
  }

 private:
  template <typename One>
  static std::string Text(LabelId id, const LabelTable& names) {
    if constexpr (std::is_base_of_v<ConfiguredLabel, One>) {
      return names.Name(id);
    } else {
      return std::string(One::Text(static_cast<typename One::Value>(id)));
    }
  }
};

// One cell of several families: found once, for everything that is counted in them.
template <typename... Family>
struct SharedCell : Family... {
  static constexpr std::size_t kSeries = (Family::kSeries + ...);
  template <typename One>
  One& Of() {
    return *this;
  }
  template <typename One>
  const One& Of() const {
    return *this;
  }
};

// Families with a cell for each combination of labels that has been counted. A family that has
//   static bool AddLabels(std::uint64_t key, const ScrapeContext&, SeriesLabels&)
// adds labels of its own to those of the key, and leaves out the keys for which it returns false.
template <typename LabelList, typename... Family>
class Labelled;

template <typename... Label, typename... Family>
class Labelled<Labels<Label...>, Family...> final : public FamilySet {
 public:
  using CellType = SharedCell<Family...>;
  static constexpr CellShape kShape{CellType::kSeries, Labels<Label...>::Configured()};

  explicit Labelled(MetricRegistry& registry) : cap_(registry.cap()) { registry.Add(*this); }

  // Returns the cell, which is made at its first use. For the shard's worker, which keeps no
  // reference past a Forget.
  CellType& Cell(typename Label::Value... values) {
    return cells_.At(PackLabels(static_cast<LabelId>(values)...),
                     [this](std::uint64_t key) { return cap_.Admit(kShape, key); });
  }

  void Collect(const Shards& shards, const ScrapeContext& context,
               Families& families) const override {
    (CollectOne<Family>(shards, context, families), ...);
  }
  void Forget(const std::vector<bool>& labels) override {
    cells_.EraseIf([&labels](std::uint64_t key) { return kShape.HasOneOf(labels, key); });
  }

 private:
  template <typename One>
  static void CollectOne(const Shards& shards, const ScrapeContext& context, Families& families) {
    std::map<std::uint64_t, typename One::Totals> sums;
    for (const FamilySet* set : shards) {
      static_cast<const Labelled*>(set)->cells_.ForEach(
          [&sums](std::uint64_t key, const CellType& cell) {
            cell.template Of<One>().AddTo(sums[key]);
          });
    }
    FamilyBuilder family(One::kName, One::kHelp, One::kType);
    for (const auto& entry : sums) {
      const std::uint64_t key = entry.first;
      SeriesLabels labels = Labels<Label...>::Texts(key, context.labels);
      if constexpr (requires { One::AddLabels(key, context, labels); }) {
        if (!One::AddLabels(key, context, labels)) continue;
      }
      One::template Write<One>(entry.second, labels, family);
    }
    families.push_back(family.Take());
  }

  SeriesCap& cap_;
  CellMap<CellType> cells_;
};

}  // namespace headgate::gateway
