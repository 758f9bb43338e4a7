#pragma once

#include <string_view>
#include <vector>

#include "gateway/admin/endpoints.h"
#include "gateway/admin/reload.h"
#include "gateway/connection/worker.h"
#include "gateway/explain/recent_decisions.h"

namespace headgate::gateway {

// Answers POST /explain. It explains one request under the policy in force with the present load,
// or a past request by its id, with the inputs of its decision. No backend is called. For the
// control thread. `recent` are the decisions of all workers; they outlive this, and so does what
// they share.
class LiveExplain {
 public:
  LiveExplain(const Reloader& reloader, WorkerShared& shared,
              std::vector<const RecentDecisions*> recent)
      : reloader_(reloader), shared_(shared), recent_(std::move(recent)) {}

  // `body`: see explain_question.h.
  AdminAnswer Explain(std::string_view body) const;

 private:
  AdminAnswer ExplainPast(std::string_view id) const;

  const Reloader& reloader_;
  WorkerShared& shared_;
  const std::vector<const RecentDecisions*> recent_;
};

}  // namespace headgate::gateway
