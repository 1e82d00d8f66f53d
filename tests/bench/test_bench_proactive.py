"""Remarks that nobody asks for at that moment: the suites' files, scores on cases made by hand, made-up agents."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from trials import said, span, spoken

from duetto.bench.cast import cast_for
from duetto.bench.report import write_report
from duetto.bench.results import load_results, results_of, save
from duetto.bench.runner import items_of
from duetto.bench.scenario import BadScenario, Expect, Scenario, Step, half, load, load_all, occurrences
from duetto.bench.scores import Taken, judge, summarise
from duetto.bench.scores.proactive import asked, moment_of, proactive, said_or_typed
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.targets.polling import INSTRUCTIONS, NOTHING, QUESTION, ForgetfulHandler, Poller
from duetto.bench.text import lines
from duetto.bench.trial import Trial, UserSpeech, UserWord
from duetto.bench.uttered import places, speech_of, uttered
from duetto.simulation.script import Spoken
from duetto.testing.model.script import Script, tokens
from duetto.timeline.arrival import Act, Speech, SpokenWord
from duetto.timeline.clock import in_s, ms, s
from duetto.timeline.command import Give
from duetto.timeline.job import Ask, Context
from duetto.timeline.order import Moment
from duetto.timeline.turn import VOICE_RATE

SUITES = ("time", "cue")
ORDER = Step(at=0.5, says="remind me in ten seconds to drink")
HUSH = Expect(kind="hush")
DRINK = Expect(kind="due", later=10.0, within=(-0.5, 1.5), says=("drink",))


def timed(*agent: tuple[float, float, str], expect: tuple[Expect, ...] = (DRINK, HUSH), **more) -> Taken:
    """An order that ends at 3 s, so that the moment is 13 s."""
    speech, words = spoken(*agent)
    scenario = Scenario(about="made", steps=(ORDER, *more.pop("steps", ())), expect=expect, suite="time", name="up")
    user = (said(0, ORDER.says, (0.5, 3.0)), *more.pop("user", ()))
    return judge(scenario, Trial("time/up", "dev", "nobody", s(30), user, speech, words, **more))


def talk(text: str, start: float, step: int = 1, word: float = 0.5) -> UserSpeech:
    """So many words, each as long."""
    parts = text.split()
    words = tuple(UserWord(part, span(start + n * word, start + (n + 1) * word)) for n, part in enumerate(parts))
    return UserSpeech(step, text, "user", (span(start, start + len(parts) * word),), words)


TALK = "it was basically the same as ever and basically nobody came"


def cued(*agent: tuple[float, float, str], text: str = TALK, half_name: str = "dev") -> Taken:
    """A talk from 10 s to 15.5 s in which the cue ends at 11.5 s and 14.5 s."""
    speech, words = spoken(*agent)
    cue = Expect(kind="cue", step=1, word="basically", within=(-0.1, 1.5), says=("stop",))
    scenario = Scenario(
        about="made",
        steps=(Step(at=0.5, types="every time I say basically say stop"), Step(quiet=1.0, says=text)),
        expect=(cue, msgspec.structs.replace(cue, nth=2), Expect(kind="hush", word="basically")),
        suite="cue",
        name="up",
    )
    typed = (UserSpeech(0, "every time …", "user", (span(0.5, 4.0),)),)
    return judge(scenario, Trial("cue/up", half_name, "nobody", s(30), (talk(text, 10.0),), speech, words, typed=typed))


# --- the files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_has_forty_items_in_two_halves_a_third_of_them_typed(suite):
    items = items_of(load_all(suites=[suite]))
    assert len(items) >= 40
    for name in ("dev", "held-out"):
        mine = [item.scenario for item in items if half(item.place) == name]
        typed = sum(bool(one.steps[0].types) for one in mine)
        assert len(mine) >= 20 and 0.2 <= typed / len(mine) <= 0.4


@pytest.mark.parametrize("suite", SUITES)
def test_every_item_forbids_false_remarks_or_judges_a_late_one_and_states_its_window(suite):
    for item in load_all(suites=[suite]):
        dues = asked(item)
        assert all(due.within in ((-0.5, 1.5), (-0.1, 1.5)) for due in dues), item.id
        assert any(expect.kind == "hush" for expect in item.expect) or dues[0].later > 12, item.id


def test_the_user_goes_on_for_some_time_after_each_cue():
    for item in load_all(suites=["cue"]):
        for expect in asked(item):
            words = item.steps[expect.step].says.replace("…", " ").split()
            place = occurrences(words, expect.word)[expect.nth - 1]
            assert len(words) - place > 6, (item.id, expect.word)
            assert 20 <= len(words) <= 56, item.id


GOOD = """about = "a reminder"
[[steps]]
at = 0.5
says = "remind me of it … and of that"
[[expect]]
kind = "due"
later = 4.0
says = ["it"]
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('says = ["it"]', ""), r"expect\[0\].says: due needs it"),
        (("later = 4.0", "later = 400.0"), r"expect\[0\].later: from 0 to 120 s"),
        (('kind = "due"', 'kind = "cue"\nword = "of"\nnth = 3'), r"“of” is said 2 times in step 0 \(nth is 3\)"),
        (('kind = "due"', 'kind = "cue"'), r"“” is said 0 times"),
        (('kind = "due"', 'kind = "translated"'), r"one for each clause of step 0, 2 \(got 1\)"),
        (('about = "a reminder"', 'about = "a reminder"\nlasts = 900.0'), "lasts: from 0 to 120 s"),
    ],
)
def test_what_is_wrong_with_an_expectation_is_said(tmp_path, change, problem):
    path = tmp_path / "item.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).expect[0].later == 4.0
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(BadScenario, match=problem):
        load(path)


