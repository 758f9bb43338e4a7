#include "loadtest/sim/dialects/limit_headers.h"

#include <array>
#include <ctime>
#include <string_view>

namespace headgate::loadtest::sim {
namespace {

using WallTime = std::chrono::system_clock::time_point;

void AppendLine(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// Returns the RFC 3339 text of `time`, whole seconds in UTC, rounded up.
std::string Rfc3339(WallTime time) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), length};
}

void AppendOpenAi(std::string& out, const std::string& what, const RateBucket::State& state) {
  AppendLine(out, "x-ratelimit-limit-" + what, std::to_string(state.limit));
  AppendLine(out, "x-ratelimit-remaining-" + what, std::to_string(state.remaining));
  AppendLine(out, "x-ratelimit-reset-" + what, GoDuration(state.reset));
}

void AppendAnthropic(std::string& out, const std::string& what, const RateBucket::State& state,
                     WallTime wall) {
  const std::string start = "anthropic-ratelimit-" + what;
  const auto reset = std::chrono::duration_cast<std::chrono::system_clock::duration>(state.reset);
  AppendLine(out, start + "-limit", std::to_string(state.limit));
  AppendLine(out, start + "-remaining", std::to_string(state.remaining));
  AppendLine(out, start + "-reset", Rfc3339(wall + reset));
}

}  // namespace

std::string GoDuration(Nanoseconds span) {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(span).count();
  if (whole < 1000) return std::to_string(whole) + "ms";
  std::string text;
  const auto minutes = whole / 60'000;
  if (minutes > 0) text = std::to_string(minutes) + "m";
  const auto rest = whole % 60'000;
  text += std::to_string(rest / 1000);
  if (rest % 1000 != 0) {
    std::string fraction = std::to_string(1000 + rest % 1000).substr(1);
    fraction.resize(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text + "s";
}

std::string LimitHeaders(Personality personality, RateLimits& limits, TimePoint now,
                         WallTime wall) {
  std::string out;
  const std::array<std::pair<const char*, RateBucket*>, 2> buckets{
      {{"requests", &limits.requests()}, {"tokens", &limits.tokens()}}};
  for (const auto& [what, bucket] : buckets) {
    if (!bucket->Limits()) continue;
    if (personality == Personality::kAnthropic) {
      AppendAnthropic(out, what, bucket->Now(now), wall);
    } else {
      AppendOpenAi(out, what, bucket->Now(now));
    }
  }
  return out;
}

}  // namespace headgate::loadtest::sim
