"""What becomes of an introduction: proposed, answered, taken back, ended by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fediprof import ids
from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Notify, Resolver
from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.i18n.catalog import LANGUAGES, N_, texts
from fediprof.introductions import rules, store, wire
from fediprof.introductions.records import LASTS, MOST_OPEN, Introduction, Party, Says
from fediprof.moderation import policies
from fediprof.moderation import store as moderation
from fediprof.notifications import store as notifications
from fediprof.posts import commands as posts
from fediprof.posts import store as post_store
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.profiles import store as profiles
from fediprof.profiles import views
from fediprof.profiles.disclosure import is_hidden
from fediprof.profiles.people import people_of

_WORDS: dict[str, dict[Says, str]] = {"en": {"yes": "Yes", "no": "No"}, "fr": {"yes": "Oui", "no": "Non"}}
_BOTH = N_("{one} {two} You both said yes: here you are, the three of us.")


@dataclass(frozen=True, slots=True)
class ProposeIntroduction:
    """`one`, `two`: handles. `words`: to both, why. The ids are filled by `gathered`."""

    by: Member
    one: str
    two: str
    words: str
    language: str = "en"
    one_id: int = 0
    two_id: int = 0

    async def gathered(self, resolver: Resolver) -> ProposeIntroduction:
        """Raises Invalid (field one, two)."""
        one, two = await _one(self.one, resolver, "one"), await _one(self.two, resolver, "two")
        return replace(self, one_id=one, two_id=two)


@dataclass(frozen=True, slots=True)
class AnswerIntroduction:
    """`person_id`: who answers, proven by a door: a session here, a login at their own server, a signed reply."""

    person_id: int
    introduction_id: int
    says: Says


@dataclass(frozen=True, slots=True)
class AnswerElsewhere:
    """To a question that came as a private message from another server of this kind. `language`: of the word that is sent."""

    by: Member
    post_id: int
    says: Says
    language: str = "en"


@dataclass(frozen=True, slots=True)
class WithdrawIntroduction:
    by: Member
    introduction_id: int


@dataclass(frozen=True, slots=True)
class EndOverdue:
    """The clock's part."""


def propose(tx: Tx, request: ProposeIntroduction, here: Here) -> Done[Introduction]:
    """Ask two people whether they want to know each other. Where somebody hides from one of the others, or blocks them, or
    somebody else asked the same two lately, nobody is asked, and who proposes sees what they see when nobody answers.

    Raises Invalid (field one, two, words), Conflict, NotAllowed, NotFound.
    """
    by = _person(tx, request.by.actor_id)
    one, two = _person(tx, request.one_id), _person(tx, request.two_id)
    words = rules.must_be_proposable(by.id, one, two, request.words)
    for field, person in (("one", one), ("two", two)):
        if moderation.blocks(tx, by.id, person.id):
            raise Invalid("You block this person", field=field)
        if not person.local and policies.domain_blocked(tx, person.host):
            raise Invalid("This server does not deal with that one.", field=field)
    store.lock_proposer(tx, by.id)
    earlier = store.proposers_of_pair(tx, one.id, two.id, here.now)
    if by.id in earlier:
        raise Conflict("proposed lately", public="You proposed these two to each other within the last three months")
    if store.open_of(tx, by.id, here.now) >= MOST_OPEN:
        raise NotAllowed("too many", public=f"At most {MOST_OPEN} introductions may wait for an answer at a time")
    new = Introduction(
        id=ids.new_id(),
        by_id=by.id,
        words=words,
        language=request.language if request.language in LANGUAGES else "en",
        state="asked",
        held=bool(earlier) or _kept_apart(tx, (by, one, two), here.now),
        created_at=here.now,
        ends_at=here.now + LASTS,
    )
    parties = [_party(new, person, place, here) for place, person in (("one", one), ("two", two))]
    store.insert(tx, new, parties)
    effects: list[Effect] = []
    for party, person, other in ((parties[0], one, two), (parties[1], two, one)):
        if new.held:
            continue
        if party.note_iri is None:
            effects.append(_told(tx, person.id, "introduction.asked", by.id))
        else:
            document = wire.question(new, by, person, other, party.note_iri, here)
            effects.append(Deliver(by.id, document, Audience(actor_ids=(person.id,)), party.note_iri))
    return Done(new, tuple(effects))


def answer(tx: Tx, request: AnswerIntroduction, here: Here) -> Done[Introduction]:
    """One of the two says yes or no. The second yes opens the conversation; a no ends it for who proposed, and changes
    nothing that the other sees. A yes may still become a no while nothing is opened. Raises NotFound, Conflict."""
    asked = store.to_change(tx, request.introduction_id)
    parties = store.parties(tx, request.introduction_id)
    mine = next((each for each in parties if each.person_id == request.person_id), None)
    if asked is None or mine is None or asked.held or asked.state == "withdrawn":
        raise NotFound("no such question for this person")
    if asked.state == "opened":
        if request.says == "yes":
            return Done(asked)
        raise Conflict("opened", public="You both said yes: the conversation is open")
    if here.now >= asked.ends_at:
        raise NotFound("the question is over")
    if mine.answer == request.says:
        return Done(asked)
    if mine.answer == "no":
        raise Conflict("answered", public="You said no to this; a no stays")
    store.set_answer(tx, asked.id, mine.person_id, request.says, here.now)
    if asked.state != "asked":
        return Done(asked)
    if request.says == "no":
        return Done(asked, tuple(_ended(tx, asked, here)))
    others = [each for each in parties if each.person_id != mine.person_id]
    if any(each.answer != "yes" for each in others):
        return Done(asked)
    return _opened(tx, asked, parties, here)


