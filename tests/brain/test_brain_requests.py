"""What duetto says and does for each of some two hundred requests, asked of a fresh brain at 10:00:10 UTC."""

from __future__ import annotations

import pytest

from duetto.timeline.arrival import Act
from duetto.timeline.clock import s
from duetto.timeline.order import Interval, Moment, Sight

NOW = s(10)


def in_(seconds):
    return Moment(NOW + s(seconds))


def every(seconds):
    return Interval(NOW, s(seconds))


SPOKEN = [
    ("what is twelve times seven", "12 times 7 is 84."),
    ("what is two plus three times four", "2 plus 3 times 4 is 14."),
    ("what is twelve plus seven times three", "12 plus 7 times 3 is 33."),
    ("how much is a hundred and five minus six", "105 minus 6 is 99."),
    ("what is ten percent of fifty", "10 percent of 50 is 5."),
    ("what is the square root of nine", "The square root of 9 is 3."),
    ("what is five squared", "5 squared is 25."),
    ("what is three point five times two", "3.5 times 2 is 7."),
    ("twelve divided by four", "12 divided by 4 is 3."),
    ("divide ten by zero", "Dividing by zero has no answer, I am afraid."),
    ("add five and seven", "5 plus 7 is 12."),
    ("subtract three from ten", "10 minus 3 is 7."),
    ("half of ten", "Half of 10 is 5."),
    ("what is twice twenty one", "Twice 21 is 42."),
    ("convert ten miles to kilometers", "10 miles is about 16.09 kilometers."),
    ("how many feet are in a mile", "1 mile is 5280 feet."),
    ("how many minutes are there in a day", "1 day is 1440 minutes."),
    ("what is twenty degrees celsius in fahrenheit", "20 degrees Celsius is 68 degrees Fahrenheit."),
    ("fifty miles per hour in kilometers per hour", "50 miles per hour is about 80.47 kilometers per hour."),
    ("a mile in kilometers", "1 mile is about 1.61 kilometers."),
    ("two pounds in kilograms", "2 pounds is about 0.91 kilograms."),
    ("what time is it", "It is ten o'clock in the morning."),
    ("can you tell me what time it is", "It is ten o'clock in the morning."),
    ("what is the time please", "It is ten o'clock in the morning."),
    ("do you know the time", "It is ten o'clock in the morning."),
    ("what day is it", "It is Thursday."),
    ("what day of the week is it", "It is Thursday."),
    ("what is the date", "It is Thursday, | January the 1st."),
    ("what is today's date", "It is Thursday, | January the 1st."),
    ("what day is tomorrow", "Tomorrow is Friday, | January the 2nd."),
    ("what year is it", "It is 2026."),
    ("how long until midnight", "13 hours and 59 minutes until midnight."),
    ("how long until half past five", "7 hours and 29 minutes until half past five."),
    ("how long until christmas", "357 days and 13 hours until Christmas."),
    ("how long is it until friday", "13 hours and 59 minutes until Friday."),
    ("how long is left", "No timer is running."),
    ("how much time is left on the timer", "No timer is running."),
    ("what reminders do i have", "Nothing is set at the moment."),
    ("list my timers", "Nothing is set at the moment."),
    ("cancel the timer", "There is nothing to cancel."),
    ("cancel all reminders", "There is nothing to cancel."),
    ("stop reminding me", "There is nothing to cancel."),
    ("cancel everything", "There is nothing to cancel."),
    ("cancel timer two", "There is nothing to cancel."),
    ("add milk to my shopping list", "Milk is on your shopping list."),
    ("put bread and butter on the shopping list", "Bread and butter are on your shopping list."),
    ("what is on my shopping list", "Your shopping list is empty."),
    ("read me my shopping list", "Your shopping list is empty."),
    ("remove milk from my shopping list", "I do not find milk on your shopping list."),
    ("take eggs off the list", "I do not find eggs on your list."),
    ("clear my shopping list", "Your shopping list is empty now."),
    ("how many things are on my list", "There is nothing on your list."),
    ("note that the door code is four five six", "Noted."),
    ("remember that the meeting is on monday", "Noted."),
    ("make a note that the key is in the box", "Noted."),
    ("write down call the bank", "Noted."),
    ("what did i note", "You have noted nothing yet."),
    ("read my notes", "You have noted nothing yet."),
    ("my name is ada", "Hello, Ada."),
    ("call me peter", "Hello, Peter."),
    ("what is my name", "You have not told me your name."),
    ("do you know my name", "You have not told me your name."),
    ("who am i", "You have not told me your name."),
    ("read this", "I have no text to read. | Type one, and I will."),
    ("read this aloud", "I have no text to read. | Type one, and I will."),
    ("read what i typed", "I have no text to read. | Type one, and I will."),
    ("where are you", "I am not reading anything."),
    ("where were you", "I am not reading anything."),
    ("how far are you", "I am not reading anything."),
    ("go on", "There is nothing to go on with."),
    ("go on from there", "There is nothing to go on with."),
    ("continue reading", "There is nothing to go on with."),
    ("keep going", "There is nothing to go on with."),
    ("start again", "There is nothing to go on with."),
    ("start over from the beginning", "There is nothing to go on with."),
    ("repeat that", "I have not said anything yet."),
    ("say that again", "I have not said anything yet."),
    ("what was that", "I have not said anything yet."),
    (
        "count to twenty by twos",
        "two, | four, | six, | eight, | ten, | twelve, | fourteen, | sixteen, | eighteen, | twenty.",
    ),
    ("count from five to ten", "five, | six, | seven, | eight, | nine, | ten."),
    ("count down from ten", "ten, | nine, | eight, | seven, | six, | five, | four, | three, | two, | one."),
    ("count down from ten to five", "ten, | nine, | eight, | seven, | six, | five."),
    (
        "count from ten to one hundred by tens",
        "ten, | twenty, | thirty, | forty, | fifty, | sixty, | seventy, | eighty, | ninety, | one hundred.",
    ),
    ("what do you see", "I see nothing, | I have no picture."),
    ("what can you see", "I see nothing, | I have no picture."),
    ("what is in front of the camera", "I see nothing, | I have no picture."),
    ("is anybody there", "I see nothing, | I have no picture."),
    ("can you see me", "I see nothing, | I have no picture."),
    ("how many people do you see", "I see nothing, | I have no picture."),
    ("what color is it", "I see nothing, | I have no picture."),
    ("what colors do you see", "I see nothing, | I have no picture."),
    ("is something moving", "I see nothing, | I have no picture."),
    ("did something move", "I see nothing, | I have no picture."),
    ("what happened", "I see nothing, | I have no picture."),
    ("what just happened", "I see nothing, | I have no picture."),
    ("is it dark", "I see nothing, | I have no picture."),
    ("how bright is it", "I see nothing, | I have no picture."),
    ("where is it", "I see nothing, | I have no picture."),
    ("what moved", "I see nothing, | I have no picture."),
    ("what did i say", "You have not said anything before."),
    ("what did i just say", "You have not said anything before."),
    ("what did i say first", "This is the first thing."),
    ("what did i say before that", "I remember nothing before that."),
    ("when did i say that", "You have not said anything before."),
    ("when did i say hello", "I did not hear you say hello."),
    ("what did you say", "I have not said anything yet."),
    ("what did i type", "You have not typed anything."),
    ("what am i typing", "You are not typing anything."),
    ("hello", "Hello."),
    ("good morning", "Hello."),
    ("thank you", "You are welcome."),
    ("thanks a lot", "You are welcome."),
    ("goodbye", "Goodbye."),
    ("how are you", "I am fine, thank you."),
    ("who are you", "I am duetto. | I listen and speak at the same time."),
    ("what is your name", "I am duetto. | I listen and speak at the same time."),
    ("can you hear me", "Yes, I hear you."),
    ("yes", ""),
    ("no", ""),
    ("what is eight minus twelve", "8 minus 12 is minus 4."),
    ("what is ten divided by three", "10 divided by 3 is about 3.33."),
    ("what is one thousand two hundred and thirty four plus six", "1234 plus 6 is 1240."),
    ("what is two to the power of ten", "2 to the power of 10 is 1024."),
    ("what is five cubed", "5 cubed is 125."),
    ("what is the square root of sixteen plus four", "The square root of 16 plus 4 is 8."),
    ("what is two point five plus two point five", "2.5 plus 2.5 is 5."),
    ("calculate nine times nine", "9 times 9 is 81."),
    ("work out ninety nine over three", "99 over 3 is 33."),
    ("multiply five by seven", "5 times 7 is 35."),
    ("double twenty one", "Double 21 is 42."),
    ("convert zero degrees fahrenheit to celsius", "0 degrees Fahrenheit is about minus 17.78 degrees Celsius."),
    ("how many kilometers are in ten miles", "10 miles is about 16.09 kilometers."),
    ("how many cups are there in a gallon", "1 gallon is 16 cups."),
    ("convert ninety minutes to hours", "90 minutes is 1.5 hours."),
    ("how many seconds are in an hour", "1 hour is 3600 seconds."),
    ("set a timer for zero seconds", "That is too short for me. | One second is the least."),
    ("set a timer for one hundred hours", "That is too long for me. | I can wait one day at most."),
    ("what is on my packing list", "Your packing list is empty."),
    ("is there any milk on my list", "No, no milk."),
    ("delete my list", "Your list is empty now."),
    ("forget my notes", "Your notes are gone."),
    ("count to ten by twos", "two, | four, | six, | eight, | ten."),
    ("count to three", "one, | two, | three."),
    ("count from three to one", "three, | two, | one."),
    ("count down from three", "three, | two, | one."),
    ("count to ten thousand", "That is a lot of numbers. | I count 200 at most."),
    ("count to zero", "zero."),
    ("count from one to nine in steps of two", "one, | three, | five, | seven, | nine."),
    ("whats your name", "I am duetto. | I listen and speak at the same time."),
    ("nope", ""),
    ("thank you very much", "You are welcome."),
    ("how long until quarter past ten", "14 minutes and 50 seconds until quarter past ten."),
    ("how long until the weekend", "1 day and 13 hours until the weekend."),
    ("how long until the new year", "364 days and 13 hours until the new year."),
    ("what day was yesterday", "Yesterday was Wednesday, | December the 31st."),
    ("what month is it", "It is January."),
    ("is it bright", "I see nothing, | I have no picture."),
    ("what is half a mile in kilometers", "0.5 miles is about 0.8 kilometers."),
    ("what is two and a half times four", "2.5 times 4 is 10."),
    ("count to five hundred", "That is a lot of numbers. | I count 200 at most."),
    ("what is one divided by seven", "1 divided by 7 is about 0.14."),
    ("what is one divided by one thousand", "1 divided by 1000 is 0.001."),
    ("two and a half miles in kilometers", "2.5 miles is about 4.02 kilometers."),
]

