#include "loadtest/sim/engine/other_clients.h"

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {

std::optional<OthersOptions> ParseOthers(std::string_view text) {
  constexpr std::int64_t kMost = 100'000;
  const auto [requests, tokens] = SplitOnce(text, ',');
  const std::optional<std::int64_t> count = ParseCount(requests);
  std::optional<std::int64_t> each = 0;
  if (requests.size() != text.size()) each = ParseCount(tokens);
  if (!count || !each || *count > kMost) return std::nullopt;
  return OthersOptions{*count, *each};
}

void OtherClients::Set(const OthersOptions& options) {
  while (requests() > options.requests) {
    queue_.Leave(*requests_.back());
    requests_.pop_back();
  }
  while (requests() < options.requests) {
    requests_.push_back(std::make_unique<Request>());
    queue_.Enter(*requests_.back(), options.tokens, 0);
  }
}

}  // namespace headgate::loadtest::sim
