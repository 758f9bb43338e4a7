#include "gateway/operator_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/signals.h"

namespace headgate::gateway {
namespace {

constexpr std::chrono::seconds kLastWords(1);

// Between Start and Stop. A line that comes earlier or later has nowhere to go.
std::atomic<bool> running{false};

std::string Fields(std::string_view message, std::string_view subject, std::string_view detail) {
  std::string out = "\"message\":";
  AppendJsonString(message, out);
  if (!subject.empty()) {
    out += ",\"subject\":";
    AppendJsonString(subject, out);
  }
  if (!detail.empty()) {
    out += ",\"detail\":";
    AppendJsonString(detail, out);
  }
  return out;
}

constexpr std::chrono::minutes kBetweenAlerts(1);
// Subjects are names of the configuration: so many are there only after very many reloads.
constexpr std::size_t kMostRemembered = 4096;

}  // namespace

bool AlertLimit::Allow(std::string_view message, std::string_view subject, Clock::time_point now) {
  std::string name(message);
  name.append(1, '\0').append(subject);
  MutexLock lock(mutex_);
  if (last_.size() >= kMostRemembered) {
    absl::erase_if(last_,
                   [now](const auto& entry) { return now - entry.second >= kBetweenAlerts; });
  }
  const auto [entry, is_new] = last_.try_emplace(std::move(name), now);
  if (!is_new && now - entry->second < kBetweenAlerts) return false;
  entry->second = now;
  return true;
}

void OperatorLog::Start() {
  const SignalsBlocked in_its_thread;
  spdlog::init_thread_pool(8192, 1);
  spdlog::set_default_logger(spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("headgate"));
  spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                      spdlog::pattern_time_type::utc);
  running.store(true);
}

bool OperatorLog::Stop() {
  running.store(false);
  std::promise<void> ended;
  std::future<void> end = ended.get_future();
  // Its thread may wait for ever: for the reader of a pipe that nobody reads.
  std::thread([ended = std::move(ended)]() mutable {
    // The logger outlives its thread, which shutdown() ends: one that is not in use any more is
    // destroyed without any doubt about who was the last to read it.
    const std::shared_ptr<spdlog::logger> logger = spdlog::default_logger();
    spdlog::shutdown();
    ended.set_value();
  }).detach();
  return end.wait_for(kLastWords) == std::future_status::ready;
}

std::uint64_t OperatorLog::dropped_lines() {
  const std::shared_ptr<spdlog::details::thread_pool> pool = spdlog::thread_pool();
  return pool ? pool->overrun_counter() : 0;
}

void OperatorLog::Info(std::string_view message, std::string_view detail) {
  if (!running.load(std::memory_order_relaxed)) return;
  spdlog::info("{}", Fields(message, {}, detail));
}

void OperatorLog::Error(std::string_view message, std::string_view detail) {
  if (!running.load(std::memory_order_relaxed)) return;
  spdlog::error("{}", Fields(message, {}, detail));
}

void OperatorLog::Event(Level level, std::string_view message,
                        std::initializer_list<Field> fields) {
  if (!running.load(std::memory_order_relaxed)) return;
  std::string line = Fields(message, {}, {});
  for (const Field& field : fields) {
    if (field.text.empty() && !field.number) continue;
    line.append(",\"").append(field.name).append("\":");
    if (field.number) {
      AppendInteger(*field.number, line);
    } else {
      AppendJsonString(field.text, line);
    }
  }
  spdlog::log(level == Level::kWarning ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

void OperatorLog::Alert(std::string_view message, std::string_view subject,
                        std::string_view detail) {
  static AlertLimit limit;
  if (!running.load(std::memory_order_relaxed)) return;
  if (!limit.Allow(message, subject, AlertLimit::Clock::now())) return;
  spdlog::error("{}", Fields(message, subject, detail));
}

}  // namespace headgate::gateway
