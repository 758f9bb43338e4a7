#!/usr/bin/env python3
"""Checks the JSON Schema that editors read against the reader that it is generated from.

The shipped file is the generated one, is a valid schema, and describes each key. The schema accepts the
configurations that ship and refuses the golden files that are wrong in shape. For some thousand configurations
with one change each, it accepts whatever the reader accepts, and refuses whatever the reader finds wrong in shape.
"""
import copy
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/config/golden"
EVERYTHING = ROOT / "tests/config/everything.yaml"
HEADGATE = os.environ["HEADGATE"]

# Diagnostics about shape, in the words of the reader ("PROBLEM; FIX"). Its other diagnostics need more than one value
# (names that must exist, keys that a kind of hosting needs, keys missing in all files together) or the spelling of
# a number, which a schema does not see.
SHAPE = re.compile(r"""
    is\ not\ a\ known\ key; | is\ (a\ list|a\ mapping|a\ text|empty);\ write | is\ an\ empty\ list;
    | has\ no\ `(?!replicas|slots|url)\w+`;\ add\ `\w+:`\ with
    | "[^"]*"\ (is\ (not\ known\ here|neither\ true\ nor\ false|not\ a\ (comparison|day|target|percentage))
               |has\ (no\ unit|a\ unit\ that\ is\ not\ known));
    """, re.VERBOSE)


def judgeable(problem):
    """Whether the diagnostic is about shape, and not about the value of a variable."""
    return SHAPE.match(problem) and "${" not in problem


