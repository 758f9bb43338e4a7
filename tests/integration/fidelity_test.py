"""The backend gets the client's body byte for byte, except for the spliced fields. A field that cannot be passed on
safely is refused by its name."""

import base64
import json
import re
import unittest

from stage import CHAT, Gateway, Simulator, call, chat_body, paid, post, raw

UPSTREAM = "org/large \"model\" €"
USAGE = b'"stream_options":{"include_usage":true}'
HELLO = b'"messages":[{"role":"user","content":"hello"}]'


def nested(depth):
    return b"[" * depth + b"]" * depth


def bodies():
    """(name, body, the body that must arrive). The body has the model as `"auto"`."""
    name = json.dumps(UPSTREAM, ensure_ascii=False).encode()
    model = b'"model":"auto"'

    def same(text, title):
        return title, text, text.replace(b'"auto"', name, 1)

    image = base64.b64encode(bytes(range(256)) * (15 << 10))
    plain = [
        (b'"x":{"deep":%s}' % nested(1000), "a thousand levels"),
        (b'"x":{"deep":%s}' % (b'{"a":' * 900 + b"1" + b"}" * 900), "nine hundred objects"),
        (b'"x":"\\u00e9\\ud83d\\ude00\\ud800 \\/ \\u0000 \\b\\f\\n\\r\\t"', "escapes, a lone surrogate"),
        ('"x":"é € 😀 \u2028\u2029 \ufeff \u202e"'.encode(), "characters of every length"),
        (b'"x":[1e400,-1e400,1E+400,0.1e-400,-0,-0.0,1.0,10000000000000000000000000000000]',
         "numbers that no double holds"),
        (b'"x":[0.1,0.10,1e2,100,1E2,123456789012345678901234567890.000]', "ways to write numbers"),
        (b'"y":1,"x":2,"a":3,"Z":4,"_":5,"":6,"x ":7', "order of keys"),
        (b'"x":1,"x":2,"x":3', "a repeated field that nobody reads"),
        (b'"x":{"model":"evil","stream":true,"max_tokens":1,"messages":[]}', "known names below"),
        (b'"Model":"m","MODEL":"m","model ":"m","models":["m"]', "names that are nearly known"),
        (b'"stream":null,"max_tokens":null,"n":null,"stream_options":null', "nulls"),
        (b'"temperature":0.70,"seed":-9223372036854775808,"logit_bias":{"50256":-100}', "numbers"),
        (b'"x_sim":"tokens=2"', "what the simulator reads"),
        (b'"x":"%s"' % (b"\\\\" * 5000), "backslashes"),
        (b'"x":"%s"' % (b"\\\"" * 5000), "quotes"),
        (b'"x":"},{\\"model\\":\\"evil\\"},["', "JSON inside a string"),
        (b'"' + b"k" * 20000 + b'":1', "a long key"),
        (b'"x":[%s]' % b",".join(b"%d" % i for i in range(20000)), "a long list"),
        (b'"user":"u","prompt_cache_key":"k","safety_identifier":"s","store":false', "known to others"),
    ]
    yield same(b"{%s,%s}" % (model, HELLO), "the least")
    yield same(b"{%s,%s}" % (HELLO, model), "the model last")
    for text, title in plain:
        yield same(b"{%s,%s,%s}" % (model, HELLO, text), title)
        yield same(b"{%s,%s,%s}" % (text, HELLO, model), title + ", first")
    yield same(b' \t\r\n{ "model"\t:\r\n"auto" ,\n%s\n}\r\n ' % HELLO, "white space")
    yield same(b'{%s,"messages":[{"role":"user","name":"n","content":[{"type":"text","text":"a",'
               b'"cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":'
               b'"data:image/png;base64,%s","detail":"low"}}]}]}' % (model, image),
               "five megabytes of image")
    yield same(b'{%s,"messages":[{"role":"user","content":[{"type":"text","text":"hi","image_url":null,'
               b'"input_audio":null,"file":null}]}]}' % model, "nulls in a part")
    yield same(b'{%s,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,'
               b'"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":'
               b'"{\\"a\\": 1e400}"}}],"reasoning_content":"r"},{"role":"tool","tool_call_id":"c",'
               b'"content":"%s"}],"tools":[{"type":"function","function":{"name":"f","parameters":'
               b'{"$ref":"#/x","additionalProperties":false}}}],"tool_choice":"none"}'
               % (model, b"t" * 1000), "tools")
    yield ("the model's name in escapes", b'{"mod\\u0065l":"\\u0061uto",%s}' % HELLO,
           b'{"mod\\u0065l":%s,%s}' % (name, HELLO))
    # For streams the gateway always asks for usage.
    yield ("a stream", b'{%s,"stream":true,%s}' % (model, HELLO),
           b'{%s,"model":%s,"stream":true,%s}' % (USAGE, name, HELLO))
    yield ("a stream that asks", b'{%s,"stream":true,%s,%s}' % (model, USAGE, HELLO),
           b'{"model":%s,"stream":true,%s,%s}' % (name, USAGE, HELLO))
    yield ("a stream that asks for none",
           b'{%s,"stream":true,"stream_options":{"z":[1e400],"include_usage" : false},%s}'
           % (model, HELLO),
           b'{"model":%s,"stream":true,"stream_options":{"z":[1e400],"include_usage" : true},%s}'
           % (name, HELLO))
    yield ("a stream with other options",
           b'{"stream_options": {"include_obfuscation":false},%s,"stream":true,%s}' % (model, HELLO),
           b'{"stream_options": {"include_usage":true,"include_obfuscation":false},"model":%s,'
           b'"stream":true,%s}' % (name, HELLO))
    yield ("a stream with options null",
           b'{%s,"stream" : true , "stream_options":null,%s}' % (model, HELLO),
           b'{"model":%s,"stream" : true , "stream_options":{"include_usage":true},%s}'
           % (name, HELLO))


