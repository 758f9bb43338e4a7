#include "loadtest/sim/replica/outage.h"

#include <algorithm>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {

std::optional<Outage> ParseOutage(std::string_view text) {
  const auto [span, kind] = SplitOnce(text, ':');
  const auto [first, last] = SplitOnce(span, '-');
  const std::optional<Nanoseconds> from = ParseDuration(first);
  const std::optional<Nanoseconds> to = ParseDuration(last);
  if (!from || !to || *to <= *from) return std::nullopt;
  Outage outage{OutageKind::kRefuse, *from, *to};
  if (span.size() == text.size()) return outage;
  const auto* found = std::find(kOutageNames.begin(), kOutageNames.end(), kind);
  if (found == kOutageNames.end()) return std::nullopt;
  outage.kind = static_cast<OutageKind>(found - kOutageNames.begin());
  return outage;
}

void OutageSchedule::Add(const Outage& outage, TimePoint start) {
  spans_.push_back({outage.kind, start + outage.from, start + outage.to});
}

const OutageSchedule::Span* OutageSchedule::Find(TimePoint now) const {
  for (const Span& span : spans_) {
    if (span.from <= now && now < span.to) return &span;
  }
  return nullptr;
}

std::optional<OutageKind> OutageSchedule::At(TimePoint now) const {
  const Span* span = Find(now);
  if (span == nullptr) return std::nullopt;
  return span->kind;
}

TimePoint OutageSchedule::EndAt(TimePoint now) const { return Find(now)->to; }

std::optional<TimePoint> OutageSchedule::NextChange(TimePoint now) const {
  std::optional<TimePoint> next;
  for (const Span& span : spans_) {
    for (const TimePoint change : {span.from, span.to}) {
      if (change > now && (!next || change < *next)) next = change;
    }
  }
  return next;
}

std::optional<TimePoint> OutageSchedule::LastEnd(TimePoint now) const {
  std::optional<TimePoint> last;
  for (const Span& span : spans_) {
    if (span.to <= now && (!last || span.to > *last)) last = span.to;
  }
  return last;
}

double SlowStart::At(Nanoseconds age) const {
  if (age >= span) return 1;
  const double left = 1 - Seconds(std::max(age, Nanoseconds(0))) / Seconds(span);
  return 1 + (factor - 1) * left;
}

std::optional<SlowStart> ParseSlowStart(std::string_view text) {
  const auto [length, times] = SplitOnce(text, ',');
  const std::optional<Nanoseconds> span = ParseDuration(length);
  const std::optional<double> factor = ParseReal(times);
  if (!span || !factor || span->count() == 0 || *factor < 1) return std::nullopt;
  return SlowStart{*span, *factor};
}

}  // namespace headgate::loadtest::sim
