"""Responses that the gateway stores: continued at backends of each kind, fetched, deleted, gone, bounded."""

import hashlib
import http.client
import json
import pathlib
import shutil
import tempfile
import time
import unittest

from stage import Gateway, Simulator, call, merged, paid, wait_for

RESPONSES = "/v1/responses"
CHAT, CLAUDE, NATIVE = MODELS = ("gpt-4.1", "claude-sonnet-5", "gpt-4.1-mini")
JSON = {"Content-Type": "application/json"}
ANNA, BERTA = "hg-key-of-anna", "hg-key-of-berta"


def digest(key):
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def of(key):
    return {"authorization": f"Bearer {key}"} if key else {}


def last_response(reply):
    """The response object of an answer: itself, or that of the stream's last event."""
    if not reply.headers["content-type"].startswith("text/event-stream"):
        return reply.json
    last = json.loads(reply.events[-1])
    assert last["type"] == "response.completed", last["type"]
    return last["response"]


def text_of(response):
    message = next(item for item in response["output"] if item["type"] == "message")
    return message["content"][0]["text"]


class Store(unittest.TestCase):
    """One gateway in front of a backend of each protocol."""

    STORE = {"store": "1h"}
    SERVER = {}
    SECTIONS = {}

    @classmethod
    def setUpClass(cls):
        options = ("--ttft", "1ms", "--interval", "1ms", "--tokens", "5")
        cls.openai = Simulator("--personality", "openai", *options)
        cls.addClassCleanup(cls.openai.stop)
        cls.native = Simulator("--personality", "openai", *options)
        cls.addClassCleanup(cls.native.stop)
        cls.claude = Simulator("--personality", "anthropic", *options)
        cls.addClassCleanup(cls.claude.stop)
        cls.simulators = dict(zip(MODELS, (cls.openai, cls.claude, cls.native)))

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-state-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.start()

    def start(self, store=True, **server):
        sections = {"responses": self.STORE} if store else {}
        state = {"state": str(self.folder)} if store else {}
        self.gateway = Gateway(
            {"chat": paid(self.openai, model=CHAT),
             "claude": paid(self.claude, model=CLAUDE, protocol="anthropic"),
             "native": paid(self.native, model=NATIVE, endpoints=["responses"])},
            server=merged(state, {**self.SERVER, **server}), **sections, **self.SECTIONS)
        self.addCleanup(self.gateway.stop)
        self.port = self.gateway.port

    def restart(self):
        self.gateway.stop()
        self.start()

    def create(self, model=CHAT, text="hello there", key=None, status=200, **more):
        reply = call(self.port, RESPONSES, {"model": model, "input": text, **more}, of(key))
        self.assertEqual(reply.status, status, reply.body)
        return last_response(reply) if status == 200 else reply.error

    def get(self, path, key=None, status=200, method="GET"):
        reply = call(self.port, f"{RESPONSES}/{path}", headers=of(key), method=method)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json if status == 200 else reply.error

    def sent(self, model):
        """The body of the last request to the backend of `model`, as text."""
        return self.simulators[model].last_body().decode()

    def assert_told_in_order(self, body, texts):
        places = [body.find(json.dumps(text)[1:-1]) for text in texts]
        self.assertNotIn(-1, places, (texts, body))
        self.assertEqual(places, sorted(places), body)


