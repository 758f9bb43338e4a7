#include "policy/ledger/values/packed_row.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace headgate::policy {
namespace {

constexpr std::int64_t kCounts = 7;
constexpr std::int64_t kMostAttempts = 1000;
constexpr unsigned kStatusBits = 2;
constexpr unsigned kTierBits = 3;

// New counts come last.
std::array<std::int64_t*, kCounts> CountsOf(Usage& usage) {
  return {&usage.input,     &usage.cached_input,   &usage.cache_write, &usage.output,
          &usage.reasoning, &usage.cache_write_1h, &usage.web_searches};
}

// Status, tier and the flag in one number.
std::int64_t FlagsOf(const PackedAttempt& attempt) {
  return static_cast<std::int64_t>(attempt.status) |
         static_cast<std::int64_t>(attempt.tier) << kStatusBits |
         static_cast<std::int64_t>(attempt.answered) << (kStatusBits + kTierBits);
}

void SetFlags(std::int64_t flags, PackedAttempt& attempt) {
  attempt.status = static_cast<UsageStatus>(flags & 3);
  attempt.tier = static_cast<ServiceTier>(flags >> kStatusBits & 7);
  attempt.answered = (flags >> (kStatusBits + kTierBits) & 1) != 0;
}

bool TakeAttempt(std::string_view& bytes, std::int64_t counts, PackedAttempt& attempt) {
  std::int64_t flags = 0;
  if (!TakeVarint(bytes, attempt.target) || !TakeVarint(bytes, flags)) return false;
  SetFlags(flags, attempt);
  const std::array<std::int64_t*, kCounts> known = CountsOf(attempt.usage);
  for (std::int64_t i = 0; i < counts; ++i) {
    std::int64_t number = 0;
    if (!TakeVarint(bytes, number)) return false;
    if (i < kCounts) *known[static_cast<std::size_t>(i)] = number;
  }
  return TakeVarint(bytes, attempt.cost);
}

}  // namespace

void AppendVarints(std::span<const std::int64_t> numbers, std::string& out) {
  constexpr std::size_t kMostBytes = 10;
  const std::size_t begin = out.size();
  out.resize(begin + numbers.size() * kMostBytes);
  char* at = out.data() + begin;
  for (const std::int64_t number : numbers) {
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= 0x80; rest >>= 7) *at++ = static_cast<char>(rest | 0x80);
    *at++ = static_cast<char>(rest);
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

bool TakeVarint(std::string_view& bytes, std::int64_t& number) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      number = static_cast<std::int64_t>(value);
      return true;
    }
  }
  return false;
}

void BeginAttempts(std::size_t count, std::string& out) {
  AppendVarints(std::array{kCounts, static_cast<std::int64_t>(count)}, out);
}

void AppendAttempt(const PackedAttempt& attempt, std::string& out) {
  std::array<std::int64_t, kCounts + 3> numbers = {attempt.target, FlagsOf(attempt)};
  Usage usage = attempt.usage;
  const auto counts = CountsOf(usage);
  std::transform(counts.begin(), counts.end(), numbers.begin() + 2,
                 [](const std::int64_t* count) { return *count; });
  numbers.back() = attempt.cost;
  AppendVarints(numbers, out);
}

bool TakeAttempts(std::string_view& bytes, std::vector<PackedAttempt>& attempts) {
  attempts.clear();
  std::int64_t counts = 0;
  std::int64_t count = 0;
  if (!TakeVarint(bytes, counts) || !TakeVarint(bytes, count)) return false;
  if (count < 0 || count > kMostAttempts) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    if (!TakeAttempt(bytes, counts, attempts.emplace_back())) return false;
  }
  return true;
}

}  // namespace headgate::policy