# (body, the field that the error names)
REFUSED = {
    "model twice": (b'{"model":"auto","model":"auto",%s}' % HELLO, "model"),
    "model twice, once in escapes": (b'{"model":"auto","mod\\u0065l":"auto",%s}' % HELLO, "model"),
    "model twice, both in escapes": (
        b'{"\\u006dodel":"auto","\\u006Dodel":"auto",%s}' % HELLO, "model"),
    "max_tokens twice": (b'{"model":"auto","max_tokens":1,"max_tokens":2,%s}' % HELLO, "max_tokens"),
    "messages twice": (b'{"model":"auto",%s,%s}' % (HELLO, HELLO), "messages"),
    "stream twice": (b'{"model":"auto","stream":true,"stream":false,%s}' % HELLO, "stream"),
    "include_usage twice": (
        b'{"model":"auto","stream":true,"stream_options":{"include_usage":true,'
        b'"include_usage":false},%s}' % HELLO, "stream_options.include_usage"),
    "invalid UTF-8": (b'{"model":"auto","x":"\xff",%s}' % HELLO, "x"),
    "an overlong encoding": (b'{"model":"auto","x":"\xc0\xaf",%s}' % HELLO, "x"),
    "a surrogate in UTF-8": (b'{"model":"auto","messages":[{"role":"user","content":"\xed\xa0\x80"}]}',
                             "messages"),
    "truncated in the model": (b'{"model":"au', "model"),
    "truncated in the messages": (b'{"model":"auto","messages":[{"role":"user","content":"h',
                                  "messages"),
    "a number as model": (b'{"model":7,%s}' % HELLO, "model"),
    "no model": (b"{%s}" % HELLO, "model"),
    "an empty model": (b'{"model":"",%s}' % HELLO, "model"),
    "messages as an object": (b'{"model":"auto","messages":{}}', "messages"),
    "no messages": (b'{"model":"auto"}', "messages"),
    "no message": (b'{"model":"auto","messages":[]}', "messages"),
    "a role that is a number": (b'{"model":"auto","messages":[{"role":1}]}', "messages[0].role"),
    "content as a number": (
        b'{"model":"auto","messages":[{"role":"user","content":1}]}', "messages[0].content"),
    "stream as a text": (b'{"model":"auto","stream":"yes",%s}' % HELLO, "stream"),
    "stream as a number": (b'{"model":"auto","stream":1,%s}' % HELLO, "stream"),
    "max_tokens as a text": (b'{"model":"auto","max_tokens":"9",%s}' % HELLO, "max_tokens"),
    "max_tokens below nothing": (b'{"model":"auto","max_tokens":-1,%s}' % HELLO, "max_tokens"),
    "max_tokens with a fraction": (b'{"model":"auto","max_tokens":1.5,%s}' % HELLO, "max_tokens"),
    "n as 0": (b'{"model":"auto","n":0,%s}' % HELLO, "n"),
    "tools as an object": (b'{"model":"auto","tools":{},%s}' % HELLO, "tools"),
    "stream_options as a text": (
        b'{"model":"auto","stream":true,"stream_options":"x",%s}' % HELLO, "stream_options"),
    "too deep": (b'{"model":"auto","x":%s,%s}' % (nested(5000), HELLO), "x"),
    "a raw control byte": (b'{"model":"auto","x":"a\nb",%s}' % HELLO, "x"),
    "an unknown escape": (
        b'{"model":"auto","messages":[{"role":"user","content":"\\q"}]}', "messages"),
    "a comment": (b'{"model":"auto",/* */%s}' % HELLO, None),
    "a trailing comma": (b'{"model":"auto",%s,}' % HELLO, None),
    "something behind": (b'{"model":"auto",%s} {}' % HELLO, None),
    "an array": (b"[1]", None),
    "nothing": (b"", None),
    "white space": (b" \n ", None),
    "half an object": (b"{", None),
    "a byte order mark": (b'\xef\xbb\xbf{"model":"auto",%s}' % HELLO, None),
}


