// Tests how families become metrics: with a shard that is declared here, and with a gateway's own.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/metrics/registry.h"
#include "gateway/metrics/shard.h"
#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::array kWaitBounds = {0.1, 1.0};

enum class Colour : std::uint8_t { kRed, kGreen, kBlue };
constexpr std::array<std::string_view, 3> kColours = {"red", "green", "blue"};
struct ColourLabel : NamedLabel<Colour, kColours> {
  static constexpr std::string_view kName = "colour";
};

struct Depth : Gauge {
  static constexpr std::string_view kName = "test_depth";
  static constexpr std::string_view kHelp = "A number without labels.";
};
struct Painted : Per<ColourLabel, Counter> {
  static constexpr std::string_view kName = "test_painted_total";
  static constexpr std::string_view kHelp = "By a label that the code fixes.";
};
struct Spent : UsdCounter {
  static constexpr std::string_view kName = "test_spent_usd_total";
  static constexpr std::string_view kHelp = "Money.";
};
struct Seen : Per<ColourLabel, Counter> {
  static constexpr std::string_view kName = "test_seen_total";
  static constexpr std::string_view kHelp = "Leaves out zeros but red ones.";
  static constexpr bool ShowsZero(Colour colour) { return colour == Colour::kRed; }
};
struct Wait : DurationHistogram<kWaitBounds> {
  static constexpr std::string_view kName = "test_wait_seconds";
  static constexpr std::string_view kHelp = "A histogram.";
};
struct Mixed : Counter {
  static constexpr std::string_view kName = "test_mixed_total";
  static constexpr std::string_view kHelp = "By a name and by what the code fixes.";
};
struct Hosted : Counter {
  static constexpr std::string_view kName = "test_hosted_total";
  static constexpr std::string_view kHelp = "With a label of its own, for targets alone.";
  static bool AddLabels(std::uint64_t key, const ScrapeContext& context, SeriesLabels& labels) {
    const auto hosting = context.hosting.find(Labels<TargetLabel>::At<TargetLabel>(key));
    if (hosting == context.hosting.end()) return false;
    labels.push_back({"own", hosting->second == config::Hosting::kSelfHosted ? "yes" : "no"});
    return true;
  }
};

struct Shard : MetricRegistry {
  using MetricRegistry::MetricRegistry;
  Fixed<Depth> depth{*this};
  Fixed<Painted> painted{*this};
  Labelled<Labels<RouteLabel, TargetLabel>, Spent, Seen> spending{*this};
  Labelled<Labels<TargetLabel>, Wait> waits{*this};
  Labelled<Labels<TeamLabel, ColourLabel>, Mixed> mixed{*this};
  Labelled<Labels<TargetLabel>, Hosted> hosted{*this};
};

class Registry : public testing::Test {
 protected:
  std::string Text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(
        out, MetricRegistry::Collect(std::vector<const Shard*>{&first_, &second_},
                                     {.labels = labels_, .hosting = hosting_}));
    return std::move(out).str();
  }
  // The lines of one family, help and type among them.
  std::string TextOf(const std::string& family) const {
    std::istringstream lines(Text());
    std::string found;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(family) != std::string::npos) found += line + "\n";
    }
    return found;
  }

  LabelTable labels_;
  const LabelId route_ = labels_.Intern("chat");
  const LabelId target_ = labels_.Intern("m@a");
  const LabelId team_ = labels_.Intern("legal");
  absl::flat_hash_map<LabelId, config::Hosting> hosting_{{target_, config::Hosting::kSelfHosted}};
  SeriesCap cap_{kMostSeries};
  Shard first_{cap_};
  Shard second_{cap_};
};

TEST_F(Registry, adds_up_a_number_of_all_shards) {
  first_.depth.Add(3);
  second_.depth.Add(4);
  second_.depth.Add(-1);
  EXPECT_EQ(TextOf("test_depth"),
            "# HELP test_depth A number without labels.\n"
            "# TYPE test_depth gauge\n"
            "test_depth 6\n");
}

TEST_F(Registry, shows_every_value_of_a_label_that_the_code_fixes) {
  first_.painted[Colour::kGreen].Add(1);
  second_.painted[static_cast<std::size_t>(Colour::kGreen)].Add(1);
  EXPECT_EQ(TextOf("test_painted_total"),
            "# HELP test_painted_total By a label that the code fixes.\n"
            "# TYPE test_painted_total counter\n"
            "test_painted_total{colour=\"red\"} 0\n"
            "test_painted_total{colour=\"green\"} 2\n"
            "test_painted_total{colour=\"blue\"} 0\n");
}

