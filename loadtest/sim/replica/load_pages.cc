#include "loadtest/sim/replica/load_pages.h"

#include <array>
#include <boost/json.hpp>
#include <ctime>

namespace headgate::loadtest::sim {
namespace {

constexpr std::int64_t kUsualContext = 8192;
constexpr std::chrono::minutes kKeepAlive(5);

// The context of one slot: its part of the KV room.
std::int64_t ContextOf(const EngineLimits& limits) {
  return limits.kv_tokens > 0 && limits.slots > 0 ? limits.kv_tokens / limits.slots : kUsualContext;
}

std::string Rfc3339(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace

std::string SlotsPage(const Replica& replica) {
  const EngineLimits& limits = replica.queue.limits();
  boost::json::array slots;
  for (std::int64_t i = 0; i < limits.slots; ++i) {
    const bool busy = i < replica.queue.running_sequences();
    boost::json::object slot{{"id", i}, {"n_ctx", ContextOf(limits)}};
    if (replica.options.engine.old_names) {
      slot["state"] = busy ? 1 : 0;
    } else {
      slot["is_processing"] = busy;
    }
    slots.push_back(std::move(slot));
  }
  return boost::json::serialize(slots);
}

std::string LoadedModelsPage(const Replica& replica, TimePoint now,
                             std::chrono::system_clock::time_point wall) {
  boost::json::array models;
  for (const auto& [name, used] : replica.used_models) {
    const auto expires = used + kKeepAlive;
    const auto found = replica.books.models().find(name);
    const bool busy = found != replica.books.models().end() && found->second.in_flight > 0;
    if (expires <= now && !busy) continue;
    const auto left = std::chrono::duration_cast<std::chrono::system_clock::duration>(
        busy ? Nanoseconds(kKeepAlive) : Nanoseconds(expires - now));
    models.push_back(boost::json::object{{"name", name},
                                         {"model", name},
                                         {"size", 4'000'000'000},
                                         {"size_vram", 4'000'000'000},
                                         {"context_length", kUsualContext},
                                         {"expires_at", Rfc3339(wall + left)}});
  }
  return boost::json::serialize(boost::json::object{{"models", std::move(models)}});
}

}  // namespace headgate::loadtest::sim
