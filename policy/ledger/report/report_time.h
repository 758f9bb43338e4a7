#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/ledger/values/local_hours.h"

namespace headgate::policy {

// Reads a time that somebody asks for: 2026-11, 2026-11-29, 2026-11-29T13, `today`, `yesterday` as
// `zone` has them, or `7d` and `12h`: so long before the hour `now`. Returns its first hour (since
// 1970, UTC). kInvalidArgument says what to write. Pure.
absl::StatusOr<std::int64_t> ReadReportTime(std::string_view text, const LocalHours& zone,
                                            std::int64_t now);

}  // namespace headgate::policy
