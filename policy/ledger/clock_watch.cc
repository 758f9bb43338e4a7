#include "policy/ledger/clock_watch.h"

#include "policy/ledger/values/calendar.h"

namespace headgate::policy {

ClockWatch::Finding ClockWatch::Look(const Reading& reading) {
  Finding finding;
  const std::int64_t ahead = reading.wall - reading.steady.count();
  if (!ahead_) unchanged_since_ = reading.steady;
  const std::chrono::milliseconds moved(ahead - ahead_.value_or(ahead));
  ahead_ = ahead;
  if (moved > kSet || moved < -kSet) {
    finding.set_by = moved;
    unchanged_since_ = reading.steady;
  }
  const std::int64_t today = DayOf(reading.wall);
  finding.believed = !believed_ || today <= *believed_ + kUsualGap ||
                     reading.steady - unchanged_since_ >= kProbation;
  if (finding.believed) believed_ = today;
  return finding;
}

}  // namespace headgate::policy
