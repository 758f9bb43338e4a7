#include "policy/keys/key_scope.h"

#include <gtest/gtest.h>

namespace headgate::policy {
namespace {

TEST(KeyScope, a_key_without_lists_may_use_all) {
  EXPECT_EQ(LimitOfScope({}, {.route = "chat", .request_class = "code"}), ScopeLimit::kNone);
}

TEST(KeyScope, both_lists_must_hold_and_the_route_counts_first) {
  config::Key key;
  key.routes = {"chat", "rest"};
  key.classes = {"general"};
  EXPECT_EQ(LimitOfScope(key, {.route = "rest", .request_class = "general"}), ScopeLimit::kNone);
  EXPECT_EQ(LimitOfScope(key, {.route = "code", .request_class = "code"}), ScopeLimit::kRoute);
  EXPECT_EQ(LimitOfScope(key, {.route = "chat", .request_class = "code"}), ScopeLimit::kClass);
  EXPECT_EQ(RefusalOf(ScopeLimit::kRoute), "route_not_allowed");
  EXPECT_EQ(RefusalOf(ScopeLimit::kClass), "class_not_allowed");
}

}  // namespace
}  // namespace headgate::policy