class Continued(Store):
    def test_a_conversation_at_each_kind_of_backend(self):
        for model in MODELS:
            for stream in (False, True):
                with self.subTest(model, stream=stream):
                    first = self.create(model, "Aardvarks come first.", stream=stream)
                    second = self.create(model, "Bears come second.", stream=stream,
                                         previous_response_id=first["id"])
                    third = self.create(model, "Cats come third.", stream=stream,
                                        previous_response_id=second["id"])
                    self.assertEqual(len({first["id"], second["id"], third["id"]}), 3)
                    body = self.sent(model)
                    self.assert_told_in_order(
                        body, ["Aardvarks come first.", "Bears come second.", "Cats come third."])
                    self.assertIn(json.dumps(text_of(first))[1:-1], body)
                    self.assertNotIn("previous_response_id", body)
                    if model == NATIVE:
                        sent = json.loads(body)
                        self.assertIs(sent["store"], False)
                        self.assertEqual([item.get("role") for item in sent["input"]],
                                         ["user", "assistant", "user", "assistant", "user"])

    def test_a_conversation_moves_from_backend_to_backend(self):
        previous = None
        for number, model in enumerate((*MODELS, *MODELS)):
            more = {"previous_response_id": previous} if previous else {}
            previous = self.create(model, f"Sentence number {number}.", **more)["id"]
            self.assert_told_in_order(
                self.sent(model), [f"Sentence number {earlier}." for earlier in range(number + 1)])

    def test_references_to_items(self):
        for model in MODELS:
            for stream in (False, True):
                with self.subTest(model, stream=stream):
                    first = self.create(model, "Aardvarks come first.", stream=stream)
                    said = next(item for item in first["output"] if item["type"] == "message")
                    items = [{"role": "user", "content": "Aardvarks, I said."},
                             {"type": "item_reference", "id": said["id"]},
                             {"role": "user", "content": "Bears come second."}]
                    second = self.create(model, items, stream=stream)
                    told = ["Aardvarks, I said.", text_of(first), "Bears come second."]
                    self.assert_told_in_order(self.sent(model), told)
                    self.assertNotIn("item_reference", self.sent(model))
                    # The second response does not need the first any more.
                    self.get(first["id"], method="DELETE")
                    self.create(model, "Cats come third.", previous_response_id=second["id"])
                    self.assert_told_in_order(self.sent(model), [*told, "Cats come third."])

    def test_the_answer_says_what_the_client_asked_for(self):
        for model in MODELS:
            for stream in (False, True):
                with self.subTest(model, stream=stream):
                    first = self.create(model, stream=stream)
                    self.assertIs(first["store"], True)
                    second = self.create(model, stream=stream, previous_response_id=first["id"])
                    self.assertEqual(second["previous_response_id"], first["id"])
                    self.assertEqual(self.get(second["id"])["previous_response_id"], first["id"])
                    third = self.create(model, stream=stream, conversation="conv_1", store=False)
                    self.assertEqual((third["store"], third["conversation"]), (False, {"id": "conv_1"}))

    def test_a_reference_may_leave_out_its_type_and_name_an_input(self):
        first = self.create(text="Aardvarks come first.")
        asked = self.get(f"{first['id']}/input_items")["first_id"]
        self.create(CLAUDE, [{"id": asked}, {"role": "user", "content": "Bears?"}], store=False)
        self.assert_told_in_order(self.sent(CLAUDE), ["Aardvarks come first.", "Bears?"])

    def test_the_access_log_says_what_is_stored_and_continued(self):
        reply = call(self.port, RESPONSES, {"model": CLAUDE, "input": "hello"})
        line = self.gateway.log_of(reply)
        self.assertEqual((line["stored"], line.get("continues_stored"), line["translated"]),
                         (True, None, "messages"))
        reply = call(self.port, RESPONSES, {"model": CLAUDE, "input": "and then", "store": False,
                                            "previous_response_id": last_response(reply)["id"]})
        line = self.gateway.log_of(reply)
        self.assertEqual((line.get("stored"), line["continues_stored"]), (None, True))

    def test_an_unknown_item(self):
        for model in MODELS:
            error = self.create(model, [{"type": "item_reference", "id": "fc_0"}], status=404)
            self.assertEqual((error["message"], error["param"]),
                             ("Item with id 'fc_0' not found.", "input"))

    def test_a_named_conversation(self):
        for name in ("conv_1", {"id": "conv_1"}):
            self.create(text=f"I say {len(name)}.", conversation=name)
        self.create(text="And another.", conversation="conv_2")
        self.assertNotIn("I say", self.sent(CHAT))
        self.create(CLAUDE, text="The last.", conversation="conv_1")
        self.assert_told_in_order(self.sent(CLAUDE), ["I say 6.", "I say 1.", "The last."])

    def test_a_branch_sees_only_its_own_past(self):
        first = self.create(text="The trunk.")
        self.create(text="One branch.", previous_response_id=first["id"])
        self.create(text="Another branch.", previous_response_id=first["id"])
        self.assertNotIn("One branch.", self.sent(CHAT))
        self.assert_told_in_order(self.sent(CHAT), ["The trunk.", "Another branch."])

    def test_the_history_counts_as_input(self):
        first = self.create(text="word " * 2000)
        reply = call(self.port, RESPONSES, {"model": CHAT, "input": "more",
                                            "previous_response_id": first["id"]})
        self.assertGreater(self.gateway.log_of(reply)["tokens"]["input"], 1000)

    def test_what_cannot_be_continued(self):
        error = self.create(previous_response_id="resp_unknown", status=400)
        self.assertEqual((error["code"], error["param"], error["type"]),
                         ("previous_response_not_found", "previous_response_id", "invalid_request_error"))
        self.assertEqual(error["message"], "Previous response with id 'resp_unknown' not found.")
        known = self.create()["id"]
        error = self.create(previous_response_id=known, conversation="conv_1", status=400)
        self.assertIn("exclude each other", error["message"])
        self.assertEqual(self.create(background=True, status=400)["param"], "background")
        self.assertEqual(self.create(previous_response_id=5, status=400)["param"],
                         "previous_response_id")
        self.assertGreaterEqual(self.gateway.metrics().sum("headgate_rejected_total"), 4)

    def test_what_is_not_stored(self):
        unstored = self.create(store=False)["id"]
        self.get(unstored, status=404)
        self.create(previous_response_id=unstored, status=400)
        # A later answer may continue what is stored without being stored itself.
        stored = self.create(text="Kept.")["id"]
        end = self.create(text="Not kept.", previous_response_id=stored, store=False)["id"]
        self.assert_told_in_order(self.sent(CHAT), ["Kept.", "Not kept."])
        self.get(end, status=404)

    def test_a_stream_that_breaks_is_not_stored(self):
        # Such a stream has no last chunk.
        with self.assertRaises(http.client.IncompleteRead):
            call(self.port, RESPONSES,
                 {"model": NATIVE, "input": "hello", "stream": True, "x_sim": "cut=2"})
        self.get(self.create(text="The next one.")["id"])  # puts are done in order
        self.assertEqual(self.gateway.metrics().sum("headgate_responses_stored_total"), 1)


