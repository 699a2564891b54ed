"""From the shop to a help desk: a thread for each hand-over, the shopper's words as they come, and how it ended."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable

from pydantic import ValidationError
from sqlalchemy import Engine

from assistant.handoff.desk import Desk
from assistant.handoff.hearing import Hearing
from assistant.handoff.help_desk import HelpDesk, Packet, PacketMessage, Post, Standing, post_once
from assistant.handoff.links import Link, Links
from assistant.handoff.outbox import Delivery, DeliveryFailed, Outbox

NEWS = "help_desk.news"
"""A delivery of our own to ourselves: to look again at a thread that could not be read when its webhook came."""
_ENDINGS: dict[str, Standing] = {
    "handover.resolved": "solved",
    "handover.released": "bot",
    "handover.withdrawn": "bot",
}


class HelpDeskTarget:
    """Tells a help desk of hand-overs, and hears from it. Nothing is doubled, however often it is tried."""

    def __init__(
        self,
        help_desk: HelpDesk,
        desk: Desk,
        links: Links,
        outbox: Outbox,
        engine: Engine,
        *,
        team: str = "Support",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`outbox`, kept in `engine`, takes what has to be looked at later.

        `team` is the name under which the help desk settles what none of its agents has joined.
        """
        self.name = help_desk.name
        self._help_desk = help_desk
        self._hearing = Hearing(desk, help_desk, links, team=team)
        self._links = links
        self._outbox = outbox
        self._engine = engine
        self._clock = clock

    def send(self, delivery: Delivery) -> None:
        """Does what the event calls for. Raises `DeliveryFailed`."""
        if delivery.event == NEWS:
            self._hearing.catch_up(json.loads(delivery.body)["thread"])
            return
        try:
            packet = Packet.model_validate_json(delivery.body)
        except ValidationError as error:
            raise DeliveryFailed(False, f"the packet can't be read: {error.errors()[0]['msg']}") from error
        if delivery.event == "handover.requested":
            self._tell_request(packet)
        elif delivery.event == "message.created" and packet.message is not None:
            self._tell_message(packet, packet.message)
        elif delivery.event in _ENDINGS:
            self._tell_ending(packet, _ENDINGS[delivery.event])

    def hear(self, thread: str) -> bool:
        """Something is new in a thread: passes it on, or sees to it that it is tried again. False for a thread of others."""
        try:
            return self._hearing.catch_up(thread)
        except DeliveryFailed:
            self._look_later(thread)
            return True

    def _look_later(self, thread: str) -> None:
        with self._engine.begin() as connection:
            self._outbox.add(
                connection,
                event_id=uuid.uuid4().hex,
                target=self.name,
                # Not in the conversation's line: what can't be read must not hold up what is to be told.
                conversation_id=f"news:{thread}",
                event=NEWS,
                body_json=json.dumps({"thread": thread}),
                created_at=self._clock(),
                sequence=0,
            )

    def _tell_request(self, packet: Packet) -> Link:
        links = self._links.of_conversation(self.name, packet.conversation_id)
        known = next((link for link in links if link.episode == packet.handover_id), None)
        if known is not None:
            self._tell_again(known, packet)
            return known
        first = Post(f"{packet.event_id}.first", "note", introduction(packet))
        # Whether it got there is asked even after the first try: a new thread may hold it from the start.
        self._links.posting(self.name, first.mark)
        if links and self._help_desk.keeps_threads:
            link = links[0]
        else:
            thread = self._help_desk.find(packet) or self._help_desk.create(packet, first)
            link = self._links.add(self.name, thread, packet.conversation_id)
        self._help_desk.stand(link.thread, "open")
        post_once(self._help_desk, self._links, link.thread, first)
        link = self._links.change(link, episode=packet.handover_id)
        self._links.posting(self.name, _told(packet))
        self._links.arrived(self.name, _told(packet))
        # Somebody may have answered while the thread was not known here.
        self.hear(link.thread)
        return link

    def _tell_again(self, link: Link, packet: Packet) -> None:
        """The hand-over is known there: it is back in the queue, or this is told twice, or one of theirs has just joined."""
        is_told = self._links.posted(self.name, f"{packet.event_id}.first") != "never"
        if packet.status == "pending" and not is_told:
            self._help_desk.stand(link.thread, "open")
            note = Post(packet.event_id, "note", "The shopper waits for a person again.")
            post_once(self._help_desk, self._links, link.thread, note)

    def _tell_message(self, packet: Packet, message: PacketMessage) -> None:
        links = self._links.of_conversation(self.name, packet.conversation_id)
        link = next((link for link in links if link.episode == packet.handover_id), None)
        if link is None and links and self._links.posted(self.name, _told(packet)) == "surely":
            link = links[0]  # A later hand-over has begun there meanwhile.
        if link is None:  # The request never got through.
            link = self._tell_request(packet)
        if message.role == "shopper":
            post = Post(packet.event_id, "shopper", message.text)
        else:
            post = Post(packet.event_id, "note", message.told)
        post_once(self._help_desk, self._links, link.thread, post)

    def _tell_ending(self, packet: Packet, standing: Standing) -> None:
        # There may be several where an agent has written into an old ticket again; none of them is under way now.
        for link in self._links.of_conversation(self.name, packet.conversation_id):
            self._help_desk.stand(link.thread, standing)


def introduction(packet: Packet) -> str:
    """The note that an agent reads first: the summary, what was said last, and where to read the rest."""
    said = "\n".join(message.told for message in packet.last_messages if message.role != "notice")
    parts = (packet.summary, said and f"Last messages:\n{said}", packet.transcript_url)
    return "\n\n".join(filter(None, parts))


def _told(packet: Packet) -> str:
    """The mark of a hand-over that has been told of."""
    return f"told.{packet.handover_id}"
