"""`headgate train` and `headgate evaluate` as an operator uses them, and a daemon with the model."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from stage import HEADGATE, Gateway, Simulator, chat, paid, wait_for

LEGAL = ["contract", "clause", "liability", "tenant", "court", "notary", "statute", "appeal"]
KITCHEN = ["soup", "oven", "butter", "recipe", "dough", "onion", "roast", "spoon"]
POLICY = """
server: {auth: none}
classifier: {model: topics.bin}
backends:
  up: {hosting: paid_api, url: "http://127.0.0.1:9/v1", api_key: k, models: {gpt-4.1: gpt-4.1, gpt-4.1-mini: gpt-4.1-mini}}
routes:
  - {name: law, when: {topic: legal}, targets: [gpt-4.1@up]}
  - {name: rest, targets: [gpt-4.1-mini@up]}
tests:
  - {name: law, request: {model: auto, messages: [{role: user, content: liability of the tenant}]}, expect: {topic: legal, route: law}}
"""


def texts():
    """Sixty short prompts of each topic."""
    for topic, words in (("legal", LEGAL), ("kitchen", KITCHEN)):
        for i in range(60):
            chosen = [words[(i * step) % len(words)] for step in (1, 3, 5)]
            yield {"topic": topic, "text": f"about the {' and the '.join(chosen)}, number {i}"}


def written(topic, source, count):
    """Lines of prompts that share no three words."""
    words = LEGAL if topic == "legal" else KITCHEN
    for i in range(count):
        text = " ".join(f"{words[(i + j) % 8]} {source}{i * 7 + j}" for j in range(5))
        yield json.dumps({"topic": topic, "text": text, "source": source}) + "\n"


def templates(source, topics=("legal", "kitchen")):
    for text in texts():
        if text["topic"] in topics:
            yield json.dumps({**text, "source": source}) + "\n"


class Classifier(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def headgate(self, *arguments, stdin=""):
        return subprocess.run([HEADGATE, *map(str, arguments)], capture_output=True, text=True,
                              input=stdin, cwd=self.folder, timeout=120)

    def train(self, lines, *options):
        return self.headgate("train", "--data", "-", "--out", "topics.bin", *options,
                             stdin="".join(lines))

    def test_topics_of_ones_own_route_requests(self):
        done = self.train(json.dumps(text) + "\n" for text in texts())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("WARNING: all texts are of one source.", done.stdout)
        (self.folder / "headgate.yaml").write_text(POLICY)
        checked = self.headgate("check", "--strict", "headgate.yaml")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        for prompt, topic, route in (("a clause for the tenant, and the court", "legal", "law"),
                                     ("onion soup with butter and dough", "kitchen", "rest")):
            explained = json.loads(self.headgate("explain", "--config", "headgate.yaml", "--json",
                                                 "--prompt", prompt).stdout)
            self.assertEqual(explained["classification"]["topic"], topic)
            self.assertEqual(explained["route"], route)
            strongest = explained["features"][0]
            self.assertEqual(set(strongest["adds"]), {"legal", "kitchen", "general", "code", "math"})

    def test_figures_that_would_flatter_are_not_printed(self):
        def both(source, count=60):
            return [line for topic in ("legal", "kitchen") for line in written(topic, source, count)]

        one = self.train(both("tickets"))
        self.assertIn("WARNING: all texts are of one source, `tickets`.", one.stdout)
        self.assertNotIn("100.0 %", one.stdout)
        self.assertIn("--test", one.stdout)
        cut = self.train([*templates("a"), *templates("b")])
        self.assertRegex(cut.stdout, r"WARNING: (\d+) of the \1 held-out texts come from templates")
        self.assertNotIn("100.0 %", cut.stdout)
        two = self.train([*both("a", 300), *both("b", 300)])
        self.assertIn("| legal | legal |", two.stdout)
        self.assertIn("With fewer than four sources there is no\nfigure", two.stdout)
        four = self.train([line for s in "abcd" for line in both(s, 100)] + [*templates("e")])
        self.assertRegex(four.stdout, r"\n\d+ of the \d+ held-out texts come from templates")
        self.assertIn("Accuracy on texts of sources left out of the fit", four.stdout)
        self.assertNotIn("WARNING", four.stdout)

    def test_telling_sources_apart_is_not_taken_for_telling_topics_apart(self):
        for lines, said in (
                ([*written("legal", "law", 300), *written("kitchen", "cook", 300)],
                 "WARNING: each topic has its own source in these texts:\n"
                 "- topic kitchen: 300 of 300 texts are of `cook`\n- topic legal: 300 of 300 texts are of `law`\n"),
                ([*written("legal", "law", 285), *written("legal", "mail", 15),
                  *written("kitchen", "law", 150), *written("kitchen", "mail", 150)],
                 "WARNING: nearly all texts of a topic are of one source:\n- topic legal: 285 of 300 texts are of `law`\nAn"),
                ([*written("legal", "law", 285), *written("kitchen", "law", 285), *written("legal", "mail", 15),
                  *written("kitchen", "Mail ", 15)],
                 "WARNING: nearly all texts are of one source, `law`.")):
            done = self.train(lines)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(said, done.stdout)
            self.assertIn("--test FILE", done.stdout)
            self.assertNotIn("On the tenth", done.stdout)
        apart = self.train([line for topic in ("legal", "kitchen") for i in range(3)
                            for line in written(topic, f"{topic}{i}", 200)])
        self.assertIn("On the tenth", apart.stdout)
        self.assertIn("WARNING: no source has texts of two topics", apart.stdout)

    def test_one_topic_that_is_left_to_be_measured_gets_no_accuracy(self):
        done = self.train([*templates("a", ["legal"]), *templates("b", ["legal"]),
                           *written("kitchen", "a", 300), *written("kitchen", "b", 300)])
        self.assertRegex(done.stdout, r"WARNING: only topic kitchen can be measured: (\d+) of the \1 held-out texts "
                                      r"have that topic, and \d+ texts from templates do not count\.\n")
        self.assertNotIn("On the tenth", done.stdout)
        few = self.train([*written("legal", "a", 20), *written("kitchen", "a", 20), *written("legal", "b", 20),
                          *written("kitchen", "b", 20)])
        self.assertIn("WARNING: with fewer than 200 texts all of them are learned from", few.stdout)

    def test_topics_that_the_model_was_not_taught_are_named(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        other = [("legal", "the court and the notary"), ("finance", "a loan"), ("finance", "interest of a loan"),
                 ("code", "write a python function that parses JSON"), ("family", "the notary of the tenant")]
        test = self.folder / "test.jsonl"
        test.write_text("".join(json.dumps({"topic": topic, "text": text}) + "\n" for topic, text in other))
        said = (f"WARNING: 3 of the 5 texts of {test} have a topic that the model was not taught (family 1, finance 2).\n"
                "The model cannot answer them correctly. They count as wrong in these figures.\n\n"
                "5 texts\naccuracy 40.0 %")
        done = self.train(lines, "--test", test)
        self.assertIn(f"On the texts of {test}:\n\n" + said, done.stdout)
        self.assertIn("| kitchen | 0 | - |", done.stdout)
        self.assertIn("WARNING: no text has the topic kitchen, so these figures do not measure it\n", done.stdout)
        evaluated = self.headgate("evaluate", "--data", test, "--model", "topics.bin")
        self.assertTrue(evaluated.stdout.startswith(said), evaluated.stdout)
        figures = json.loads(self.headgate("evaluate", "--data", test, "--model", "topics.bin", "--json").stdout)
        self.assertEqual(figures["unknown_topics"], {"family": 1, "finance": 2})

    def test_a_file_of_other_texts_measures_the_model(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        other = [{"topic": "legal", "text": "the court and the notary", "source": "mail"},
                 {"topic": "kitchen", "text": "an onion soup, and butter", "source": "mail"},
                 {"topic": "kitchen", "text": "the tenant, a statute and an appeal", "source": "mail"},
                 {"topic": "code", "text": "write a python function that parses JSON", "source": "mail"}]
        test = self.folder / "test.jsonl"
        test.write_text("".join(json.dumps(text) + "\n" for text in other) + lines[0])
        done = self.train(lines, "--test", test)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"WARNING: 1 of the 5 texts of {test} are in the training data too", done.stdout)
        self.assertIn(f"On the texts of {test}:\n\n4 texts\naccuracy 75.0 %", done.stdout)
        self.assertIn("| kitchen | legal | 1 |", done.stdout)
        self.assertIn("| code | code | 1 |", done.stdout)
        missing = self.train(lines, "--test", self.folder / "none.jsonl")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("none.jsonl", missing.stderr)

    def test_code_and_math_stay_what_they_are(self):
        self.train(json.dumps(text) + "\n" for text in texts())
        (self.folder / "headgate.yaml").write_text(POLICY)
        for prompt, topic in (("write a python function that parses JSON files", "code"),
                              ("solve the equation 3x + 7 = 22 for x", "math")):
            explained = json.loads(self.headgate("explain", "--config", "headgate.yaml", "--json",
                                                 "--prompt", prompt).stdout)
            self.assertEqual(explained["classification"]["topic"], topic)
            self.assertIn(topic, explained["features"][0]["adds"])

    def test_the_same_texts_and_seed_make_the_same_file(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        models = []
        for seed in (1, 1, 2):
            self.assertEqual(self.train(lines, "--seed", seed).returncode, 0)
            models.append((self.folder / "topics.bin").read_bytes())
        self.assertEqual(models[0], models[1])
        self.assertNotEqual(models[0], models[2])

    def test_evaluating_counts_what_was_said(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        self.train(lines)
        wrong = json.dumps({"topic": "kitchen", "text": "the court and the notary", "source": "odd"})
        done = self.headgate("evaluate", "--data", "-", "--model", "topics.bin", "--json",
                             stdin="".join(lines) + wrong)
        figures = json.loads(done.stdout)
        self.assertEqual(figures["texts"], 121)
        self.assertAlmostEqual(figures["accuracy"], 120 / 121)
        legal = figures["topics"]["legal"]
        self.assertEqual((legal["texts"], legal["recall"]), (60, 1.0))
        self.assertAlmostEqual(legal["precision"], 60 / 61)
        self.assertIsNone(figures["topics"]["math"]["recall"])
        self.assertEqual(figures["confusion"]["kitchen"], {"kitchen": 60, "legal": 1})
        self.assertEqual(figures["sources"]["odd"], {"texts": 1, "right": 0, "abstained": 0})
        self.assertEqual(figures["accuracy_at"][-1], {"surest": 1.0, "accuracy": figures["accuracy"]})
        self.assertEqual(sum(bin["texts"] for bin in figures["reliability"]) / 121, figures["named"])
        table = self.headgate("evaluate", "--data", "-", "--model", "topics.bin", "--wrong",
                              stdin="".join(lines) + wrong).stdout
        self.assertIn("| kitchen | legal | 1 |", table)
        self.assertIn("| odd | 1 | 0.0 % |", table)
        self.assertRegex(table, r"1 wrong answer, the surest first\n\n.*\n.*\n"
                                r"\| kitchen \| legal [01]\.\d\d \| the court and the notary \|")
        (self.folder / "old.bin").write_bytes((self.folder / "topics.bin").read_bytes())
        same = self.headgate("evaluate", "--data", "-", "--model", "topics.bin", "--against", "old.bin",
                             stdin="".join(lines)).stdout
        self.assertIn("0 texts change the topic", same)
        shipped = self.headgate("evaluate", "--data", "-", stdin="".join(lines)).stdout
        self.assertIn("Did you mean --model FILE?", shipped)
        missing = self.headgate("evaluate", "--data", "-", "--model", "none.bin", stdin=lines[0])
        self.assertEqual((missing.returncode, missing.stderr),
                         (1, "headgate: none.bin: cannot be read: No such file or directory\n"))

    def test_what_cannot_be_learned_from_is_named_with_its_line(self):
        good = '{"topic": "legal", "text": "a clause"}\n'
        for line, said in (("legal, a clause", "is not a JSON object"),
                           ('{"topic": "family law", "text": "x"}', 'has no valid "topic"'),
                           ('{"topic": "legal"}', 'has no "text"'),
                           ('{"topic": "legal", "text": 7}', 'has no "text"')):
            done = self.train([good, "\n", line + "\n"])
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"headgate: -:3: {said}", done.stderr)
        self.assertIn("has no texts", self.train([]).stderr)
        self.assertIn("a model needs 2 or more", self.train([good]).stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_nothing_but_a_model_is_overwritten(self):
        data = self.folder / "mine.jsonl"
        data.write_text("".join(json.dumps(text) + "\n" for text in texts()))
        before = data.read_text()
        (self.folder / "notes.txt").write_text("mine")
        for out, test, said in (("mine.jsonl", None, "mine.jsonl: is a file to read"),
                                ("./mine.jsonl", None, "./mine.jsonl: is a file to read"),
                                ("notes.txt", None, "notes.txt: is a file that is not a topic model"),
                                ("no/such.bin", None, "no/such.bin: cannot be written: No such file or directory"),
                                ("new.bin", "mine.jsonl", "mine.jsonl: is --data and --test")):
            done = self.headgate("train", "--data", "mine.jsonl", "--out", out, *(["--test", test] if test else []))
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"headgate: {said}", done.stderr)
        self.assertEqual(data.read_text(), before)
        self.assertEqual((self.folder / "notes.txt").read_text(), "mine")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["mine.jsonl", "notes.txt"])

    def test_more_topics_than_a_policy_takes_are_refused_before_training(self):
        many = [json.dumps({"topic": f"t{i}", "text": f"text {i}"}) + "\n" for i in range(14)]
        done = self.train(many)
        self.assertEqual(done.returncode, 1)
        self.assertIn("-: the texts have 14 topics beside general, code and math, and a policy has room for 13", done.stderr)

    def test_training_says_what_it_made(self):
        done = self.train(json.dumps(text) + "\n" for text in texts())
        self.assertIn("topics.bin is written.\nTopics of your texts: kitchen (60), legal (60)\n"
                      "Added from the model in the program: general, code, math", done.stdout)
        self.assertIn("Next: `headgate evaluate --model topics.bin --data FILE`", done.stdout)

    def test_a_thin_topic_is_said_to_be_one(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        done = self.train(lines + ['{"topic": "code", "text": "a Python loop"}\n'])
        self.assertEqual(done.returncode, 0)
        self.assertIn("topic code has 1 text;", done.stderr)
        self.assertNotIn("legal", done.stderr)

    def test_a_file_that_is_no_model_is_refused_by_all(self):
        (self.folder / "topics.bin").write_text("headgate-topics 9.9 legal kitchen\n")
        (self.folder / "headgate.yaml").write_text(POLICY)
        evaluated = self.headgate("evaluate", "--data", "-", "--model", "topics.bin", stdin="{}")
        self.assertEqual(evaluated.returncode, 1)
        self.assertIn("its format is 9.9", evaluated.stderr)
        for command in (["check", "headgate.yaml"], ["serve", "--config", "headgate.yaml"]):
            done = self.headgate(*command)
            self.assertEqual(done.returncode, 1)
            self.assertIn("headgate.yaml:3: classifier.model: `", done.stdout + done.stderr)
            self.assertIn("its format is 9.9", done.stdout + done.stderr)

    def test_the_daemon_counts_topics_and_where_it_abstained(self):
        lines = [json.dumps(text) + "\n" for text in texts()]
        self.assertEqual(self.train(lines).returncode, 0)
        sim = Simulator("--personality", "openai", "--tokens", "4")
        self.addCleanup(sim.stop)
        gateway = Gateway({"far": paid(sim)},
                          [{"name": "law", "when": {"topic": "legal"}}, {"name": "rest"}],
                          classifier={"model": str(self.folder / "topics.bin"), "threshold": 0.97})
        self.addCleanup(gateway.stop)
        for prompt, topic, reason in (("the clause of the tenant and the notary, a contract", "legal", "model"),
                                      ("zyx", "general", "abstained")):
            reply = chat(gateway.port, messages=[{"role": "user", "content": prompt}])
            line = gateway.log_of(reply)
            self.assertEqual((line["topic"], line["topic_reason"]), (topic, reason), line)
            self.assertEqual(line["route"], "law" if topic == "legal" else "rest")
            self.assertEqual(
                gateway.metrics().sum("headgate_classified_total", **{"class": "general", "reason": reason}), 1)
            self.assertEqual(gateway.metrics().sum("headgate_topics_total", topic=topic, reason=reason), 1)
            self.assertEqual(line["topic_confidence"] >= 0.97, reason == "model", line)
        classifier = gateway.status()["classifier"]
        self.assertEqual(classifier["model"], str(self.folder / "topics.bin"))
        self.assertEqual(classifier["topics"], ["general", "code", "math", "kitchen", "legal"])
        self.assertEqual(self.train(lines, "--seed", "2").returncode, 0)
        wait_for(lambda: gateway.status()["generation"] == 2, "the reload")  # the file is watched
        self.assertRegex(gateway.status()["last_reload"]["changes"][0],
                         r"^classifier\.model \(another file: checksum \w{8} → \w{8}, topics the same\)$")
        self.assertNotEqual(gateway.status()["classifier"]["checksum"], classifier["checksum"])


if __name__ == "__main__":
    unittest.main()