class Fetched(Store):
    def test_the_object_is_the_one_that_the_client_saw(self):
        for model in MODELS:
            for stream in (False, True):
                with self.subTest(model, stream=stream):
                    made = self.create(model, stream=stream)
                    self.assertEqual(self.get(made["id"]), made)

    def test_input_items(self):
        first = self.create(text="Only the first.")
        items = [{"role": "user", "content": f"Item {n}."} for n in range(5)]
        made = self.create(text=items, previous_response_id=first["id"])["id"]
        page = self.get(f"{made}/input_items")
        self.assertEqual((page["object"], page["has_more"]), ("list", False))
        texts = [item["content"] for item in page["data"]]
        self.assertEqual(texts, [item["content"] for item in reversed(items)])
        self.assertEqual((page["first_id"], page["last_id"]),
                         (page["data"][0]["id"], page["data"][-1]["id"]))
        self.assertTrue(all(item["type"] == "message" for item in page["data"]))
        seen, after = [], ""
        while True:
            page = self.get(f"{made}/input_items?limit=2&order=asc{after}&include[]=x")
            seen += [item["content"] for item in page["data"]]
            if not page["has_more"]:
                break
            after = f"&after={page['last_id']}"
        self.assertEqual(seen, [item["content"] for item in items])
        for query in ("limit=0", "limit=101", "limit=x", "order=up", "after=nothing"):
            self.get(f"{made}/input_items?{query}", status=400)
        self.get("resp_unknown/input_items", status=404)

    def test_deleted(self):
        first = self.create()["id"]
        second = self.create(previous_response_id=first)["id"]
        self.assertEqual(self.get(first, method="DELETE"),
                         {"id": first, "object": "response", "deleted": True})
        error = self.get(first, status=404)
        self.assertEqual(error["message"], f"Response with id '{first}' not found.")
        self.get(first, status=404, method="DELETE")
        self.get(f"{first}/input_items", status=404)
        self.get(second)
        self.assertEqual(self.create(previous_response_id=second, status=400)["code"],
                         "previous_response_not_found")

    def test_what_is_not_served(self):
        made = self.create()["id"]
        self.assertEqual(self.get(f"{made}?stream=true", status=400)["param"], "stream")
        self.get(f"{made}/cancel", status=400, method="POST")
        reply = call(self.port, f"{RESPONSES}/{made}", b"{}")
        self.assertEqual((reply.status, reply.headers["allow"]), (405, "GET, HEAD, DELETE"))
        reply = call(self.port, "/v1/conversations", b"{}")
        self.assertEqual(reply.status, 404)
        self.assertIn("choose an id yourself", reply.error["message"])
        head = call(self.port, f"{RESPONSES}/{made}", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_figures(self):
        made = self.create()["id"]
        self.get(made)
        self.get("resp_unknown", status=404)
        self.create(previous_response_id="resp_unknown", status=400)
        metrics = wait_for(
            lambda: (scrape := self.gateway.metrics()).sum("headgate_responses_stored_bytes") > 0 and scrape,
            "the size is known")
        self.assertEqual(metrics.sum("headgate_responses_stored_total"), 1)
        self.assertEqual(metrics.sum("headgate_responses_lost_total"), 0)
        self.assertEqual(metrics.sum("headgate_response_lookups_total", result="found"), 1)
        self.assertEqual(metrics.sum("headgate_response_lookups_total", result="not_found"), 2)
        self.assertEqual(metrics.sum("headgate_response_lookups_total", result="failed"), 0)


class TwoKeys(Store):
    SERVER = {"auth": "keys"}
    SECTIONS = {"keys": [{"name": "anna", "hash": [digest(ANNA)], "team": "red"},
                         {"name": "berta", "hash": [digest(BERTA)], "team": "red"}]}

    def test_no_key_sees_what_another_stored(self):
        made = self.create(text="A secret of Anna's.", key=ANNA, conversation="conv_1")["id"]
        self.get(made, ANNA)
        self.get(made, BERTA, status=404)
        self.get(f"{made}/input_items", BERTA, status=404)
        self.get(made, BERTA, status=404, method="DELETE")
        error = self.create(key=BERTA, previous_response_id=made, status=400)
        self.assertEqual(error["message"], f"Previous response with id '{made}' not found.")
        item = self.get(made, ANNA)["output"][-1]["id"]
        error = self.create(text=[{"type": "item_reference", "id": item}], key=BERTA, status=404)
        self.assertEqual(error["message"], f"Item with id '{item}' not found.")
        self.create(text="Mine.", key=BERTA, conversation="conv_1")
        self.assertNotIn("A secret", self.sent(CHAT))
        self.get(made, ANNA)
        self.get(made, "hg-nobodys-key", status=401)


class Lasting(Store):
    def test_a_restart_keeps_everything(self):
        first = self.create(text="Before the restart.")
        self.restart()
        self.assertEqual(self.get(first["id"]), first)
        self.create(CLAUDE, "After it.", previous_response_id=first["id"])
        self.assert_told_in_order(self.sent(CLAUDE), ["Before the restart.", "After it."])
        self.assertEqual((self.folder / "responses.db").stat().st_mode & 0o777, 0o600)

    def test_a_damaged_file_is_set_aside(self):
        made = self.create()["id"]
        self.gateway.stop()
        for part in ("-wal", "-shm"):
            (self.folder / f"responses.db{part}").unlink(missing_ok=True)
        (self.folder / "responses.db").write_bytes(b"!" * 20000)
        self.start()
        self.get(made, status=404)
        again = self.create()["id"]
        self.get(again)
        self.assertTrue((self.folder / "responses.db.damaged").exists())
        wait_for(lambda: "the stored responses were set aside" in self.gateway.stderr(),
                 "the log says that the file was set aside")

    def test_a_folder_that_is_not_there_is_an_error_at_start(self):
        self.gateway.stop()
        self.folder = self.folder / "nowhere"
        with self.assertRaisesRegex(AssertionError, "(?s)server.state.*cannot write to.*nothing was started"):
            self.start()

    def test_a_reload_changes_the_time_but_not_the_folder(self):
        made = self.create()["id"]
        config = json.loads(self.gateway.config_path.read_text())
        for changes, path in (({"server": {"state": "/"}}, "server.state"),
                              ({"responses": None}, "responses")):
            changed = merged(config, changes)
            if changed["responses"] is None:
                del changed["responses"]
            self.gateway.config_path.write_text(json.dumps(changed))
            reply = call(self.gateway.admin, "/reload", b"", JSON, method="POST")
            self.assertEqual(reply.status, 422)
            self.assertEqual([problem["path"] for problem in reply.json["diagnostics"]], [path])
        time.sleep(1.1)
        self.get(made)
        self.gateway.config_path.write_text(json.dumps(merged(config, {"responses": {"store": "1s"}})))
        self.assertEqual(call(self.gateway.admin, "/reload", b"", JSON, method="POST").status, 200)
        self.get(made, status=404)


class ShortLived(Store):
    STORE = {"store": "2s"}

    def test_what_is_not_used_expires(self):
        made = self.create()["id"]
        self.get(made)
        time.sleep(2.2)
        self.get(made, status=404)
        self.create(previous_response_id=made, status=400)

    def test_a_use_renews_the_whole_conversation(self):
        made = self.create(text="The beginning.")["id"]
        for _ in range(4):
            time.sleep(0.8)
            made = self.create(text="More.", previous_response_id=made)["id"]
        self.assert_told_in_order(self.sent(CHAT), ["The beginning.", "More."])


class Off(Store):
    def start(self, store=False, **server):
        super().start(store=store, **server)

    def test_everything_names_the_keys_to_set(self):
        made = self.create()["id"]
        for path, method in ((made, "GET"), (made, "DELETE"), (f"{made}/input_items", "GET")):
            error = self.get(path, status=404, method=method)
            self.assertEqual(error["code"], "responses_not_stored")
            self.assertIn("server.state", error["message"])
        error = self.create(previous_response_id=made, status=400)
        self.assertIn("server.state", error["message"])
        for reference in ({"type": "item_reference", "id": "fc_1"}, {"id": "fc_1"}):
            error = self.create(text=[reference], status=400)
            self.assertIn("server.state", error["message"])
        self.assertEqual(self.gateway.metrics().sum("headgate_responses_stored_total"), 0)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_backend_may_store_by_itself(self):
        # The simulator never finds one, but it was asked, with the client's bytes.
        error = self.create(NATIVE, previous_response_id="resp_theirs", status=400)
        self.assertEqual(error["code"], "previous_response_not_found")
        self.assertEqual(json.loads(self.sent(NATIVE))["previous_response_id"], "resp_theirs")
        self.create(NATIVE)
        self.assertNotIn("store", json.loads(self.sent(NATIVE)))
        call(self.port, RESPONSES, {"model": NATIVE, "input": [{"id": "fc_theirs"}]})
        self.assertEqual(json.loads(self.sent(NATIVE))["input"], [{"id": "fc_theirs"}])


if __name__ == "__main__":
    unittest.main()
