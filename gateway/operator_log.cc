#include "gateway/operator_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

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

}  // namespace

void OperatorLog::Start() {
  spdlog::init_thread_pool(8192, 1);
  spdlog::set_default_logger(spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("headgate"));
  spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                      spdlog::pattern_time_type::utc);
}

void OperatorLog::Stop() {
  // The logger outlives its thread, which shutdown() ends: one that is not in use any more is
  // destroyed without any doubt about who was the last to read it.
  const std::shared_ptr<spdlog::logger> logger = spdlog::default_logger();
  spdlog::shutdown();
}

void OperatorLog::Info(std::string_view message, std::string_view detail) {
  spdlog::info("{}", Fields(message, {}, detail));
}

void OperatorLog::Error(std::string_view message, std::string_view detail) {
  spdlog::error("{}", Fields(message, {}, detail));
}

void OperatorLog::Alert(std::string_view message, std::string_view subject,
                        std::string_view detail) {
  static std::atomic<std::int64_t> last_second{0};
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(
                                  std::chrono::steady_clock::now().time_since_epoch())
                                  .count();
  if (last_second.exchange(second, std::memory_order_relaxed) == second) return;
  spdlog::error("{}", Fields(message, subject, detail));
}

}  // namespace headgate::gateway
