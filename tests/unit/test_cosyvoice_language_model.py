"""How segments share the decoder: when a draw ends, when it fails, who takes a free slot; on made-up logits."""

from __future__ import annotations

import numpy as np

from models.cosyvoice.config import Sampling
from models.cosyvoice.language_model import Cache, LanguageModel, Prompt
from models.errors import SpeechRejected

END, IDS, WIDTH = 50, 51, 4
SILENT = np.full(IDS, -30, np.float32)


class Scripted(LanguageModel):
    """Gives whatever logits the script has for (text length, tokens so far); notes how full each pass was."""

    def __init__(self, script, slots=3, budget=1 << 30) -> None:
        self._script, self._slots, self._budget, self._rule, self._end = script, slots, budget, Sampling(), END
        self.cache = Cache([(1, 2)])
        self.passes: list[int] = []

    def prefix(self, prompt):
        return np.full((len(prompt.ids) + 3, WIDTH), len(prompt.ids), np.float32)

    def embed(self, tokens):
        return np.zeros((len(tokens), WIDTH), np.float32)

    def step(self, x, past, new, first=0):
        """The first key of each slot holds the text's length: it must follow the segment when slots move."""
        rows = []
        keys = self.cache.arrays[0]
        for i in range(len(x)):
            if not past[i]:
                keys[first + i] = 0
                keys[first + i, 0, 0, 0] = x[i, 0, 0]
            length = int(keys[first + i, 0, 0, 0])
            drawn = int(past[i] + new[i]) - length - 3
            logits = SILENT.copy()
            logits[self._script(length, drawn)] = 30
            rows.append(logits)
        if past.any():
            self.passes.append(len(x))
        return np.stack(rows)


def run(model: LanguageModel, *lengths: int, **options):
    prompts = [Prompt(tuple(range(1, n + 1)), np.zeros(WIDTH, np.float32), seed=n, **options) for n in lengths]
    return dict(model.generate(prompts))


def test_no_end_before_two_tokens_a_text_token():
    found = run(Scripted(lambda length, drawn: END), 1, 3, 5)
    assert [len(found[i]) for i in range(3)] == [2, 6, 10]


def test_no_end_at_all_is_rejected_at_twenty():
    found = run(Scripted(lambda length, drawn: drawn % 40), 2)
    assert isinstance(found[0], SpeechRejected)
    assert "no end after 40 speech tokens" in str(found[0])


def test_what_goes_round_in_circles_is_not_taken_for_speech():
    found = run(Scripted(lambda length, drawn: drawn % 12), 40)
    assert "the same over and over after 100 tokens" in str(found[0])


def test_each_segment_gets_its_own_end_whoever_shares_the_slots():
    lengths = [4, 1, 6, 2, 5, 3, 7, 1, 2]
    model = Scripted(lambda length, drawn: END if drawn >= 3 * length else drawn % 40)
    found = run(model, *lengths)
    assert {i: len(tokens) for i, tokens in found.items()} == {i: 3 * n for i, n in enumerate(lengths)}
    assert all(found[i] == [k % 40 for k in range(3 * n)] for i, n in enumerate(lengths))
    assert max(model.passes) == 3
    assert sorted(model.passes, reverse=True) == model.passes  # full until none is waiting


def test_a_fixed_number_of_tokens():
    found = run(Scripted(lambda length, drawn: END), 1, 4, tokens=9)
    assert [len(found[i]) for i in range(2)] == [9, 9]


def test_the_cache_moves_and_refits_what_is_kept():
    cache = Cache([(2, 3), (2, 3)])
    cache.fit(2, 4, [])
    assert cache.bytes_per_position == 2 * 2 * 2 * 3 * 4
    for number, array in enumerate(cache.arrays):
        array[1] = number + 1
    cache.move(1, 0, 3)
    cache.fit(3, 6, [3])
    for number, array in enumerate(cache.arrays):
        assert array.shape == (3, 2, 6, 3)
        assert (array[0, :, :3] == number + 1).all()
        assert (array[0, :, 3:] == 0).all()
        assert (array[1:] == 0).all()


def test_the_longest_go_first_and_the_budget_holds():
    model = Scripted(lambda length, drawn: END, slots=8, budget=0)
    prompt = Prompt((1,) * 9, np.zeros(WIDTH, np.float32), 0)
    model._budget = 2 * prompt.positions * model.cache.bytes_per_position
    found = run(model, 9, 9, 9, 1, 1, 1, 1)
    assert [len(found[i]) for i in range(7)] == [18, 18, 18, 2, 2, 2, 2]
    assert model.passes[0] == 2
    assert model.cache.slots * model.cache.positions <= 2 * prompt.positions


def test_a_pass_is_a_step_and_a_step_may_end_it_all():
    model = Scripted(lambda length, drawn: END if drawn >= 3 * length else drawn % 40)
    prompts = [Prompt(tuple(range(1, n + 1)), np.zeros(WIDTH, np.float32), seed=n) for n in (5, 2, 4)]
    taken = 0

    def step() -> bool:
        nonlocal taken
        taken += 1
        return taken != 7

    assert dict(model.generate(prompts, step)) == {1: [k % 40 for k in range(6)]}
    assert len(model.passes) == taken == 7
    found = dict(model.generate(prompts, step))  # what was left in the slots is nobody's
    assert {i: len(tokens) for i, tokens in found.items()} == {0: 15, 1: 6, 2: 12}
    assert len(model.passes) == taken
