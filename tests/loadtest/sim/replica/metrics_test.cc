#include "loadtest/sim/replica/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "loadtest/sim/replica/load_pages.h"

namespace headgate::loadtest::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

Options EngineOf(Personality personality, bool old_names = false) {
  Options options;
  options.personality = personality;
  options.models = {"m"};
  options.slots = 4;
  options.engine.kv_tokens = 1000;
  options.engine.others = {5, 100};  // four run, one waits
  options.engine.old_names = old_names;
  return options;
}

std::string PageOf(Personality personality, bool old_names = false) {
  const Options options = EngineOf(personality, old_names);
  const Replica replica(options, 1);
  return EngineMetrics(replica);
}

TEST(MetricsTest, EachEngineHasItsNames) {
  struct Expected {
    Personality personality;
    bool old_names;
    std::vector<std::string> lines;
    std::vector<std::string> absent;
  };
  const std::vector<Expected> table{
      {Personality::kVllm,
       false,
       {"vllm:num_requests_running{model_name=\"m\"} 4\n",
        "vllm:num_requests_waiting{model_name=\"m\"} 1\n",
        "vllm:kv_cache_usage_perc{model_name=\"m\"} 0.4\n",
        "vllm:request_queue_time_seconds_count{model_name=\"m\"} 0\n"},
       {"gpu_cache", "time_per_output_token"}},
      {Personality::kVllm,
       true,
       {"vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.4\n",
        "vllm:time_per_output_token_seconds_count{model_name=\"m\"} 0\n"},
       {"kv_cache_usage_perc", "inter_token"}},
      {Personality::kSglang,
       false,
       {"sglang:num_running_reqs{model_name=\"m\"} 4\n",
        "sglang:num_queue_reqs{model_name=\"m\"} 1\n", "sglang:token_usage{model_name=\"m\"} 0.4\n",
        "sglang:max_total_num_tokens{model_name=\"m\"} 1000\n"},
       {"vllm:"}},
      {Personality::kTgi,
       false,
       {"\ntgi_batch_current_size 4\n", "\ntgi_queue_size 1\n",
        "tgi_request_duration_bucket{le=\"+Inf\"} 0\n"},
       {"usage"}},
      {Personality::kLlamaCpp,
       false,
       {"\nllamacpp:requests_processing 4\n", "\nllamacpp:requests_deferred 1\n"},
       {"kv_cache"}},
      {Personality::kLlamaCpp, true, {"\nllamacpp:kv_cache_usage_ratio 0.4\n"}, {"vllm"}}};
  for (const Expected& expected : table) {
    const std::string page = PageOf(expected.personality, expected.old_names);
    for (const std::string& line : expected.lines) EXPECT_THAT(page, HasSubstr(line));
    for (const std::string& text : expected.absent) EXPECT_THAT(page, Not(HasSubstr(text)));
  }
}

TEST(LoadPagesTest, SlotsSayWhichAreBusy) {
  for (const bool old_names : {false, true}) {
    Options options = EngineOf(Personality::kLlamaCpp, old_names);
    options.engine.others = {3, 0};
    const Replica replica(options, 1);
    const auto slots = boost::json::parse(SlotsPage(replica)).as_array();
    ASSERT_EQ(slots.size(), 4u);
    EXPECT_EQ(slots[0].at("n_ctx").as_int64(), 250);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (old_names) {
        EXPECT_EQ(slots[i].at("state").as_int64(), i < 3 ? 1 : 0);
      } else {
        EXPECT_EQ(slots[i].at("is_processing").as_bool(), i < 3);
      }
    }
  }
}

TEST(LoadPagesTest, ModelsAreUnloadedFiveMinutesAfterTheirLastUse) {
  const Options options = EngineOf(Personality::kOllama);
  Replica replica(options, 1);
  const TimePoint start = replica.started;
  const std::chrono::system_clock::time_point wall{std::chrono::seconds(1'700'000'000)};
  const auto loaded = [&](std::chrono::seconds after) {
    return boost::json::parse(LoadedModelsPage(replica, start + after, wall + after))
        .at("models")
        .as_array();
  };
  EXPECT_TRUE(loaded(std::chrono::seconds(0)).empty());
  replica.NoteUse("a", start);
  replica.NoteUse("b", start);
  ASSERT_EQ(loaded(std::chrono::seconds(10)).size(), 2u);
  EXPECT_EQ(loaded(std::chrono::seconds(10))[0].at("expires_at").as_string(),
            "2023-11-14T22:18:20Z");
  const EngineEntry busy(replica.books, "b", 0, start);
  const auto later = loaded(std::chrono::seconds(301));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].at("name").as_string(), "b");
}

}  // namespace
}  // namespace headgate::loadtest::sim