TEST_F(Registry, families_that_share_a_cell_have_their_own_series) {
  first_.spending.Cell(route_, target_).Of<Spent>().Add(1'000'000'000);
  auto& cell = second_.spending.Cell(route_, target_);
  cell.Of<Spent>().Add(500'000'000);
  cell.Of<Seen>()[Colour::kBlue].Add(2);
  EXPECT_EQ(TextOf("test_spent_usd_total"),
            "# HELP test_spent_usd_total Money.\n"
            "# TYPE test_spent_usd_total counter\n"
            "test_spent_usd_total{route=\"chat\",target=\"m@a\"} 1.5\n");
  EXPECT_EQ(TextOf("test_seen_total"),
            "# HELP test_seen_total Leaves out zeros but red ones.\n"
            "# TYPE test_seen_total counter\n"
            "test_seen_total{route=\"chat\",target=\"m@a\",colour=\"red\"} 0\n"
            "test_seen_total{route=\"chat\",target=\"m@a\",colour=\"blue\"} 2\n");
}

TEST_F(Registry, adds_up_histograms) {
  first_.waits.Cell(target_).Observe(milliseconds(50));
  second_.waits.Cell(target_).Observe(milliseconds(500));
  second_.waits.Cell(target_).Observe(milliseconds(2000));
  EXPECT_EQ(TextOf("test_wait_seconds"),
            "# HELP test_wait_seconds A histogram.\n"
            "# TYPE test_wait_seconds histogram\n"
            "test_wait_seconds_count{target=\"m@a\"} 3\n"
            "test_wait_seconds_sum{target=\"m@a\"} 2.55\n"
            "test_wait_seconds_bucket{target=\"m@a\",le=\"0.1\"} 1\n"
            "test_wait_seconds_bucket{target=\"m@a\",le=\"1\"} 2\n"
            "test_wait_seconds_bucket{target=\"m@a\",le=\"+Inf\"} 3\n");
}

TEST_F(Registry, series_stand_in_the_order_of_their_labels) {
  second_.mixed.Cell(team_, Colour::kBlue).Add(1);
  first_.mixed.Cell(LabelTable::kNone, Colour::kGreen).Add(1);
  EXPECT_EQ(TextOf("test_mixed_total{"),
            "test_mixed_total{team=\"none\",colour=\"green\"} 1\n"
            "test_mixed_total{team=\"legal\",colour=\"blue\"} 1\n");
}

TEST_F(Registry, a_family_adds_labels_of_its_own_or_leaves_a_series_out) {
  first_.hosted.Cell(target_).Add(1);
  first_.hosted.Cell(LabelTable::kNone).Add(1);
  EXPECT_EQ(TextOf("test_hosted_total{"), "test_hosted_total{target=\"m@a\",own=\"yes\"} 1\n");
}

TEST_F(Registry, the_cap_counts_a_cell_once_for_all_shards_and_as_all_its_series) {
  const std::size_t money_and_colours = 1 + kColours.size();
  const std::size_t buckets_sum_and_count = kWaitBounds.size() + 1 + 2;
  SeriesCap cap(money_and_colours + buckets_sum_and_count);
  Shard first(cap);
  Shard second(cap);
  first.spending.Cell(route_, target_);
  second.spending.Cell(route_, target_);
  second.waits.Cell(target_);
  EXPECT_EQ(cap.folded(), 0);
  first.mixed.Cell(team_, Colour::kRed);
  EXPECT_EQ(cap.folded(), 1);
}

TEST_F(Registry, what_is_too_much_folds_into_other_and_keeps_what_the_code_fixes) {
  SeriesCap cap(1);
  Shard shard(cap);
  shard.mixed.Cell(route_, Colour::kRed).Add(1);
  shard.mixed.Cell(team_, Colour::kBlue).Add(1);
  shard.mixed.Cell(target_, Colour::kBlue).Add(1);
  EXPECT_EQ(&shard.mixed.Cell(team_, Colour::kBlue), &shard.mixed.Cell(target_, Colour::kBlue));
  EXPECT_EQ(shard.mixed.Cell(LabelTable::kOther, Colour::kBlue).Get(), 2);
  EXPECT_EQ(cap.folded(), 2);
}

TEST_F(Registry, forgets_names_and_not_what_the_code_fixes) {
  first_.mixed.Cell(team_, Colour::kGreen).Add(1);
  // This value of `colour` has the same number as the removed label.
  first_.mixed.Cell(route_, static_cast<Colour>(1)).Add(1);
  first_.spending.Cell(route_, target_).Of<Spent>().Add(1);
  first_.depth.Add(1);
  std::vector<bool> expired(team_ + 1);
  expired[1] = expired[team_] = true;
  first_.Forget(expired);
  EXPECT_EQ(TextOf("test_mixed_total{"), "test_mixed_total{team=\"chat\",colour=\"green\"} 1\n");
  EXPECT_NE(TextOf("test_spent_usd_total{"), "");
  EXPECT_EQ(first_.depth.Get(), 1);
}

// Names and order as documents, dashboards and rules know them.
TEST(MetricShard, shows_these_families_in_this_order) {
  const LabelTable labels;
  const absl::flat_hash_map<LabelId, config::Hosting> hosting;
  SeriesCap cap(kMostSeries);
  const MetricShard shard(cap);
  std::vector<std::string> names;
  for (const prometheus::MetricFamily& family :
       MetricRegistry::Collect(std::vector{&shard}, {.labels = labels, .hosting = hosting})) {
    names.push_back(family.name);
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"headgate_requests_total",
                                             "headgate_tokens_total",
                                             "headgate_cost_usd_total",
                                             "headgate_request_duration_seconds",
                                             "headgate_time_to_first_token_seconds",
                                             "headgate_time_per_output_token_seconds",
                                             "headgate_attempts_total",
                                             "headgate_fallbacks_total",
                                             "headgate_hedges_total",
                                             "headgate_resumes_total",
                                             "headgate_queue_wait_seconds",
                                             "headgate_team_queue_seconds_total",
                                             "headgate_team_slot_seconds_total",
                                             "headgate_spilled_total",
                                             "headgate_spilled_cost_usd_total",
                                             "headgate_moved_aside_total",
                                             "headgate_moved_aside_cost_usd_total",
                                             "headgate_stream_events_left_out_total",
                                             "headgate_baseline_cost_usd_total",
                                             "headgate_team_cost_usd_total",
                                             "headgate_team_tokens_total",
                                             "headgate_overhead_seconds",
                                             "headgate_usage_status_total",
                                             "headgate_rejected_total",
                                             "headgate_classified_total",
                                             "headgate_topics_total",
                                             "headgate_in_flight_requests",
                                             "headgate_client_connections"}));
}

