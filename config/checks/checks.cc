#include "config/checks/checks.h"

#include "config/checks/access/check_budgets.h"
#include "config/checks/access/check_keys.h"
#include "config/checks/check_backends.h"
#include "config/checks/check_language.h"
#include "config/checks/check_names.h"
#include "config/checks/check_routes.h"
#include "config/checks/check_server.h"
#include "config/checks/check_tests.h"

namespace headgate::config {

void CheckConfiguration(ReadContext& context, Config& config) {
  CheckServer(context, config);
  CheckBackends(context, config);
  CheckRoutes(context, config);
  CheckNames(context, config);
  CheckKeys(context, config);
  CheckBudgets(context, config);
  CheckLanguage(context, config);
  CheckTests(context, config);
}

}  // namespace headgate::config
