// Requests of other clients at the same engine. They are never answered: each takes a slot and its
// KV tokens, or waits for them like a request of ours, until there are to be fewer of them. The
// engine's metrics count them. Its books do not. *worker-bound*
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "loadtest/sim/engine/engine_queue.h"

namespace headgate::loadtest::sim {

struct OthersOptions {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;  // of each request
};

// Reads `N` or `N,TOKENS`. Returns nullopt for any other text, or if N is above 100,000.
std::optional<OthersOptions> ParseOthers(std::string_view text);

class OtherClients {
 public:
  // `queue` must outlive this object.
  explicit OtherClients(EngineQueue& queue) : queue_(queue) {}
  ~OtherClients() { Set({}); }
  OtherClients(const OtherClients&) = delete;
  OtherClients& operator=(const OtherClients&) = delete;

  // Lets requests come or go until there are options.requests. New ones have options.tokens, and
  // the latest go first.
  void Set(const OthersOptions& options);
  std::int64_t requests() const { return static_cast<std::int64_t>(requests_.size()); }

 private:
  struct Request final : EngineUser {
    void OnSlot() override {}
    void OnPreempted() override {}
  };

  EngineQueue& queue_;
  std::vector<std::unique_ptr<Request>> requests_;
};

}  // namespace headgate::loadtest::sim
