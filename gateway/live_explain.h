#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/recent_decisions.h"
#include "gateway/reload.h"

namespace headgate::gateway {

// What POST /explain answers: one request explained under the policy in force with the load of this
// moment, or a past one, by its id, with what it was decided from. No backend is called. For the
// control thread; `recent` are those of all workers and outlive this.
class LiveExplain {
 public:
  LiveExplain(const Reloader& reloader, std::vector<const RecentDecisions*> recent)
      : reloader_(reloader), recent_(std::move(recent)) {}

  struct Answer {
    int status = 200;
    std::string body;  // JSON
  };
  // `body` is {"id": "req_…"}, or {"request": {…}} with, where they matter, "endpoint", "headers"
  // (an object of strings) and "key" (the name of one).
  Answer Explain(std::string_view body) const;

 private:
  Answer ExplainPast(std::string_view id) const;

  const Reloader& reloader_;
  const std::vector<const RecentDecisions*> recent_;
};

}  // namespace headgate::gateway