TYPED = [
    ("10 / 50% of 8", "10 divided by 50 percent of 8 is 2.5."),
    ("3*4", "3 times 4 is 12."),
    ("What's 12.5% of 80?", "12.5 percent of 80 is 10."),
    ("2^10", "2 to the power of 10 is 1024."),
    ("10 / 4", "10 divided by 4 is 2.5."),
    ("1,250 + 750", "1250 plus 750 is 2000."),
    ("10 km in miles", "10 kilometers is about 6.21 miles."),
    ("20°C in F", "20 degrees Celsius is 68 degrees Fahrenheit."),
    ("100 km/h in mph", "100 kilometers per hour is about 62.14 miles per hour."),
    ("3 GB in MB", "3 gigabytes is 3000 megabytes."),
    ("2.5 kg to pounds", "2.5 kilograms is about 5.51 pounds."),
    ("Hello!", "Hello."),
    ("What time is it?", "It is ten o'clock in the morning."),
    ("Count to 3.", "one, | two, | three."),
    (
        "read: one two three four five six seven eight nine ten eleven twelve thirteen fourteen",
        "one two three four five six seven | eight nine ten eleven twelve thirteen fourteen",
    ),
]

ORDERS = [
    ("set a timer for ten seconds", in_(10), "Your timer of 10 seconds is up.", None, "10 seconds, | starting now."),
    (
        "set a timer for two minutes and thirty seconds",
        in_(150),
        "Your timer of 2 minutes and 30 seconds is up.",
        None,
        "2 minutes and 30 seconds, | starting now.",
    ),
    (
        "could you start a timer for half a minute",
        in_(30),
        "Your timer of 30 seconds is up.",
        None,
        "30 seconds, | starting now.",
    ),
    ("set a ten minute timer", in_(600), "Your timer of 10 minutes is up.", None, "10 minutes, | starting now."),
    (
        "remind me in ten seconds to drink water",
        in_(10),
        "You wanted to drink water.",
        None,
        "All right, | in 10 seconds.",
    ),
    (
        "remind me to drink water in ten seconds",
        in_(10),
        "You wanted to drink water.",
        None,
        "All right, | in 10 seconds.",
    ),
    (
        "in two minutes remind me to call my mother",
        in_(120),
        "You wanted to call your mother.",
        None,
        "All right, | in 2 minutes.",
    ),
    (
        "remind me in five minutes that the tea is ready",
        in_(300),
        "The tea is ready.",
        None,
        "All right, | in 5 minutes.",
    ),
    (
        "remind me every four seconds to breathe",
        every(4),
        "Breathe.",
        None,
        "All right, | every 4 seconds | from now on.",
    ),
    (
        "remind me every four seconds to breathe until i say stop",
        every(4),
        "Breathe.",
        None,
        "All right, | every 4 seconds | until you say stop.",
    ),
    (
        "every ten seconds remind me to sit straight",
        every(10),
        "Sit straight.",
        None,
        "All right, | every 10 seconds | from now on.",
    ),
    ("remind me to stretch every minute", every(60), "Stretch.", None, "All right, | every minute | from now on."),
    ("say hello every five seconds", every(5), "Hello.", None, "All right, | every 5 seconds | from now on."),
    (
        "remind me at half past five to leave",
        in_(26990),
        "You wanted to leave.",
        None,
        "All right, | at five thirty in the afternoon.",
    ),
    (
        "set an alarm for seven thirty",
        in_(34190),
        "It is seven thirty in the evening.",
        None,
        "All right, | at seven thirty in the evening.",
    ),
    (
        "wake me up at eight",
        in_(35990),
        "It is eight o'clock in the evening.",
        None,
        "All right, | at eight o'clock in the evening.",
    ),
    (
        "tell me when you see something move",
        Sight("motion"),
        "I see something moving in the {region}.",
        1,
        "All right, | I will tell you when I see something moving.",
    ),
    (
        "tell me when you see something move on the left",
        Sight("motion", "left third"),
        "I see something moving on the left.",
        1,
        "All right, | I will tell you when I see something moving on the left.",
    ),
    (
        "let me know when something moves",
        Sight("motion"),
        "I see something moving in the {region}.",
        1,
        "All right, | I will tell you when I see something moving.",
    ),
    (
        "tell me when someone comes in",
        Sight("person"),
        "Someone has come in.",
        1,
        "All right, | I will tell you when someone comes in.",
    ),
    (
        "tell me whenever you see a face",
        Sight("face"),
        "I see someone.",
        None,
        "All right, | I will tell you each time I see someone.",
    ),
    (
        "tell me when it gets dark",
        Sight("dark"),
        "It has become dark.",
        1,
        "All right, | I will tell you when it gets dark.",
    ),
    (
        "let me know if the light goes off",
        Sight("dark"),
        "It has become dark.",
        1,
        "All right, | I will tell you when it gets dark.",
    ),
    (
        "watch for movement",
        Sight("motion"),
        "I see something moving in the {region}.",
        None,
        "All right, | I will tell you each time I see something moving.",
    ),
    (
        "wake me in an hour and a half",
        in_(5400),
        "Your timer of 1 hour and 30 minutes is up.",
        None,
        "1 hour and 30 minutes, | starting now.",
    ),
    (
        "set a timer for an hour and a half",
        in_(5400),
        "Your timer of 1 hour and 30 minutes is up.",
        None,
        "1 hour and 30 minutes, | starting now.",
    ),
    (
        "set a timer for two and a half minutes",
        in_(150),
        "Your timer of 2 minutes and 30 seconds is up.",
        None,
        "2 minutes and 30 seconds, | starting now.",
    ),
    ("remind me every second to smile", every(1), "Smile.", None, "All right, | every second | from now on."),
    (
        "remind me every half a minute to look up",
        every(30),
        "Look up.",
        None,
        "All right, | every 30 seconds | from now on.",
    ),
    (
        "remind me every two minutes to drink some water",
        every(120),
        "Drink some water.",
        None,
        "All right, | every 2 minutes | from now on.",
    ),
    (
        "say breathe every four seconds until i say stop",
        every(4),
        "Breathe.",
        None,
        "All right, | every 4 seconds | until you say stop.",
    ),
    (
        "tell me every time you see something move",
        Sight("motion"),
        "I see something moving in the {region}.",
        None,
        "All right, | I will tell you each time I see something moving.",
    ),
    (
        "warn me when there is movement in the middle",
        Sight("motion", "middle third"),
        "I see something moving in the middle.",
        1,
        "All right, | I will tell you when I see something moving in the middle.",
    ),
    (
        "tell me when the picture changes",
        Sight("scene"),
        "The picture has changed.",
        1,
        "All right, | I will tell you when the picture changes.",
    ),
    (
        "look out for people",
        Sight("face"),
        "I see someone.",
        None,
        "All right, | I will tell you each time I see someone.",
    ),
    (
        "tell me when it gets bright",
        Sight("bright"),
        "It has become bright.",
        1,
        "All right, | I will tell you when it gets bright.",
    ),
    ("Remind me every 4 seconds to breathe", every(4), "Breathe.", None, "All right, | every 4 seconds | from now on."),
    ("Set a timer for 5 min", in_(300), "Your timer of 5 minutes is up.", None, "5 minutes, | starting now."),
    (
        "remind me at 17:30 to leave",
        in_(26990),
        "You wanted to leave.",
        None,
        "All right, | at five thirty in the afternoon.",
    ),
    ("remind me at noon to eat", in_(7190), "You wanted to eat.", None, "All right, | at noon."),
    (
        "wake me up at quarter to seven in the morning",
        in_(74690),
        "It is six forty five in the morning.",
        None,
        "All right, | at six forty five in the morning.",
    ),
]