def test_occurrences_are_of_whole_words_in_any_case():
    assert occurrences("Like it, unlike LIKE that alike like.".split(), "like") == (0, 3, 6)
    assert occurrences("You know what you know you do".split(), "you know") == (1, 4)


# --- due ------------------------------------------------------------------------------------------------------


def test_a_remark_is_right_in_words_and_in_time_together():
    one = timed((13.2, 14.0, "Drink some water."))
    due, hush = one.verdicts
    assert due.met and due.content and due.latency_ns == s(0.2) and not hush.failed
    assert timed((12.6, 13.4, "Drink some water.")).verdicts[0].latency_ns == -s(0.4)
    late = timed((14.7, 15.4, "Drink some water.")).verdicts
    assert late[0].failed and "+1.70 s" in late[0].why and late[1].failed, "out of its window it is false as well"
    wrong = timed((13.2, 14.0, "Call your mother.")).verdicts
    assert wrong[0].failed and wrong[0].content is False and wrong[1].failed
    silent = timed().verdicts
    assert silent[0].failed and not silent[1].failed


def test_an_answer_to_the_user_and_what_goes_on_with_it_is_not_false():
    assert not timed((3.4, 4.5, "All right, in ten seconds."), (13.1, 14.0, "Drink!")).verdicts[1].failed
    chain = timed((3.4, 4.5, "All right."), (5.2, 8.0, "There is more to it."), (13.1, 14.0, "Drink!"))
    assert not chain.verdicts[1].failed
    apart = timed((3.4, 4.5, "All right."), (8.5, 9.0, "Anything else?"), (13.1, 14.0, "Drink!"))
    assert "1 false: “Anything else?” at 8.5 s" in apart.verdicts[1].why
    assert not timed((13.1, 13.5, "Drink!"), (14.2, 15.0, "It is good.")).verdicts[1].failed
    assert not timed((13.1, 13.5, "Drink!"), (20.0, 20.4, "Uh-huh.")).verdicts[1].failed, "a sound of listening"
    assert timed((13.1, 13.5, "Drink!"), (20.0, 20.4, "Drink!")).verdicts[1].failed, "it was due once"


