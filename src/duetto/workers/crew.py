"""A session's workers together: jobs out, arrivals in at the right media time, and an end to every wait.

On a clock that passes by itself, a result arrives when it is there. On a virtual clock it arrives at the media time
at which its job was submitted plus a fixed charge, and the crew waits (in machine time, with a bound) until it is
there: so a run does the same however fast the machine is.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from duetto.timeline.arrival import Arrival, Fault
from duetto.timeline.clock import Deadline, ms, s
from duetto.timeline.job import Abort, Ask, Call, Forget, Hush, Job, Keep, Listen, More, Part, Speak, Spot
from duetto.workers.worker import BROKEN, Result, Worker

_QUICK: Final[tuple[Part, ...]] = ("recogniser", "brain", "voice")


@dataclass(frozen=True, slots=True)
class Charges:
    """What each part's job costs in media time (ns) on a virtual clock: the median on two shared cores, rounded up."""

    recogniser: int = 0
    """One micro-turn's sound through the embedded recogniser: 3 ms, 8 at most but at a pause, so it settles within its
    micro-turn. While orders wait for words it is 11 ms, and on a real clock some count a micro-turn later."""
    pause: int = ms(40)
    """The first sound of a pause through it: the words so far are searched to their end."""
    endpointer: int = ms(80)
    """One judgement of Smart Turn."""
    vision: int = ms(40)
    """One look for faces at 320x180."""
    reader: int = ms(200)
    """Reading a part of a screen that has changed: one to three lines."""
    brain: int = 0
    """One reply of the embedded brain: about 1 ms, at most 7, so it settles within its micro-turn."""
    voice: int = 0
    """First sound of a clause from the embedded voice: 8 ms, so it settles within its micro-turn."""
    tools: int = 0
    """A call of a tool that says nothing of the time it took."""

    def of(self, job: Job) -> int:
        """Ns of media time from handing out a job to what it yields."""
        if isinstance(job, Listen) and (job.quiet or job.last):
            return self.pause
        charge: int = getattr(self, job.part)
        return charge


@dataclass(frozen=True, slots=True)
class CrewSettings:
    """Bounds on waiting for workers."""

    charges: Charges = field(default_factory=Charges)
    """Media time charged per job, on a virtual clock only."""
    recogniser_limit: int = s(3)
    """Media time (ns) without a sign of life, with work in hand, after which the recogniser hangs."""
    endpointer_limit: int = s(5)
    """The same for what listens for the ends of turns."""
    vision_limit: int = s(5)
    """The same for vision."""
    reader_limit: int = s(15)
    """The same for reading: a screen full of text takes seconds, and the first look loads what reads."""
    brain_limit: int = s(10)
    """The same for the brain."""
    voice_limit: int = s(2)
    """The same for the voice."""
    tools_limit: int = s(600)
    """The same for tools, each of which has a limit of its own."""
    patience: float = 30.0
    """Seconds of machine time that a virtual clock waits for one part before it counts as hanging."""
    restarts: int = 3
    """How often in a row, without a job done in between, a part that hangs or breaks is begun anew; after that it is
    given up for the session."""
    most_jobs: int = 64
    """Jobs one part may have in hand; past it sound is not sent to it until it catches up."""


@dataclass(slots=True)
class _Task:
    job: Job
    since: int
    due: int
    results: list[tuple[int, Arrival]] = field(default_factory=list)
    """Each with the media time (ns) at which it is there, on a virtual clock."""
    done: bool = False
    error: str | None = None
    begun: bool = False
    """Something of it has come."""
    ends: int = 0
    """Media time (ns) at which it is done, on a virtual clock."""


@dataclass(slots=True)
class _Post:
    """One part of the crew: its worker and what it has in hand, by ticket, oldest first."""

    worker: Worker
    tasks: dict[int, _Task] = field(default_factory=dict)
    restarts: int = 0
    given_up: bool = False
    alive: int = 0
    """Media time (ns) of its latest sign of life."""
    failed: int | None = None
    """The latest ticket there was when it failed, None when it has done a later one since."""
    spot: Spot | None = None
    """The phrases it was last told to listen for: one that is begun anew is told again."""
    broken: str | None = None
    """Why it cannot go on, if that was found out since the last `arrivals`."""


