#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "backends/limits/heard_limits.h"
#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/snapshot/fleet.h"
#include "routing/decide/estimates.h"

namespace headgate::gateway {

// Returns about how many tokens a request takes at a target, with what is learned of the target
// now. A decision counts the same tokens (routing::SlotTokensAt).
routing::ExpectedTokens ExpectedUse(const RequestAccount& account, std::size_t target,
                                    const routing::RequestSize& size);

// Returns until when the limits of its provider keep the request from the target, or `now`.
TimePoint LimitedUntil(const RequestAccount& account, std::size_t target,
                       const routing::RequestSize& size, TimePoint now);

// Reads what the head of an answer says of the limits of its provider, also if none were known
// before.
void HearLimits(const RequestAccount& account, std::size_t target,
                const backends::ResponseHead& head);

// What one attempt takes from the limits of its provider. Gives it back at its end, unless it was
// settled. Move-only; worker-bound.
class QuotaUse {
 public:
  QuotaUse() = default;
  QuotaUse(QuotaUse&& other) noexcept { *this = std::move(other); }
  QuotaUse& operator=(QuotaUse&& other) noexcept;
  ~QuotaUse() { Settle(std::nullopt, /*sent=*/false); }

  // Takes what the attempt is expected to need. Returns until when it has to wait instead, or
  // nullopt. The snapshot of `account` outlives this. REQUIRES: nothing is taken.
  std::optional<TimePoint> Take(const RequestAccount& account, std::size_t target,
                                const routing::RequestSize& size);

  // Corrects the expected tokens by the real ones: input and output together; nullopt: they are not
  // known exactly. Gives everything back if the request has not left (`sent`). Later calls do
  // nothing.
  void Settle(std::optional<std::int64_t> tokens, bool sent);

 private:
  const Fleet* fleet_ = nullptr;  // null: nothing is taken
  std::size_t target_ = 0;
  TimePoint sent_{};
  backends::HeardLimits::Amount expected_;
};

}  // namespace headgate::gateway
