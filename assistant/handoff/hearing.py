"""From a help desk to the shopper: what its agents write, and what becomes of the matter there.

A webhook says no more than that a thread has changed; what there is gets read from the help desk itself. So it does not
matter which webhooks came twice, late, in another order or not at all, nor what stands in them.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from assistant.handoff.desk import Desk
from assistant.handoff.help_desk import HelpDesk, News, Post, Said, post_once
from assistant.handoff.links import Link, Links
from assistant.handoff.outbox import DeliveryFailed
from assistant.handoff.states import NotYours, TakenBy, has_message
from assistant.memory import ConversationChanged

_LONGEST_NAME = 100
_LOCKS = 64


class Hearing:
    """Brings conversations up to the state of their threads."""

    def __init__(self, desk: Desk, help_desk: HelpDesk, links: Links, *, team: str = "Support") -> None:
        """`team` is the name under which a matter is settled by nobody in particular."""
        self._desk = desk
        self._help_desk = help_desk
        self._links = links
        self._team = team
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def catch_up(self, thread: str) -> bool:
        """Passes on what is new in a thread; False for one that is about no conversation of this shop.

        Raises `DeliveryFailed`; it may be called again at any time.
        """
        # One at a time: of two that read the same news, the slower would mistake the faster for somebody else.
        with self._locks[hash(thread) % len(self._locks)]:
            # From before the thread is read, so that what the link says of the hand-over is not newer than the news.
            link = self._links.of_thread(self._help_desk.name, thread)
            if link is not None:
                self._pass_all_on(link, self._help_desk.news(thread, link.cursor))
            return link is not None

    def _pass_all_on(self, link: Link, news: News) -> None:
        try:
            link = self._follow_assignee(link, news)
            for said in news.messages:
                link = self._pass_on(link, said)
            link = self._links.change(link, cursor=news.cursor)
            self._follow_standing(link, news)
        except KeyError:
            return  # The conversation is gone; nobody reads it any more.
        except (NotYours, ConversationChanged) as error:
            raise DeliveryFailed(True, "the conversation changed hands in this moment") from error

    def _follow_assignee(self, link: Link, news: News) -> Link:
        """The help desk has given the matter to somebody else: so it waits again, until they write."""
        assignee = news.assignee[:_LONGEST_NAME]
        if assignee == link.assignee:
            return link
        handover = self._desk.conversation(link.conversation_id).handover
        agent = handover.agent if handover is not None else ""
        if agent and agent != assignee and self._is_theirs(link, agent):
            with suppress(NotYours):
                self._desk.transfer(link.conversation_id, agent)
        return self._links.change(link, assignee=assignee)

    def _pass_on(self, link: Link, said: Said) -> Link:
        message_id = f"{self._help_desk.name}:{said.id}"
        if has_message(self._desk.conversation(link.conversation_id), message_id):
            return link
        refusal = f"refused.{said.id}"
        who = "somebody else"
        # Once its author may have been told that it did not get through, it stays so.
        if self._links.posted(self._help_desk.name, refusal) == "never":
            try:
                link = self._join(link, said.author)
                self._desk.say(link.conversation_id, link.agent, said.text, message_id=message_id)
                return link
            except TakenBy as taken:
                who = taken.agent
        note = f"Not sent to the shopper: {who} has this conversation in the shop's console."
        post_once(self._help_desk, self._links, link.thread, Post(refusal, "note", note))
        return link

    def _join(self, link: Link, author: str) -> Link:
        """The agent has the conversation from now on, if need be from a colleague. Raises `TakenBy` for the console's."""
        agent = author[:_LONGEST_NAME]
        before = self._desk.conversation(link.conversation_id).handover
        try:
            taken = self._desk.take(link.conversation_id, agent)
        except TakenBy as other:
            if not self._is_theirs(link, other.agent):
                raise
            self._desk.transfer(link.conversation_id, other.agent)
            taken = self._desk.take(link.conversation_id, agent)
        assert taken.handover is not None
        episode = taken.handover.id if before is None else link.episode
        if (agent, episode) == (link.agent, link.episode):
            return link
        return self._links.change(link, agent=agent, episode=episode)

    def _follow_standing(self, link: Link, news: News) -> None:
        """The matter was settled there, or given back to the assistant."""
        handover = self._desk.conversation(link.conversation_id).handover
        # Of a hand-over that the help desk has not been told of yet, its thread can say nothing.
        if news.standing == "open" or handover is None or handover.id != link.episode:
            return
        if handover.agent and not self._is_theirs(link, handover.agent):
            return  # Somebody at the console is still at it.
        agent = handover.agent or link.assignee or self._team
        with suppress(TakenBy, NotYours):
            self._join(link, agent)
            settle = self._desk.resolve if news.standing == "solved" else self._desk.release
            settle(link.conversation_id, agent)

    def _is_theirs(self, link: Link, agent: str) -> bool:
        """Whether the agent joined from the help desk, be it by another ticket, and not at the console."""
        links = self._links.of_conversation(self._help_desk.name, link.conversation_id)
        return any(each.agent == agent for each in links)