def test_each_interval_takes_a_remark_of_its_own_and_what_comes_later_is_not_judged():
    each = tuple(msgspec.structs.replace(DRINK, later=at) for at in (4.0, 8.0))
    until = Expect(kind="hush", later=10.0)
    said_at = [(at, at + 0.4, "Drink!") for at in (7.1, 11.2, 15.1, 19.1)]
    one = timed(*said_at, expect=(*each, until))
    assert [v.latency_ns for v in one.verdicts[:2]] == [s(0.1), s(0.2)] and not one.verdicts[2].failed
    assert timed(*said_at, expect=(*each, HUSH)).verdicts[2].failed
    assert [v.met for v in timed(said_at[1], expect=(*each, until)).verdicts[:2]] == [False, True]
    assert not proactive(timed(*said_at[1:], expect=each[1:]).scenario, timed(*said_at).trial).false, "no hush, none"


def test_a_moment_may_follow_what_was_typed_and_may_never_come():
    typed = Step(quiet=1.0, types="and in five seconds to eat")
    eat = Expect(kind="due", step=1, later=5.0, within=(-0.5, 1.5), says=("eat",))
    line = UserSpeech(1, typed.types, "user", (span(5.0, 8.0),))
    one = timed((13.3, 14.0, "Eat!"), expect=(eat,), steps=(typed,), typed=(line,))
    assert one.verdicts[0].latency_ns == s(0.3)
    never = timed((13.3, 14.0, "Eat!"), expect=(eat,), steps=(typed,))
    assert not never.verdicts[0].applies and not proactive(never.scenario, never.trial).right


# --- cue ------------------------------------------------------------------------------------------------------


def test_a_cue_is_answered_over_the_user_and_after_each_time():
    one = cued((11.7, 12.0, "Stop!"), (14.8, 15.2, "Stop!"))
    assert [v.latency_ns for v in one.verdicts[:2]] == [s(0.2), s(0.3)] and not any(v.failed for v in one.verdicts)
    assert all(due is not None and due.over for due in proactive(one.scenario, one.trial).due)


def test_too_late_is_when_the_user_has_ended_and_a_word_without_cue_is_false():
    after = cued((11.7, 12.0, "Stop!"), (15.6, 15.9, "Stop!"))
    assert [v.met for v in after.verdicts] == [True, False, True], "it counts as an answer to what was said"
    early = cued((11.0, 11.3, "Stop!"), (14.8, 15.2, "Stop!"))
    assert [v.met for v in early.verdicts] == [False, True, False]
    between = cued((11.7, 12.0, "Stop!"), (13.3, 13.6, "Stop!"), (14.8, 15.2, "Stop!"))
    assert [v.met for v in between.verdicts] == [True, True, False]


def test_without_the_times_of_words_a_cue_cannot_be_judged():
    one = cued((11.7, 12.0, "Stop!"))
    bare = tuple(msgspec.structs.replace(speech, words=()) for speech in one.trial.user)
    verdict = judge(one.scenario, msgspec.structs.replace(one.trial, user=bare)).verdicts[0]
    assert not verdict.applies and not verdict.met


# --- figures --------------------------------------------------------------------------------------------------


