#include "gateway/log/log.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

void Say(const std::optional<LossReport::Line>& line) {
  if (!line) return;
  if (line->error) {
    OperatorLog::Error(line->message, line->detail);
  } else {
    OperatorLog::Info(line->message, line->detail);
  }
}

}  // namespace

Log::Log(std::unique_ptr<LogFile> file, std::shared_ptr<LogKind> kind, const LogRotation& rotation,
         std::function<void()> wake)
    : kind_(std::move(kind)),
      wake_(std::move(wake)),
      file_(std::move(file)),
      report_(kind_->title, file_->name()),
      rotation_(rotation) {}

void Log::Submit(LogBlock& block) {
  if (block.lines.empty()) return;
  {
    MutexLock lock(mutex_);
    if (waiting_bytes_ > kMostWaiting) {
      overflow_ += LineCount(block.lines);
    } else {
      waiting_bytes_ += block.lines.size();
      waiting_.push_back({block.preamble, std::move(block.lines)});
      block.lines = std::exchange(spare_, {});
    }
  }
  block.lines.clear();
  wake_();
}

void Log::SetRotation(const LogRotation& rotation) {
  MutexLock lock(mutex_);
  rotation_ = rotation;
}

bool Log::Waits() const {
  if (current_) return true;
  MutexLock lock(mutex_);
  return !waiting_.empty() || overflow_ > 0;
}

// Makes the next block current_, if there is one.
bool Log::TakeNext(LogRotation& rotation) {
  MutexLock lock(mutex_);
  if (current_ && !blocked_) {
    // The larger buffer is kept, so that Submit seldom has to allocate.
    current_->lines.clear();
    if (current_->lines.capacity() > spare_.capacity()) spare_ = std::move(current_->lines);
    current_.reset();
  }
  rotation = rotation_;
  if (current_) return true;
  if (waiting_.empty()) return false;
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= current_->lines.size();
  return true;
}

bool Log::WriteOut(TimePoint now) {
  TellOverflow(now);
  LogRotation rotation;
  while (TakeNext(rotation)) {
    const LogFile::Result result = file_->Write(*current_, rotation);
    blocked_ = result.kind == LogFile::Result::Kind::kBlocked;
    if (blocked_) break;
    if (result.kind == LogFile::Result::Kind::kRefused) {
      Lost(result.lost_lines, std::strerror(result.error), now);
    } else {
      report_.Written();
    }
    if (file_->TakeRecreated()) {
      OperatorLog::Error(absl::StrCat(kind_->title, " was removed, and is made again"),
                         file_->name());
    }
  }
  Say(report_.Over(now));
  return !blocked_;
}

void Log::TellOverflow(TimePoint now) {
  std::size_t lines = 0;
  {
    MutexLock lock(mutex_);
    std::swap(lines, overflow_);
  }
  if (lines == 0) return;
  Lost(lines, blocked_ ? "nobody reads it" : "lines come faster than they can be written", now);
}

void Log::Lost(std::size_t lines, std::string_view reason, TimePoint now) {
  kind_->lost_lines.fetch_add(lines, std::memory_order_relaxed);
  Say(report_.Lost(lines, reason, now));
}

void Log::Abandon(bool with_current) {
  std::size_t lines = 0;
  if (with_current) {
    if (current_) lines += file_->GiveUp(*current_);
    lines += file_->TakeUnread();
  }
  {
    MutexLock lock(mutex_);
    for (const LogBlock& block : waiting_) lines += LineCount(block.lines);
    lines += std::exchange(overflow_, 0);
    waiting_.clear();
    waiting_bytes_ = 0;
  }
  kind_->lost_lines.fetch_add(lines, std::memory_order_relaxed);
}

void Log::Reopen() {
  const int error = file_->Reopen();
  if (error == 0) return;
  OperatorLog::Error(
      absl::StrCat(kind_->title, " cannot be opened anew; it goes on in the old file"),
      absl::StrCat(file_->name(), ": ", std::strerror(error)));
}

void LogBuffer::Begin(const std::shared_ptr<Log>& log,
                      const std::shared_ptr<const std::string>& preamble) {
  Flush();
  log_ = log;
  block_.preamble = preamble;
}

void LogBuffer::Flush() {
  if (log_ == nullptr) return;
  log_->Submit(block_);
  log_.reset();
  block_.preamble.reset();
}

}  // namespace headgate::gateway
