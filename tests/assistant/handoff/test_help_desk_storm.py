"""A hundred conversations at a time with a help desk that misbehaves: nothing is lost, doubled, out of order or stuck."""

from __future__ import annotations

import random

import pytest

from tests.fakes_help_desk_shop import SOLVED, Mischief, Shop, in_process


@pytest.mark.parametrize(("kind", "seed"), [("chatwoot", 1), ("tickets", 2)])
def test_a_hundred_conversations_with_a_help_desk_that_misbehaves(kind, seed) -> None:
    for shop, mischief in in_process(kind, seed):
        Storm(shop, mischief, random.Random(seed)).run()


class Storm:
    """Everything at random: what shoppers, agents and the console do, what fails, and when webhooks come in."""

    def __init__(self, shop: Shop, mischief: Mischief, chance: random.Random) -> None:
        self.shop, self.mischief, self.chance = shop, mischief, chance
        self.ids = [shop.store.create("guest-1").id for _ in range(100)]
        # Who works at the console keeps to these, so that it is known how every thread has to end.
        self.at_console = self.ids[::5]
        self.numbers = iter(range(1_000_000))

    def run(self) -> None:
        self.mischief.share = 0.25
        for _ in range(700):
            self.chance.choice((self.shopper, self.shopper, self.agent, self.agent, self.console, self.work, self.hook))()
        self.mischief.share = 0.0
        self.shop.settle()
        assert self.mischief.failures > 40 and not self.shop.outbox.dead() and not self.shop.outbox.waiting()
        for conversation_id in self.ids:
            self.check(conversation_id)

    def shopper(self) -> None:
        conversation_id = self.chance.choice(self.ids)
        match self.chance.randrange(6):
            case 0 | 1:
                self.shop.desk.request(conversation_id, "asked_for_human", "shopper")
            case 2:
                self.shop.desk.withdraw(conversation_id)
            case _:
                self.shop.write(conversation_id, f"shopper {next(self.numbers)}")

    def agent(self) -> None:
        threads = self.shop.fake.threads(self.chance.choice(self.ids))
        if not threads:
            return
        thread, what = threads[-1], self.chance.random()
        if what < 0.6 or self.is_console(thread):
            self.shop.fake.say(thread, self.chance.choice(("Mia", "Ada")), f"agent {next(self.numbers)}")
        elif what < 0.85:
            self.shop.fake.set(thread, SOLVED[self.shop.kind])
        elif self.shop.kind == "chatwoot" and what < 0.95:
            self.shop.fake.set(thread, "pending")
        elif self.shop.kind == "chatwoot":
            self.shop.fake.assign(thread, self.chance.choice(("Mia", "Ada", "")))

    def is_console(self, thread: str) -> bool:
        return any(thread in self.shop.fake.threads(each) for each in self.at_console)

    def console(self) -> None:
        conversation_id = self.chance.choice(self.at_console)
        handover = self.shop.desk.conversation(conversation_id).handover
        if handover is None:
            return
        if not handover.agent:
            self.shop.desk.accept(conversation_id, "Tom")
        elif handover.agent == "Tom":
            act = self.chance.choice((self.shop.desk.release, self.shop.desk.resolve, self.shop.desk.transfer))
            act(conversation_id, "Tom")

    def work(self) -> None:
        self.shop.clock.now += self.chance.choice((0.0, 1.0, 30.0))
        self.shop.worker.step()

    def hook(self) -> None:
        hooks = self.shop.fake.hooks
        if not hooks:
            return
        hook = self.chance.choice(hooks)
        if self.chance.random() < 0.8:  # otherwise it comes again
            hooks.remove(hook)
        self.shop.take(hook)

    def check(self, conversation_id: str) -> None:
        fake, threads = self.shop.fake, self.shop.fake.threads(conversation_id)
        told = [text for each, text in self.shop.told if each == conversation_id]
        assert [text for thread in threads for text in fake.heard(thread)] == told
        written = [reply for thread in threads for reply in fake.replies(thread)]
        texts = [reply.get("content") or reply["body"] for reply in written]
        passed_on = [text for _, text in self.shop.said(conversation_id)]
        assert len(set(passed_on)) == len(passed_on) and set(passed_on) <= set(texts)
        refused = sum(note.startswith("Not sent") for thread in threads for note in fake.notes(thread))
        assert len(passed_on) + refused == len(texts) and (not refused or conversation_id in self.at_console)
        if self.shop.kind == "chatwoot":
            assert len(threads) <= 1 and passed_on == [text for text in texts if text in passed_on]
        self.check_status(conversation_id, threads)

    def check_status(self, conversation_id: str, threads: list[str]) -> None:
        if not threads:
            return
        statuses = {self.shop.fake.status(thread) for thread in threads}
        if self.shop.desk.conversation(conversation_id).handover is not None:
            assert statuses & {"new", "open"}
        else:
            assert not statuses & {"new", "open"}
