#include "gateway/log/line_writer.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::gateway {

LineWriter::LineWriter(std::unique_ptr<LogFile> file, const std::string& title,
                       std::function<void()> wait)
    : file_(std::move(file)), wait_(std::move(wait)), report_(title, file_->name()) {}

void LineWriter::Write(std::string_view line, TimePoint now) {
  using Kind = LogFile::Result::Kind;
  LogBlock block{nullptr, std::string(line)};
  LogFile::Result result = file_->Write(block, {});
  while (result.kind == Kind::kBlocked) {
    wait_();
    result = file_->Write(block, {});
  }
  if (result.kind == Kind::kWritten) {
    report_.Written();
  } else {
    // A line that only lacks its '\n' is not lost: the '\n' comes with the next line.
    refused_.fetch_add(result.lost_lines, std::memory_order_relaxed);
    Lost(result.lost_lines, std::strerror(result.error), now);
  }
}

void LineWriter::Lost(std::uint64_t lines, std::string_view reason, TimePoint now) {
  if (lines == 0) return;
  // The beginning of a loss is not reported, because this log itself would have to report it.
  if (report_.Lost(lines, reason, now) && reason_.empty()) reason_ = reason;
}

std::optional<LossReport::Line> LineWriter::Over(TimePoint now) {
  std::optional<LossReport::Line> line = report_.Over(now);
  if (line) absl::StrAppend(&line->detail, ": ", std::exchange(reason_, {}));
  return line;
}

std::optional<LossReport::Line> LineWriter::OverAtLast(TimePoint now) {
  return Over(now + LossReport::kQuiet);
}

}  // namespace headgate::gateway