@pytest.mark.parametrize(("request_", "clauses"), SPOKEN)
def test_spoken(talk, request_, clauses):
    said = talk.say(request_)
    assert " | ".join(said.clauses) == clauses
    assert (said.gist.understood, said.act) == ("whole", None)


@pytest.mark.parametrize(("request_", "clauses"), TYPED)
def test_typed(talk, request_, clauses):
    assert " | ".join(talk.say(request_, "typed").clauses) == clauses


@pytest.mark.parametrize(("request_", "when", "say", "limit", "clauses"), ORDERS)
def test_orders(talk, request_, when, say, limit, clauses):
    said = talk.say(request_)
    assert (said.order.when, said.order.say, said.order.limit) == (when, say, limit)
    assert " | ".join(said.clauses) == clauses
    assert said.act == Act(1, orders=(said.order,))


@pytest.mark.parametrize("request_", ["stop", "stop it", "please stop", "be quiet", "that is enough", "okay stop"])
def test_stop_with_nothing_to_stop(talk, request_):
    assert talk.say(request_).act == Act(1, stop=True)


def test_no_clause_is_long_or_unspeakable():
    for _, clauses in SPOKEN + TYPED:
        for clause in clauses.split(" | "):
            assert len(clause.split()) <= 14
            assert not set(clause) & set("*_#+=/<>|{}[]%")


@pytest.mark.parametrize("request_", ["help", "help me", "what can you do", "what can i say"])
def test_help(talk, request_):
    said = talk.say(request_)
    assert said.clauses[0] == "I can do sums,"
    assert len(said.clauses) == 8


def test_counting_has_a_clause_for_each_number(talk):
    said = talk.say("count to two hundred")
    assert len(said.clauses) == 200
    assert said.clauses[:2] == ["one,", "two,"]
    assert said.clauses[-1] == "two hundred."
    assert len(talk.say("count to two hundred and one").clauses) == 2
