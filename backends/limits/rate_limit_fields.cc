#include "backends/limits/rate_limit_fields.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace headgate::backends {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOpenAi = "x-ratelimit-";
constexpr std::string_view kAnthropic = "anthropic-ratelimit-";
constexpr double kLongestMs = 24.0 * 3600 * 1000;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool Is(std::string_view text, std::string_view word) {
  return absl::EqualsIgnoreCase(View(text), View(word));
}

RateLimitWindow* WindowOf(std::string_view word, RateLimitFields& fields) {
  if (Is(word, "requests")) return &fields.requests;
  if (Is(word, "tokens")) return &fields.tokens;
  if (Is(word, "input-tokens")) return &fields.input_tokens;
  if (Is(word, "output-tokens")) return &fields.output_tokens;
  return nullptr;
}

// A whole number, not negative. Some providers write it with a fraction, which is left out.
std::optional<std::int64_t> Count(std::string_view text) {
  std::int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || value < 0) return std::nullopt;
  if (end != last && *end != '.') return std::nullopt;
  return value;
}

void ReadReset(std::string_view value, RateLimitWindow& window) {
  if (std::optional<milliseconds> in = ReadResetDuration(value)) {
    window.reset_in = in;
    return;
  }
  absl::Time time;
  std::string error;
  const bool read = absl::ParseTime(absl::RFC3339_full, View(value), &time, &error);
  if (read && time > absl::InfinitePast() && time < absl::InfiniteFuture()) {
    window.reset_at = absl::ToChronoTime(time);
  }
}

bool ReadWord(std::string_view word, std::string_view value, RateLimitWindow& window) {
  if (Is(word, "limit")) {
    window.limit = Count(value);
  } else if (Is(word, "remaining")) {
    window.remaining = Count(value);
  } else if (Is(word, "reset")) {
    ReadReset(value, window);
  } else {
    return false;
  }
  return true;
}

// Milliseconds of a unit at the beginning of `text`, and the length of the unit's name.
std::pair<double, std::size_t> UnitOf(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
      {{"ms", 1}, {"us", 0.001}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"d", 86'400'000}}};
  for (const auto& [name, factor] : kUnits) {
    if (text.starts_with(name)) return {factor, name.size()};
  }
  return {0, 0};
}

}  // namespace

std::optional<milliseconds> ReadResetDuration(std::string_view text) {
  double ms = 0;
  bool first = true;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !(value >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const bool bare = first && text.empty();
    first = false;
    const auto [factor, length] = bare ? std::pair<double, std::size_t>{1000, 0} : UnitOf(text);
    if (factor <= 0) return std::nullopt;
    text.remove_prefix(length);
    ms += value * factor;
  }
  if (!(ms <= kLongestMs)) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(ms + 0.999));  // rounded up
}

bool IsRateLimitField(std::string_view name) {
  return absl::StartsWithIgnoreCase(View(name), View(kOpenAi)) ||
         absl::StartsWithIgnoreCase(View(name), View(kAnthropic));
}

// OpenAI: prefix, word, "-", window. Anthropic: prefix, window, "-", word.
void ReadRateLimitField(std::string_view name, std::string_view value, RateLimitFields& fields) {
  if (!IsRateLimitField(name)) return;
  const bool openai = absl::StartsWithIgnoreCase(View(name), View(kOpenAi));
  name.remove_prefix(openai ? kOpenAi.size() : kAnthropic.size());
  const std::size_t cut = openai ? name.find('-') : name.rfind('-');
  if (cut == std::string_view::npos) return;
  const std::string_view before = name.substr(0, cut);
  const std::string_view after = name.substr(cut + 1);
  RateLimitWindow* const window = WindowOf(openai ? after : before, fields);
  if (window == nullptr) return;
  if (ReadWord(openai ? before : after, value, *window)) fields.any = true;
}

}  // namespace headgate::backends
