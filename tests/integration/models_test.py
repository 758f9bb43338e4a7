"""The fields of each model in GET /v1/models that clients read."""

import unittest

from stage import Gateway, Simulator, call, own, paid


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--personality", "openai")
        served = {name: {"name": name, "price": {"input": 1, "output": 1}}
                  for name in ("gpt-4.1", "o3-mini", "gpt-unheard-of")}
        embeddings = {name: {"name": name}
                      for name in ("text-embedding-ada-002", "text-embedding-3-small")}
        cls.gateway = Gateway(
            {"far": paid(cls.simulator, models={**served, **embeddings}),
             "near": own(cls.simulator.urls(), model="bge-m3")},
            aliases={"gpt-4o": "auto", "embedder": "bge-m3@near"},
            models={"gpt-unheard-of": {"license": "mit"}})

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.simulator.stop()

    def listed(self):
        data = call(self.gateway.port, "/v1/models").json["data"]
        return {model["id"]: model for model in data}

    def test_a_model_to_chat_with(self):
        model = self.listed()["gpt-4.1"]
        self.assertEqual((model["object"], model["owned_by"]), ("model", "far"))
        self.assertEqual(model["type"], "vlm")
        self.assertEqual((model["context_length"], model["max_model_len"]), (1047576, 1047576))
        self.assertEqual(model["max_output_tokens"], 32768)
        self.assertEqual(model["architecture"], {"input_modalities": ["text", "image"],
                                                 "output_modalities": ["text"]})
        self.assertEqual(model["supported_parameters"],
                         ["tools", "tool_choice", "response_format", "structured_outputs"])
        thinker = self.listed()["o3-mini"]
        self.assertEqual((thinker["type"], thinker["context_length"]), ("llm", 200000))
        self.assertIn("reasoning_effort", thinker["supported_parameters"])
        self.assertEqual(thinker["architecture"]["input_modalities"], ["text"])

    def test_embedding_models_can_be_told_apart(self):
        models = self.listed()
        for name, context in (("text-embedding-ada-002", 8192), ("text-embedding-3-small", 8192),
                              ("bge-m3", 8192), ("embedder", 8192)):
            with self.subTest(name):
                model = models[name]
                self.assertEqual(model["type"], "embeddings")
                self.assertEqual(model["architecture"]["output_modalities"], ["embeddings"])
                self.assertEqual((model["context_length"], model["max_model_len"]),
                                 (context, context))
                self.assertNotIn("supported_parameters", model)
                self.assertNotIn("max_output_tokens", model)

    def test_what_is_not_known_is_left_out(self):
        model = self.listed()["gpt-unheard-of"]
        self.assertEqual(model["type"], "llm")
        self.assertEqual(model["architecture"]["output_modalities"], ["text"])
        for field in ("context_length", "max_model_len", "max_output_tokens",
                      "supported_parameters"):
            self.assertNotIn(field, model)

    def test_auto_and_its_aliases_have_the_largest_window(self):
        models = self.listed()
        for name in ("auto", "gpt-4o"):
            self.assertEqual((models[name]["type"], models[name]["context_length"]),
                             ("llm", 1047576))
            self.assertEqual(models[name]["architecture"]["output_modalities"], ["text"])

    def test_one_model_is_described_as_in_the_list(self):
        models = self.listed()
        for name, model in models.items():
            self.assertEqual(call(self.gateway.port, "/v1/models/" + name).json, model)
        pinned = call(self.gateway.port, "/v1/models/gpt-4.1@far").json
        self.assertEqual((pinned["id"], pinned["context_length"]), ("gpt-4.1@far", 1047576))


if __name__ == "__main__":
    unittest.main()
