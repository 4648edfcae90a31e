"""The crawler's and the rooted gateway's drills, run as a user runs them.

Each is run with the budgets, and with the budgets turned off: then it has to tell that the promise
did not hold, or it would not notice the day when it does not.
"""

import re
import subprocess

from support.running import segel

WAYS = 6


def drill(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return segel("drill", *arguments, timeout_s=500)


def test_a_crawler_takes_exactly_its_budget_in_whichever_way_it_hurries() -> None:
    done = drill("crawler")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    assert len(re.findall(r"\b30 +30 +\d+ +held", done.stdout)) == WAYS


def test_without_budgets_the_crawler_takes_everybody_and_the_drill_says_so() -> None:
    done = drill("crawler", "--patients", "40", "--without-budgets")
    assert done.returncode == 1
    assert len(re.findall(r"\b40 +30 +0 +not held", done.stdout)) == WAYS
    assert "The promise did not hold: 40 of 40" in done.stderr


def test_a_rooted_gateway_takes_no_more_than_the_open_sessions_may() -> None:
    done = drill("rooted-gateway")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    told = re.search(r"(\d+) of 120 patients could be read; .* had (\d+) left", done.stdout)
    assert told
    assert 30 < int(told[1]) <= int(told[2]), "it took something, or it tried nothing"


def test_without_budgets_a_rooted_gateway_takes_everybody_and_the_drill_says_so() -> None:
    done = drill("rooted-gateway", "--without-budgets")
    assert done.returncode == 1
    assert "120 of 120 patients could be read" in done.stdout
    assert "The promise did not hold" in done.stderr