class Crew:
    """Gives each job to its part's worker and returns arrivals; turns errors, hangs and deaths into `Fault`s.

    A part without a worker is a fault once, then silence. bell must be the one the workers ring.
    """

    def __init__(
        self,
        workers: Iterable[Worker],
        bell: threading.Event,
        *,
        realtime: bool,
        settings: CrewSettings | None = None,
    ) -> None:
        self.settings = settings or CrewSettings()
        self._posts: dict[Part, _Post] = {worker.part: _Post(worker) for worker in workers}
        self._quick_posts = [self._posts[part] for part in _QUICK if part in self._posts]
        self._bell = bell
        self._realtime = realtime
        self._ticket = 0
        self._faults: deque[Fault] = deque(maxlen=64)
        self._forgotten: deque[int] = deque(maxlen=256)

    # --- out --------------------------------------------------------------------------------------------------

    def submit(self, jobs: Iterable[Job], now: int) -> None:
        """Hand jobs out at media time `now` (ns). Never blocks."""
        for job in jobs:
            if isinstance(job, Forget):
                self._forgotten.append(job.reply)
            post = self._posts.get(job.part)
            if post is None or post.given_up:
                self._refuse(job, "there is none" if post is None else "it was given up")
                continue
            if len(post.tasks) >= self.settings.most_jobs and isinstance(job, Listen) and not job.last:
                continue  # the hang it means is found in `arrivals`; sound is kept in the recording
            if isinstance(job, Spot):
                post.spot = job
            self._hand_out(post, job, now)

    def _hand_out(self, post: _Post, job: Job, now: int) -> None:
        self._ticket += 1
        post.tasks[self._ticket] = _Task(job, now, now + self.settings.charges.of(job))
        post.worker.submit(self._ticket, job)

    # --- in ---------------------------------------------------------------------------------------------------

    def arrivals(self, now: int) -> tuple[Arrival, ...]:
        """Everything that has arrived by media time `now` (ns), faults included."""
        found: list[Arrival] = []
        for part, post in self._posts.items():
            if self._realtime:
                self._collect(post)
                if not post.tasks and post.broken is None:
                    if not post.worker.standing:
                        post.alive = now
                    continue
            else:
                self._await_due(post, now)
            found.extend(self._hand_in(part, post, now))
            if post.broken is not None:
                self._lose(post, post.broken, now)
        found.extend(self._faults)
        self._faults.clear()
        if not found:
            return ()
        return tuple([a for a in found if getattr(a, "reply", None) not in self._forgotten])

    def quick(self, now: int) -> bool:
        """Something of a quick part that is in hand may still come within this micro-turn."""
        for post in self._quick_posts:
            for task in post.tasks.values():
                if _quick(post, task, now):
                    return True
        return False

    def settle(self, now: int, grace: int) -> bool:
        """Wait up to `grace` ns of machine time for a quick part (recogniser, brain, voice). True if something may have
        arrived.

        On a virtual clock nothing is waited for here: what is due now arrives now. Nor is without a grace: `arrivals`
        looks for what has come.
        """
        if self._realtime and grace <= 0:
            return True
        if not self.quick(now):
            return False
        if not self._realtime:
            tasks = [task for post in self._quick_posts for task in post.tasks.values() if _wanted(task.job)]
            return any(t.due <= now and (not t.done or t.ends <= now or _ready(t, now)) for t in tasks)
        deadline = Deadline(grace / 1e9)
        while True:
            self._bell.clear()
            for post in self._posts.values():
                self._collect(post)
            if any(_has_come(post) for post in self._posts.values()):
                return True
            # It rings too when something is done that yields nothing: that alone ends no wait.
            if not self.quick(now) or deadline.passed() or not self._bell.wait(deadline.left()):
                return False

    def behind(self) -> dict[str, int]:
        """Jobs that each part has not finished."""
        return {part: len(post.tasks) for part, post in self._posts.items()}

    def close(self) -> None:
        """End all workers. Bounded, even when they hang. Raises ExceptionGroup, after all, when one could not be."""
        problems: list[Exception] = []
        for post in self._posts.values():
            try:
                post.worker.close()
            except Exception as error:
                problems.append(error)
        if problems:
            raise ExceptionGroup("workers could not be closed", problems)

    # --- inside -----------------------------------------------------------------------------------------------

    def _collect(self, post: _Post) -> None:
        for result in post.worker.collect():
            self._note(post, result)

    def _note(self, post: _Post, result: Result) -> None:
        if result.ticket == BROKEN:
            if not post.given_up:
                post.broken = result.error or "it ended"
            return
        found = post.tasks.get(result.ticket)
        if found is None:
            return
        found.ends = max(found.ends, found.due + result.after)
        if result.arrival is not None:
            found.begun = True
            found.results.append((found.due + result.after, result.arrival))
        if result.done:
            found.done, found.error = True, result.error

    def _await_due(self, post: _Post, now: int) -> None:
        deadline = Deadline(self.settings.patience)
        while True:
            self._bell.clear()
            self._collect(post)
            if post.broken is not None or all(task.done for task in post.tasks.values() if task.due <= now):
                return
            if deadline.passed():
                post.broken = f"no answer within {self.settings.patience:g} s"
                return
            self._bell.wait(min(deadline.left(), 1.0))

    def _hand_in(self, part: Part, post: _Post, now: int) -> list[Arrival]:
        limit: int = getattr(self.settings, f"{part}_limit")
        if not post.worker.standing:
            post.alive = now  # while it starts, it has a limit of its own
        found: list[Arrival] = []
        for ticket, task in list(post.tasks.items()):
            if not self._realtime and task.due > now:
                continue
            if _wanted(task.job) and (task.results or task.done):
                post.alive = now
            ready = [arrival for at, arrival in task.results if self._realtime or at <= now]
            task.results = task.results[len(ready) :]
            found.extend(ready)
            if task.done and not task.results and (self._realtime or task.ends <= now):
                del post.tasks[ticket]
                if task.error is not None:
                    found.append(_fault(part, task.job, f"the {part} failed: {task.error}"))
                    post.failed = max(post.failed or 0, ticket)
                elif post.failed is not None and ticket > post.failed and _wanted(task.job):
                    post.failed = None
                    post.restarts = 0
                    found.append(Fault(part, f"the {part} works again", working=True))
        waiting = [task.since for task in post.tasks.values() if _wanted(task.job)]
        if self._realtime and waiting and now - max(min(waiting), post.alive) > limit:
            post.broken = post.broken or f"no answer for {limit / 1e9:g} s"
        return found

    def _lose(self, post: _Post, why: str, now: int) -> None:
        """The worker hangs or has ended: what it has not done is lost. Begin anew, or give it up."""
        part = post.worker.part
        lost = [task.job for task in post.tasks.values() if _wanted(task.job) and not task.done]
        post.tasks = {ticket: task for ticket, task in post.tasks.items() if task.done}
        post.broken, post.failed = None, self._ticket
        post.restarts += 1
        text = f"the {part} gave {why}" if why.startswith("no ") else f"the {part} broke: {why}"
        if post.restarts <= self.settings.restarts and self._restarted(post):
            text += "; it was begun anew"
            if post.spot is not None and post.spot.phrases:
                self._hand_out(post, post.spot, now)
        else:
            post.given_up = True
            post.worker.abandon()
            text += "; the session goes on without it"
        answered: set[tuple[int | None, int | None]] = set()
        faults = [_fault(part, job, text) for job in lost] or [Fault(part, text)]
        for fault in faults:
            if (fault.reply, fault.clause) not in answered:
                answered.add((fault.reply, fault.clause))
                self._faults.append(fault)

    def _restarted(self, post: _Post) -> bool:
        try:
            return post.worker.restart()
        except Exception:
            return False

    def _refuse(self, job: Job, why: str) -> None:
        if isinstance(job, Call):
            self._faults.append(Fault(job.part, f"{job.name} was not called: no tools: {why}", call=job.call))
        elif isinstance(job, Ask | Speak | More):
            self._faults.append(_fault(job.part, job, f"no {job.part}: {why}"))


def _wanted(job: Job) -> bool:
    """Does anybody wait for what this job yields?"""
    return not isinstance(job, Spot | Keep | Forget | Hush | Abort)


def _quick(post: _Post, task: _Task, now: int) -> bool:
    """Is something of it likely to come within the micro-turn? Of slow workers only a first word about a new job; of a
    recogniser nothing, while it is behind.
    """
    if not _wanted(task.job) or (task.done and not task.results):
        return False
    if isinstance(task.job, Listen):
        return all(one.since == now for one in post.tasks.values() if _wanted(one.job))
    return not (post.worker.slow and (task.since < now or task.begun))


def _has_come(post: _Post) -> bool:
    """Something that somebody waits for, or a failure."""
    return post.broken is not None or any(t.results or t.error is not None for t in post.tasks.values())


def _ready(task: _Task, now: int) -> bool:
    return bool(task.results) and task.results[0][0] <= now


def _fault(part: str, job: Job, text: str) -> Fault:
    reply = job.reply if isinstance(job, Ask) else None
    clause = job.clause if isinstance(job, Speak | More) else None
    call = job.call if isinstance(job, Call) else None
    return Fault(part, text, reply=reply, clause=clause, call=call)
