#pragma once

#include <string>
#include <string_view>

#include "gateway/admin/endpoints.h"
#include "gateway/admin/reload.h"
#include "policy/keys/key_store.h"

namespace headgate::gateway {

// Keys at run time: made, listed and revoked over the admin port, kept in a store, and in force on
// all workers when the answer goes out. Each change is a line in the operator's log and a row in
// the store. Bound to the control thread.
class KeysPage {
 public:
  // `store`: null without a ledger; then there is nowhere to keep keys. Both outlive the page.
  KeysPage(policy::KeyStore* store, Reloader& reloader) : store_(store), reloader_(reloader) {}

  // GET /keys: all keys, without their digests.
  AdminAnswer List() const;
  // POST /keys: makes a key. The body is an entry of `keys` without `hash`; without a name it has
  // the name of its team. A team that nothing in the configuration has needs `new_team: true`. The
  // answer has the key itself, which nobody can see again.
  AdminAnswer Make(std::string_view body);
  // DELETE /keys/{name}: revokes a key. Requests that run go on. A key of the configuration stays
  // there, without effect.
  AdminAnswer Revoke(std::string_view name);
  // PUT /keys/{name}: allows a revoked key of the configuration again.
  AdminAnswer Allow(std::string_view name);

 private:
  AdminAnswer WithoutStore() const;
  // Puts what the store has in force.
  absl::Status Use();

  policy::KeyStore* const store_;
  Reloader& reloader_;
};

}  // namespace headgate::gateway
