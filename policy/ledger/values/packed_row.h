#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/values/ledger_row.h"

namespace headgate::policy {

// Attempts as bytes, so that a request is one row: numbers of seven bits a byte, lowest first
// (LEB128). A blob begins with how many counts an attempt has, so that kinds of usage can be added.
// All functions are pure.

// One attempt, its target by the number that it has in the file.
struct PackedAttempt {
  std::int64_t target = 0;
  Usage usage;
  UsageStatus status = UsageStatus::kExact;
  ServiceTier tier = ServiceTier::kStandard;
  bool answered = false;
  NanoUsd cost = 0;

  bool operator==(const PackedAttempt& other) const = default;
};

void AppendVarints(std::span<const std::int64_t> numbers, std::string& out);
// Takes a number from the beginning of `bytes`. Returns false if there is none.
bool TakeVarint(std::string_view& bytes, std::int64_t& number);

void AppendAttempt(const PackedAttempt& attempt, std::string& out);
// `count` attempts follow, by AppendAttempt.
void BeginAttempts(std::size_t count, std::string& out);

// Takes attempts from the beginning of `bytes`. Returns false if they are damaged.
bool TakeAttempts(std::string_view& bytes, std::vector<PackedAttempt>& attempts);

}  // namespace headgate::policy
