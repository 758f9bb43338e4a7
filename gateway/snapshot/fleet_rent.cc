#include "gateway/snapshot/fleet_rent.h"

#include <memory>

#include "policy/money/rent_terms.h"

namespace headgate::gateway {

RentByBackend RentOfBackends(const Fleet& fleet, backends::TimePoint now) {
  RentByBackend rents = fleet.retired_rent().Read(now);
  for (const BackendState& backend : fleet.backends()) {
    for (const std::shared_ptr<policy::RentMeter>& meter : backend.rent) {
      const policy::RentMeter::Books books = meter->Read(now);
      policy::RetiredRent::Totals& sum = rents[backend.name];
      sum.accrued += books.accrued;
      sum.allocated += books.allocated;
      sum.idle += books.idle;
    }
  }
  return rents;
}

void ChargeRents(const Fleet& fleet, std::int64_t unix_seconds, backends::TimePoint now) {
  for (const BackendState& backend : fleet.backends()) {
    if (backend.rent_terms.hours.empty()) continue;
    const NanoUsd rent = policy::RentAt(backend.rent_terms, unix_seconds);
    for (const std::shared_ptr<policy::RentMeter>& meter : backend.rent) meter->SetRent(rent, now);
  }
}

void SampleServed(const Fleet& fleet, backends::TimePoint now) {
  const RentByBackend rents = RentOfBackends(fleet, now);
  for (const BackendState& backend : fleet.backends()) {
    if (backend.served == nullptr) continue;
    const auto rent = rents.find(backend.name);
    if (rent == rents.end()) continue;
    backend.served->Sample({rent->second.accrued, rent->second.allocated}, now);
  }
}

}  // namespace headgate::gateway