def test_figures_by_hand():
    items = [
        timed((13.1, 14.0, "Drink!")),
        timed((12.7, 13.4, "Drink!")),
        timed((13.9, 14.4, "Drink!"), (20.0, 20.5, "Drink!")),
        timed(),
        cued((11.7, 12.0, "Stop!"), (14.8, 15.2, "Stop!")),
        cued((11.7, 12.0, "Stop!")),
    ]
    groups = summarise(items)["dev"]["all"]
    on_time, on_cue = groups["on time"], groups["on cue"]
    assert (on_time["right and in time"].value, on_time["right and in time"].n) == (0.5, 4)
    assert on_time["moments met"].value == 0.75 and on_time["false remarks per item"].value == 0.25
    assert on_time["moment to first sample, median ms"].value == 300.0, "of 100, 300 early, and 900"
    assert (on_cue["right and in time"].value, on_cue["moments met"].value) == (0.5, 0.75)
    assert on_cue["cue's end to first sample, median ms"].value == 200.0
    assert on_cue["said over the user"].value == 1.0 and "later request answered" not in on_cue
    failed = replace(items[0], trial=msgspec.structs.replace(items[0].trial, error="broken"))
    assert summarise([failed])["dev"]["all"]["on time"]["right and in time"].value == 0.0


# --- agents made by hand --------------------------------------------------------------------------------------


def played(scenario: Scenario) -> Trial:
    """The item as a user plays it whose words take 0.35 s each, to an agent that confirms in three seconds."""
    user: list[UserSpeech] = []
    typed: list[UserSpeech] = []
    now = 0.0
    for number, step in enumerate(scenario.steps):
        start = step.at if step.at is not None else now + (step.after if step.after is not None else 3.2)
        if step.types:
            now = start + len(step.types) / 9
            typed.append(UserSpeech(number, step.types, "user", (span(start, now),)))
        else:
            text = step.says.replace("…", " ")
            user.append(msgspec.structs.replace(talk(text, start, number, 0.35), who=step.who))
            now = in_s(user[-1].span.end)
    length = s(max(now + 3.0, scenario.lasts))
    return Trial(scenario.id, "dev", "nobody", length, tuple(user), typed=tuple(typed))


def agent(scenario: Scenario, *remarks: tuple[float, float, str]) -> Taken:
    speech, words = spoken(*sorted(remarks))
    return judge(scenario, msgspec.structs.replace(played(scenario), speech=speech, words=words))


def oracle(scenario: Scenario) -> Taken:
    trial = played(scenario)
    moments = [(e, moment_of(e, said_or_typed(trial, e.step))) for e in asked(scenario)]
    return agent(scenario, *((in_s(at) + 0.2, in_s(at) + 0.5, f"{e.says[0]}.") for e, at in moments if at is not None))


@pytest.mark.parametrize("suite", SUITES)
def test_the_oracle_is_right_in_every_item_the_silent_and_the_talker_are_not(suite, tmp_path):
    items = load_all(suites=[suite])
    group = "on time" if suite == "time" else "on cue"
    knows = [oracle(item) for item in items]
    wrong = [one.scenario.id for one in knows if not proactive(one.scenario, one.trial).right]
    assert not wrong
    figures = summarise(knows)["dev"]["all"][group]
    assert figures["right and in time"].value == 1.0 and figures["false remarks per item"].value == 0.0
    silent = summarise([agent(item) for item in items])["dev"]["all"][group]
    assert silent["right and in time"].value is not None and silent["right and in time"].value < 0.15
    talker = [agent(item, *((3.0 * n, 3.0 * n + 0.5, f"Remark {n}.") for n in range(1, 9))) for item in items]
    assert summarise(talker)["dev"]["all"][group]["right and in time"].value == 0.0
    results = results_of("oracle", "duetto bench run", "", items, [one.trial for one in knows])
    path = save(results, tmp_path)
    assert any(line.strip().startswith(f"{group}:") for line in lines(load_results(path)))
    silent_ones = results_of("silent", "", "", items, [agent(item).trial for item in items])
    report = msgspec.json.decode(save(silent_ones, tmp_path).read_bytes(), type=dict[str, object])
    write_report(tmp_path / "report.html", report, lambda item: None)
    assert "from the moment" in (tmp_path / "report.html").read_text() or suite == "cue"


# --- when each word was said ----------------------------------------------------------------------------------


