#pragma once

#include <functional>

#include "gateway/admin/endpoints.h"
#include "gateway/admin/exposition.h"
#include "gateway/admin/keys_page.h"
#include "gateway/admin/live_explain.h"
#include "gateway/admin/reload.h"

namespace headgate::gateway {

// The sources of the admin port's answers. The references must outlive the endpoints.
struct AdminSources {
  const Reloader& reloader;
  const Exposition& exposition;
  const LiveExplain& explain;
  KeysPage& keys;
  const policy::LedgerWriter* ledger = nullptr;  // null: there is none
  std::function<bool()> ready;                   // false: the daemon drains
  std::function<Reloader::Outcome()> reload;     // what POST /reload does
};

// Returns the table of the admin port: a new page is a new row. Handlers run on the control thread.
AdminEndpoints AdminPages(const AdminSources& sources);

}  // namespace headgate::gateway
