#include "gateway/log/operator_log.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/log/line_writer.h"
#include "gateway/log/signals.h"

namespace headgate::gateway {
namespace {

constexpr std::chrono::seconds kLastWords(1);

// True between Start and Stop. Earlier or later lines cannot be written.
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

void WaitForReader() {
  constexpr int kMostMilliseconds = 1000;
  pollfd end{STDERR_FILENO, POLLOUT, 0};
  ::poll(&end, 1, kMostMilliseconds);
}

// Writes the lines of the log's thread. It counts lost lines, which spdlog's own sinks do not.
class OperatorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  using Pool = spdlog::details::thread_pool;
  explicit OperatorSink(Pool& pool)
      : pool_(pool),
        writer_(LogFile::Standard(STDERR_FILENO, "stderr"), "the operator's log", WaitForReader) {}

  // REQUIRES: the pool still exists. For any thread.
  std::uint64_t lost_lines() const { return pool_.overrun_counter() + writer_.refused_lines(); }

 private:
  using Clock = std::chrono::steady_clock;

  void sink_it_(const spdlog::details::log_msg& message) override {
    // A line that overruns the queue makes room for a later line, so this counts the last of them
    // too.
    const std::uint64_t overruns = pool_.overrun_counter();
    writer_.Lost(overruns - std::exchange(overruns_, overruns),
                 "lines come faster than they are read", Clock::now());
    Put(message);
    Say(writer_.Over(Clock::now()));
  }

  // Called at the end, when the thread and its pool no longer exist.
  void flush_() override { Say(writer_.OverAtLast(Clock::now())); }

  void Put(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_.Write({line.data(), line.size()}, Clock::now());
  }

  void Say(const std::optional<LossReport::Line>& line) {
    if (!line) return;
    // A warning: no earlier line has reported the loss.
    const std::string fields = Fields(line->message, {}, line->detail);
    Put(spdlog::details::log_msg("headgate", spdlog::level::warn, fields));
  }

  Pool& pool_;
  LineWriter writer_;
  std::uint64_t overruns_ = 0;  // those that the writer knows of
};

// Set before any other thread starts. The pool, which the sink refers to, ends in Stop.
std::atomic<const OperatorSink*> operator_sink{nullptr};

constexpr std::chrono::minutes kBetweenAlerts(1);
// Subjects are names of the configuration, so this number is reached only after very many reloads.
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
  const std::shared_ptr<OperatorSink::Pool> pool = spdlog::thread_pool();
  auto sink = std::make_shared<OperatorSink>(*pool);
  operator_sink.store(sink.get());  // the logger keeps it until Stop
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>(
      "headgate", std::move(sink), pool, spdlog::async_overflow_policy::overrun_oldest));
  spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                      spdlog::pattern_time_type::utc);
  running.store(true);
}

bool OperatorLog::Stop() {
  running.store(false);
  std::promise<void> ended;
  std::future<void> end = ended.get_future();
  // Its thread may wait forever for the reader of a pipe.
  std::thread([ended = std::move(ended)]() mutable {
    // The logger outlives its thread, which shutdown() ends. An unused logger is then destroyed
    // without doubt about its last reader.
    const std::shared_ptr<spdlog::logger> logger = spdlog::default_logger();
    spdlog::shutdown();
    logger->sinks().front()->flush();
    ended.set_value();
  }).detach();
  return end.wait_for(kLastWords) == std::future_status::ready;
}

std::uint64_t OperatorLog::dropped_lines() {
  const std::shared_ptr<spdlog::details::thread_pool> pool = spdlog::thread_pool();
  const OperatorSink* const sink = operator_sink.load();
  return pool != nullptr && sink != nullptr ? sink->lost_lines() : 0;
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