def answer_elsewhere(tx: Tx, request: AnswerElsewhere, here: Here) -> Done[Post]:
    """Reply with one word, which that server reads and shows to nobody. Raises NotFound."""
    asked = post_store.by_id(tx, request.post_id)
    by = actors.by_id(tx, asked.actor_id) if asked is not None else None
    seen = by is not None and post_store.is_visible(tx, request.post_id, request.by.actor_id)
    if by is None or not seen or request.post_id not in store.questions_in(tx, [request.post_id], here.now):
        raise NotFound("no such question")
    store.settle_question(tx, request.post_id)
    word = _WORDS[request.language if request.language in _WORDS else "en"][request.says]
    handle = f"@{by.handle}"
    reply = PublishPost(
        request.by,
        f"{handle} {word}",
        visibility="direct",
        language=request.language,
        in_reply_to_id=request.post_id,
        named={handle: by.id},
    )
    return posts.publish_post(tx, reply, here)


def withdraw(tx: Tx, request: WithdrawIntroduction, here: Here) -> Done[Introduction]:
    """Take a proposal back while it waits. Raises NotFound, Conflict."""
    asked = store.to_change(tx, request.introduction_id)
    if asked is None or asked.by_id != request.by.actor_id:
        raise NotFound("no such introduction of theirs")
    if asked.state == "withdrawn":
        return Done(asked)
    if asked.state != "asked":
        raise Conflict("over", public="This introduction is over")
    store.close(tx, asked.id, "withdrawn", here.now)
    by = _person(tx, asked.by_id)
    effects: list[Effect] = []
    for each in store.parties(tx, asked.id):
        person = actors.by_id(tx, each.person_id)
        if each.note_iri is not None and person is not None and not asked.held:
            gone = wire.withdrawal(by, person, each.note_iri, here)
            effects.append(Deliver(by.id, gone, Audience(actor_ids=(person.id,)), each.note_iri))
    return Done(replace(asked, state="withdrawn"), tuple(effects))


def end_overdue(tx: Tx, request: EndOverdue, here: Here) -> Done[int]:
    """End what nobody, or one alone, answered in time; forget what is long over."""
    over = store.overdue(tx, here.now)
    effects = [effect for each in over for effect in _ended(tx, each, here)]
    store.sweep(tx, here.now)
    return Done(len(over), tuple(effects))


# --- parts


async def _one(handle: str, resolver: Resolver, field: str) -> int:
    found = await people_of(handle, resolver, field=field)
    if len(found) != 1:
        raise Invalid("Write one handle", field=field)
    return next(iter(found))


def _person(tx: Tx, actor_id: int) -> Actor:
    found = actors.by_id(tx, actor_id)
    if found is None or found.gone_at is not None:
        raise NotFound("nobody there")
    return found


def _party(new: Introduction, person: Actor, place: str, here: Here) -> Party:
    note = None if person.local else here.new_post("")[0]
    return Party(new.id, person.id, place, note_iri=note)


def _kept_apart(tx: Tx, people: Iterable[Actor], now: datetime) -> bool:
    """Whether somebody blocks another of the three, or a member of ours hides from one."""
    three = list(people)
    for person in three:
        hidden = profiles.hidden_from_of(tx, person.id) if person.local else None
        for other in three:
            if other.id == person.id:
                continue
            if moderation.blocks(tx, person.id, other.id):
                return True
            if hidden is not None and is_hidden(views.viewer_of(tx, person.id, other.id, now), hidden):
                return True
    return False


def _opened(tx: Tx, asked: Introduction, parties: list[Party], here: Here) -> Done[Introduction]:
    """Both said yes: who proposed writes to both, in one private message. Where the three may no longer meet, it waits for
    its end like any other."""
    by = actors.by_id(tx, asked.by_id)
    account = accounts.by_actor(tx, asked.by_id)
    found = actors.by_ids(tx, (each.person_id for each in parties))
    people = [found[each.person_id] for each in parties]
    three = [by, *people] if by is not None else []
    if (
        by is None
        or account is None
        or any(each.gone_at is not None for each in three)
        or _kept_apart(tx, three, here.now)
    ):
        return Done(asked)
    t = texts(asked.language)
    handles = [f"@{each.username}" if each.local else f"@{each.handle}" for each in people]
    text = f"{t(_BOTH, one=handles[0], two=handles[1])}\n\n{asked.words}"
    done = posts.publish_post(
        tx,
        PublishPost(
            Member(account.id, by.id),
            text,
            visibility="direct",
            language=asked.language,
            named=dict(zip(handles, (each.id for each in people), strict=True)),
        ),
        here,
    )
    conversation_id = done.value.conversation_id
    store.close(tx, asked.id, "opened", here.now, conversation_id)
    now_open = replace(asked, state="opened", closed_at=here.now, conversation_id=conversation_id)
    return Done(now_open, (*done.effects, _told(tx, by.id, "introduction.opened", people[0].id)))


def _ended(tx: Tx, asked: Introduction, here: Here) -> list[Effect]:
    """Who proposed is told “not now”, by the server: no name stands beside it."""
    store.close(tx, asked.id, "ended", here.now)
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    return [_told(tx, asked.by_id, "introduction.ended", server.id)] if server is not None else []


def _told(tx: Tx, actor_id: int, kind: str, from_id: int) -> Effect:
    """A kind is told once of each person; what is told anew takes the place of what was told before."""
    notifications.remove(tx, actor_id=actor_id, kind=kind, from_actor_id=from_id)
    return Notify(actor_id, kind, from_id)