// Rates and dashboards rely on the series that exist before anything has happened.
TEST(MetricShard, shows_the_labels_of_what_was_counted) {
  LabelTable labels;
  const LabelId route = labels.Intern("chat");
  const LabelId code = labels.Intern("code");
  const LabelId target = labels.Intern("m@a");
  const absl::flat_hash_map<LabelId, config::Hosting> hosting{{target, config::Hosting::kPaidApi}};
  SeriesCap cap(kMostSeries);
  MetricShard shard(cap);
  auto& cell = shard.requests.Cell(route, code, target);
  cell.Of<RequestsTotal>()[RequestOutcome::kCut].Add(1);
  cell.Of<CostTotal>().Add(2'000'000'000);
  shard.requests.Cell(route, code, LabelTable::kNone)
      .Of<RequestsTotal>()[RequestOutcome::kRefused]
      .Add(1);
  shard.targets.Cell(target).Of<AttemptsTotal>()[backends::AttemptResult::kCut].Add(1);
  shard.fallbacks.Cell(route, backends::AttemptResult::kReset).Add(1);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(
      out, MetricRegistry::Collect(std::vector<const MetricShard*>{&shard},
                                   {.labels = labels, .hosting = hosting}));
  std::vector<std::string> lines;
  std::istringstream text(std::move(out).str());
  for (std::string line; std::getline(text, line);) {
    const bool counted = line.starts_with("headgate_requests") ||
                         line.starts_with("headgate_tok") || line.starts_with("headgate_cost") ||
                         line.starts_with("headgate_attempts") ||
                         line.starts_with("headgate_fallbacks");
    if (counted) lines.push_back(line);
  }
  const std::string unsent = "{route=\"chat\",class=\"code\",target=\"none\",";
  const std::string by = "{route=\"chat\",class=\"code\",target=\"m@a\",";
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "headgate_requests_total" + unsent + "outcome=\"refused\"} 1",
                       "headgate_requests_total" + by + "outcome=\"cut\"} 1",
                       "headgate_tokens_total" + by + "kind=\"input\"} 0",
                       "headgate_tokens_total" + by + "kind=\"cached_input\"} 0",
                       "headgate_tokens_total" + by + "kind=\"cache_write\"} 0",
                       "headgate_tokens_total" + by + "kind=\"output\"} 0",
                       "headgate_tokens_total" + by + "kind=\"reasoning\"} 0",
                       "headgate_cost_usd_total" + by + "hosting=\"paid_api\"} 2",
                       "headgate_attempts_total{target=\"m@a\",result=\"ok\"} 0",
                       "headgate_attempts_total{target=\"m@a\",result=\"cut\"} 1",
                       "headgate_fallbacks_total{route=\"chat\",reason=\"reset\"} 1"}));
}

}  // namespace
}  // namespace headgate::gateway
