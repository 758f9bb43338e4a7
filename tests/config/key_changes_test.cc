// What a reload says that it has changed.
#include "config/changes/key_changes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/reader/yaml_document.h"

namespace headgate::config {
namespace {

using Texts = std::vector<std::string>;

Texts Between(std::string_view before, std::string_view after) {
  const YamlResult old_document = ParseYaml(before, "old.yaml");
  const YamlResult new_document = ParseYaml(after, "new.yaml");
  return ChangesBetween(*old_document.root, *new_document.root);
}

constexpr std::string_view kBefore = R"(
server: {listen: 127.0.0.1:1, workers: 2}
backends:
  gpu: {slots: 4, batch: {floor: 10%}, replicas: [a, b]}
  api: {url: u, api_key: sk-secret}
routes:
  - {name: chat, targets: [m@gpu]}
  - {name: rest, targets: [m@api]}
)";

std::string Edited(std::string_view from, std::string_view to) {
  std::string text(kBefore);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Changes, NameTheKeysThatDiffer) {
  struct Case {
    std::string_view from;
    std::string_view to;
    Texts expected;
  };
  for (const Case& edit : {
           Case{"slots: 4", "slots: 4", {}},
           Case{"slots: 4, batch: {floor: 10%}", "batch: {floor: 10%}, slots: 4", {}},
           Case{"slots: 4", "slots: 8", {"backends.gpu.slots"}},
           Case{"floor: 10%", "floor: 20%", {"backends.gpu.batch.floor"}},
           Case{"batch: {floor: 10%}", "batch: 10%", {"backends.gpu.batch"}},
           Case{"[a, b]", "[a, b, c]", {"backends.gpu.replicas"}},
           Case{"sk-secret", "sk-another", {"backends.api.api_key"}},
           Case{"slots: 4", "slots: 4, preempt: true", {"backends.gpu.preempt (new)"}},
           Case{", workers: 2", "", {"server.workers (gone)"}},
           Case{"server:", "baseline: m@api\nserver:", {"baseline (new)"}},
           Case{"{name: rest, targets: [m@api]}",
                "{name: rest, targets: [m@gpu]}",
                {"routes.rest.targets"}},
           Case{"name: rest", "name: others", {"routes.others (new)", "routes.rest (gone)"}},
           Case{"{name: rest, targets: [m@api]}", "{targets: [m@api]}", {"routes"}},
           Case{"  - {name: chat, targets: [m@gpu]}\n  - {name: rest, targets: [m@api]}",
                "  - {name: rest, targets: [m@api]}\n  - {name: chat, targets: [m@gpu]}",
                {"routes (another order)"}},
       }) {
    EXPECT_EQ(Between(kBefore, Edited(edit.from, edit.to)), edit.expected) << edit.to;
  }
}

TEST(Changes, NumberAndTextAreNotTheSame) {
  EXPECT_EQ(Between("a: 1", "a: \"1\""), Texts{"a"});
  EXPECT_EQ(Between("a: 1", "[1]"), Texts{""}) << "the whole file";
}

// A comparison of every pair would take minutes.
TEST(Changes, AreFoundAmongManyNames) {
  std::string before = "keys:\n";
  constexpr int kKeys = 10'000;
  for (int i = 0; i < kKeys; ++i) before += "  - {name: k" + std::to_string(i) + "}\n";
  EXPECT_EQ(Between(before, before + "  - {name: last}\n"), Texts{"keys.last (new)"});
}

}  // namespace
}  // namespace headgate::config