class Yaml12(yaml.SafeLoader):
    """YAML 1.2 as editors and the reader read it: `off` and `10:00` are texts."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"true|false", "tf"), ("null", r"~|null|", ["~", "n", ""]),
        ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
        ("float", r"-?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-.0123456789")):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def texts_as_keys(value):
    """`value` with all keys as texts, as in JSON: the key of `4.1: x` becomes a text too."""
    if isinstance(value, dict):
        return {str(key): texts_as_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [texts_as_keys(item) for item in value]
    return value


def load(path):
    return texts_as_keys(yaml.load(path.read_text(), Yaml12))


def configurations():
    """Every configuration of ours that ships, including files that other configurations include."""
    paths = sorted((ROOT / "config/examples").rglob("*.yaml"))
    paths += [ROOT / "deploy/quickstart.yaml", ROOT / "deploy/compose/headgate.yaml"]
    return paths


NAMED = {"routes": "name", "classes": "class", "keys": "name", "tests": "name"}


def item_name(items, index, key):
    """The name that a diagnostic uses for an item of a list; None if the item has no name of its own."""
    def name(item):
        value = item.get(key) if isinstance(item, dict) else None
        text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, (int, float)) else ""
        plain = 0 < len(text.encode()) <= 64 and not re.search(r'[$"\x00-\x1f\x7f]', text)
        return text if plain else None
    names = [name(item) for item in items]
    return names[index] if names.index(names[index]) == index else None


def path_text(path, document):
    """The path as diagnostics spell it: `routes.code.when`, or `routes[2].when` for a route without a name."""
    text = ""
    for step in path:
        name = item_name(document[text], step, NAMED[text]) if isinstance(step, int) and text in NAMED else None
        if name is not None:
            text += f".{name}" if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else f'["{name}"]'
        else:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def properties(shape):
    """Every key that the schema knows, with its description."""
    if isinstance(shape, dict):
        yield from shape.get("properties", {}).items()
    inside = shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ()
    for inner_shape in inside:
        yield from properties(inner_shape)


def keys(document):
    if isinstance(document, dict):
        yield from document
    inside = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for inner_value in inside:
        yield from keys(inner_value)


def flattened(errors):
    for error in errors:
        yield error
        yield from flattened(error.context)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (ROOT / "config/headgate.schema.json").read_text()
        cls.schema = json.loads(cls.text)
        cls.validator = jsonschema.Draft7Validator(cls.schema)

    def errors(self, document):
        return list(self.validator.iter_errors(document))

    def assert_found(self, document, path, problem, name):
        """Requires an error of the schema at the place of a diagnostic, or at a place that contains it."""
        places = {path_text(error.absolute_path, document) for error in flattened(self.errors(document))}
        around = [place for place in places
                  if path == place or path.startswith((place + ".", place + "[")) or
                  (place == "" and "." not in path and "[" not in path)]
        self.assertTrue(around, f"{name}: the schema accepts {path}: {problem}")

    def test_the_shipped_file_is_what_the_command_prints(self):
        printed = subprocess.run([HEADGATE, "schema"], capture_output=True, text=True, check=True)
        self.assertEqual(printed.stdout, self.text)

    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)

    def test_each_key_is_described_in_one_line(self):
        described = list(properties(self.schema))
        for key, property_ in described:
            self.assertRegex(property_["description"], r"^.*\.$", key)
        self.assertGreater(len(described), 100)

    def test_the_file_with_everything_has_every_key(self):
        said = set(keys(load(EVERYTHING))) | {"include"}  # `include` needs another file
        self.assertEqual({key for key, _ in properties(self.schema)} - said, set())

    def test_what_ships_is_accepted(self):
        for path in configurations():
            with self.subTest(path.name):
                self.assertEqual(self.errors(load(path)), [])

    def test_golden_files_that_are_wrong_in_shape_are_refused(self):
        judged = 0
        for path in sorted(GOLDEN.glob("*.yaml")):
            try:
                document = load(path)
            except yaml.YAMLError:
                continue  # not valid YAML: an editor reports it without a schema
            if not isinstance(document, dict):
                continue
            for line in path.with_suffix(".expected").read_text().splitlines():
                file, where, problem = (line.split(": ", 2) + ["", ""])[:3]
                if not file.startswith(path.name) or not judgeable(problem):
                    continue
                judged += 1
                self.assert_found(document, where, problem, path.name)
        self.assertGreater(judged, 40)

    def test_it_agrees_with_the_reader_about_changed_configurations(self):
        documents = some_of(list(changed(load(EVERYTHING))))
        verdicts = checked(documents)
        self.assertEqual(len(verdicts), len(documents))
        self.assertTrue(verdicts[0]["good"], "the first configuration is unchanged and must be accepted")
        refused = 0
        for document, verdict in zip(documents, verdicts):
            errors = self.errors(document)
            refused += bool(errors)
            diagnostics = [f for f in verdict["findings"] if f["severity"] == "error"]
            if errors and not diagnostics:
                best = jsonschema.exceptions.best_match(errors)
                self.fail(f"only the schema refuses {path_text(best.absolute_path, document)}: {best.message}")
            for found in diagnostics:
                problem = f"{found['problem']}; {found['fix']}"
                if found["path"] and judgeable(problem):
                    self.assert_found(document, found["path"], problem, found["file"])
        self.assertGreater(refused, len(documents) // 3)

    def test_it_has_the_bounds_of_the_reader_about_queues(self):
        cases = [(path, value, path_text(path, load(EVERYTHING)), good)
                 for path, within, beyond in BOUNDS for values, good in ((within, True), (beyond, False))
                 for value in values]
        documents = []
        for path, value, _, _ in cases:
            document = load(EVERYTHING)
            inner(document, path[:-1])[path[-1]] = value
            documents.append(document)
        for (_, value, where, good), document, verdict in zip(cases, documents, checked(documents)):
            with self.subTest(f"{where}: {value}"):
                found = {f["path"] for f in verdict["findings"] if f["severity"] == "error"}
                self.assertEqual(found, set() if good else {where}, "the reader")
                self.assertEqual(self.errors(document) == [], good, "the schema")


# Values within and beyond the bounds of keys about queues. The longest duration is left to the reader.
GPU = ("backends", "gpu")
BOUNDS = (
    (GPU + ("slots",), (1, 100_000), (0, 100_001)),
    (GPU + ("slot_tokens",), (1000, 10**12), (999, 10**12 + 1)),
    (GPU + ("batch", "floor"), ("0%", "9.5%", "49.9999 %", "050%", "50.0%"), ("50.0001%", "51%", "60%", "100%")),
    (GPU + ("batch", "max_wait"), ("1ms", "10s", "01 m"), ("0ms", "00 s")),
    (GPU + ("queue", "limit"), (1, 100_000), (0, 100_001)),
    (("routes", 0, "spill", "when_wait_over"), ("0s", "168h"), ()),
    (("teams", "health", "share"), (1, 1000), (0, 1001)),
)
OTHER_VALUES = ("text", "", "7", 7, -1, 2.5, True, None, [], ["text"], [{}], {}, {"a": 1}, "${NAME}",
                "5ms", "32k", "$5", ">= 3s", "5 %", "own@api", "1e3", "auto", "all", "a b", "é\n")


def checked(documents):
    """What `headgate check --json` says of each document."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(ROOT / "config/examples/parts", folder / "parts")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-subj", "/CN=x", "-keyout", "key.pem", "-out", "cert.pem"],
                       cwd=folder, check=True, capture_output=True)
        for i, document in enumerate(documents):
            (folder / f"{i}.yaml").write_text(json.dumps(document))
        environment = os.environ | {"NAME": "value", "KEY": "a-key-of-sorts"}
        return json.loads(subprocess.run(
            [HEADGATE, "check", "--json", *(f"{i}.yaml" for i in range(len(documents)))],
            cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout)


def changed(document):
    """`document`, then copies with one change each: a key removed, a key renamed, or another value."""
    yield document
    for place in places(document):
        *outer, last = place
        for value in OTHER_VALUES:
            other = copy.deepcopy(document)
            inner(other, outer)[last] = value
            yield other
        gone = copy.deepcopy(document)
        del inner(gone, outer)[last]
        yield gone
        if isinstance(last, str):
            called_otherwise = copy.deepcopy(document)
            mapping = inner(called_otherwise, outer)
            mapping[last + "x"] = mapping.pop(last)
            yield called_otherwise


def some_of(documents):
    """The first and the same thousand others in each run; all 4,500 with HEADGATE_ALL_CHANGES."""
    if "HEADGATE_ALL_CHANGES" in os.environ:
        return documents
    return documents[:1] + random.Random(1).sample(documents[1:], 1000)


def inner(document, path):
    for step in path:
        document = document[step]
    return document


def places(value, path=()):
    """Paths of everything in a document. A policy test's request counts as one thing."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield path + (step,)
        if step != "request":
            yield from places(below, path + (step,))


if __name__ == "__main__":
    unittest.main(verbosity=2)
