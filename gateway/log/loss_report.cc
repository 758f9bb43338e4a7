#include "gateway/log/loss_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::gateway {

std::optional<LossReport::Line> LossReport::Lost(std::size_t lines, std::string_view reason,
                                                 TimePoint now) {
  lost_ += lines;
  last_loss_ = now;
  written_ = false;
  if (std::find(said_.begin(), said_.end(), reason) != said_.end()) return std::nullopt;
  said_.emplace_back(reason);
  return Line{true, absl::StrCat(title_, " loses lines"), absl::StrCat(name_, ": ", said_.back())};
}

std::optional<LossReport::Line> LossReport::Over(TimePoint now) {
  if (said_.empty() || !written_ || now < last_loss_ + kQuiet) return std::nullopt;
  Line line{false, absl::StrCat(title_, " is written again"),
            absl::StrCat(name_, ": ", lost_, lost_ == 1 ? " line was lost" : " lines were lost")};
  said_.clear();
  lost_ = 0;
  return line;
}

}  // namespace headgate::gateway