class Fidelity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--tokens", "2")
        cls.addClassCleanup(cls.simulator.stop)
        models = {"gpt-4.1": {"name": UPSTREAM, "price": {"input": 1, "output": 1}},
                  "text-embedding-3-small": {"name": UPSTREAM, "price": {"input": 1, "output": 1}}}
        cls.gateway = Gateway({"api": paid(cls.simulator, models=models)},
                              models={"gpt-4.1": {"context": 100000000}})
        cls.addClassCleanup(cls.gateway.stop)
        cls.port = cls.gateway.port

    def test_bodies_arrive_byte_for_byte_but_for_the_spliced_fields(self):
        for title, body, expected in bodies():
            for way in ("with a length", "in chunks"):
                with self.subTest(title, way=way):
                    self.simulator.reset()
                    if way == "in chunks":
                        head = (f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n")
                        size = max(1, len(body) // 7)
                        pieces = [body[at:at + size] for at in range(0, len(body), size)]
                        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
                        reply, _ = raw(self.port, head.encode() + chunks + b"0\r\n\r\n")
                    else:
                        reply, _ = raw(self.port, post(body, head=["Connection: close"]))
                    self.assertEqual(self.simulator.stats()["requests"], 1, reply.body[:500])
                    arrived = self.simulator.last_body()
                    # assertEqual would print a difference of megabytes.
                    if arrived != expected:
                        at = next((i for i, (a, b) in enumerate(zip(arrived, expected)) if a != b),
                                  min(len(arrived), len(expected)))
                        self.fail(f"differs at byte {at}: {arrived[max(0, at - 40):at + 60]!r} "
                                  f"instead of {expected[max(0, at - 40):at + 60]!r}")

    def test_other_endpoints_pass_their_bodies_too(self):
        name = json.dumps(UPSTREAM, ensure_ascii=False).encode()
        for path, body in (
                ("/v1/completions", b'{"x":1e400,"model":"gpt-4.1","prompt":["a\\u0062",""]}'),
                ("/v1/completions", b'{"model":"gpt-4.1","prompt":[[1,2],[3]],"logprobs":5}'),
                ("/v1/embeddings", b'{"model":"text-embedding-3-small","input":"a",'
                                   b'"encoding_format":"base64", "z":{"model":"x"}}'),
                ("/v1/embeddings", b'{"input":[1,2,3],"model":"text-embedding-3-small"}')):
            with self.subTest(path, body=body):
                reply = call(self.port, path, body)
                self.assertEqual(reply.status, 200, reply.body)
                self.assertEqual(self.simulator.last_head()[0], f"POST {path} HTTP/1.1")
                expected = re.sub(rb'"model":"[^"]*"', lambda _: b'"model":' + name, body, count=1)
                self.assertEqual(self.simulator.last_body(), expected)

    def test_answers_arrive_byte_for_byte(self):
        for body in (chat_body("echo_body", text="é\u2028 😀\"\\"), chat_body("tokens=40;split"),
                     chat_body("huge=300000"), chat_body("no_length")):
            direct = call(self.simulator.port, CHAT, {**body, "model": "m"}).json
            through = call(self.port, CHAT, body).json
            for answer in (direct, through):
                del answer["id"], answer["created"], answer["model"]
                if "echo_body" in body["x_sim"]:
                    text = json.loads(answer["choices"][0]["message"].pop("content"))
                    self.assertEqual(text["messages"], body["messages"])
                    answer["usage"] = None
            self.assertEqual(direct, through)

    def test_streams_arrive_event_by_event_whatever_their_form(self):
        for fault in ("tokens=9", "tokens=9;split", "tokens=9;crlf", "tokens=9;comment=2",
                      "tokens=9;crlf;split;comment=1", "huge=200000"):
            with self.subTest(fault):
                body = {"messages": [{"role": "user", "content": "a"}], "stream": True, "x_sim": fault,
                        "stream_options": {"include_usage": True}}
                direct = call(self.simulator.port, CHAT, {**body, "model": UPSTREAM}).events
                through = call(self.port, CHAT, {**body, "model": "auto"}).events
                changing = re.compile(r'"id":"[^"]*"|"created":\d+')
                self.assertEqual([changing.sub("", event) for event in direct],
                                 [changing.sub("", event) for event in through])

    def test_the_usage_chunk_goes_to_those_who_asked(self):
        def usages(**fields):
            reply = call(self.port, CHAT, chat_body(stream=True, **fields))
            self.assertEqual(reply.events[-1], "[DONE]")
            chunks = [json.loads(event) for event in reply.events[:-1]]
            return [chunk["usage"] for chunk in chunks if chunk.get("usage")], chunks
        asked, chunks = usages(stream_options={"include_usage": True})
        self.assertEqual([usage["completion_tokens"] for usage in asked], [2])
        self.assertEqual(chunks[-1]["choices"], [])
        for options in ({}, {"stream_options": {"include_usage": False}}, {"stream_options": None}):
            unasked, chunks = usages(**options)
            self.assertEqual(unasked, [])
            self.assertEqual([chunk for chunk in chunks if not chunk["choices"]], [])
        line = self.gateway.log_of(call(self.port, CHAT, chat_body(stream=True)))
        self.assertEqual((line["usage"], line["tokens"]["output"]), ("exact", 2))

    def test_bad_bodies_are_refused_with_the_fields_name(self):
        self.simulator.reset()
        for title, (body, param) in REFUSED.items():
            with self.subTest(title):
                reply = call(self.port, CHAT, body)
                self.assertEqual(reply.status, 400, reply.body)
                self.assertEqual(reply.error["type"], "invalid_request_error")
                self.assertEqual(reply.error["param"], param, reply.error)
                if param:
                    self.assertIn(param.split("[")[0].split(".")[0], reply.error["message"])
        self.assertEqual(self.simulator.stats()["requests"], 0)

    def test_a_body_without_content_length_is_an_empty_one(self):
        reply, _ = raw(self.port, f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.assertEqual(reply.status, 400)

    def test_an_unknown_model_is_a_404(self):
        for model in ("nope", "gpt-4.1@nowhere", "nope@api", "AUTO"):
            reply = call(self.port, CHAT, chat_body(model=model))
            self.assertEqual((reply.status, reply.error["code"], reply.error["param"]),
                             (404, "model_not_found", "model"))


if __name__ == "__main__":
    unittest.main()