def test_words_lie_where_the_trimmed_sound_has_them():
    def read(text: str) -> Speech:
        """A fifth of a second of silence, then a tone in which each word takes as long."""
        parts = text.split()
        lead, each = VOICE_RATE // 5, VOICE_RATE // 4
        sound = np.zeros(lead + each * len(parts) + 400, np.int16)
        sound[lead : lead + each * len(parts)] = 3000
        words = tuple(SpokenWord(p, lead + n * each, lead + (n + 1) * each) for n, p in enumerate(parts))
        return Speech(1, sound.tobytes(), words, True)

    cue = Expect(kind="cue", word="c", within=(0.0, 1.5), says=("x",))
    scenario = Scenario(about="made", steps=(Step(at=0.5, says="a b … c d"),), expect=(cue,))
    heard = Spoken("a b … c d", ((s(2.0), s(2.5)), (s(3.0), s(3.5))), "user", 0)
    (words,) = uttered([heard], places(scenario, read))
    assert [(word.text, word.span) for word in words] == [
        ("a", span(2.0, 2.25)),
        ("b", span(2.25, 2.5)),
        ("c", span(3.0, 3.25)),
        ("d", span(3.25, 3.5)),
    ]
    assert moment_of(cue, speech_of(heard, words)) == s(3.25)
    assert uttered([Spoken("other", ((0, 1),), "user", 7)], places(scenario, read)) == ((),)


# --- the baseline ---------------------------------------------------------------------------------------------


class _Played:
    def __init__(self) -> None:
        self.spoken: list[Spoken] = []
        self.typed = [Spoken("remind me", ((s(0.5), s(3.2)),), "user", 0)]


def test_the_baseline_says_it_after_the_next_question_and_counts_what_it_costs():
    scenario = Scenario(about="made", steps=(Step(at=0.5, types="remind me"),), expect=(DRINK, HUSH))
    poller = Poller(scenario, _Played(), {}, [], Script())
    given = []
    for n in range(1, 250):
        poller.feed(n * ms(80))
        given += [(n * ms(80), command) for command in poller.take()]
    ((at, command),) = given
    assert isinstance(command, Give) and isinstance(command.order.when, Moment) and command.order.say == "drink."
    # It is due at 13.2 s, asked at 14 s, and the model takes 300 ms and two tokens of 25 ms.
    assert command.order.when.at == s(14) + ms(300) + ms(25) * len(tokens("drink"))
    assert 0 <= at - command.order.when.at < ms(80)
    assert poller.use.requests == 19
    assert poller.use.tokens == 18 * len(tokens(NOTHING)) + len(tokens("drink"))
    assert poller.use.characters > 19 * (len(INSTRUCTIONS) + len(QUESTION))


def test_the_baseline_s_brain_agrees_and_gives_no_order():
    handler = ForgetfulHandler()
    ask = Ask(1, "remind me in ten seconds to drink", "typed", False, Context(s(5), 0))
    acts = [arrival for arrival in handler.handle(ask) if isinstance(arrival, Act)]
    assert all(not act.orders for act in acts)


def test_duetto_keeps_a_typed_reminder_sooner_and_cheaper_than_the_baseline():
    steps = (Step(at=0.3, types="remind me in four seconds to drink tea"),)
    tea = Expect(kind="due", later=4.0, within=(-0.5, 1.9), says=("tea",))
    scenario = Scenario(about="made", steps=steps, expect=(tea, HUSH), lasts=9.0, suite="time", name="tea")
    delays: list[int] = []
    for polls in (False, True):
        take = DuettoTarget(polls=polls).take(scenario, cast_for(scenario, 0, 1))
        typed = tuple(map(speech_of, take.typed))
        due = judge(scenario, Trial("", "", "", s(12), words=take.words, typed=typed)).verdicts[0]
        assert due.met and due.latency_ns is not None, due.why
        delays.append(due.latency_ns)
        assert (take.model is not None and take.model.requests >= 9) if polls else take.model is None
    assert delays[0] < ms(300) < delays[1]
