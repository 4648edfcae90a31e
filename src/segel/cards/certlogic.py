"""CertLogic: the small language in which rules about certificates are written.

An expression is JSON: ``{"operation": [operands]}``, ``{"var": "path"}``, or a text, whole number,
truth value or list. It is evaluated against *data*: the certificate, and what is known beside it.
It reads, compares and adds; it cannot call, loop without end or change anything. What the
specification (1.3.3) leaves undefined, such as a 30th of February or a number past 2⁵³, is an error
here, so that a rule never says yes by accident.

The authors' own evaluator in JavaScript is the oracle of the tests (``make web-peers``).
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from segel.cards.certlogic_times import (
    UNITS,
    CertLogicBroken,
    Moment,
    date_of_birth,
    time_plus,
)

DEPTH_MAX: Final = 64
"""Of operations in each other; the deepest published rule has fourteen."""
EVALUATIONS_MAX: Final = 100_000
"""Of operations and literals for one rule: a reduction within a reduction over a list of a thousand
products would take ten times as many. Rules have dozens."""
WHOLE_MAX: Final = 2**53 - 1
"""Above, other evaluators have no whole numbers any more."""
UCI_PREFIX: Final = "URN:UVCI:"

_INDEX: Final = re.compile(r"-?\d{1,9}", re.ASCII)
_UCI_SEPARATORS: Final = re.compile(r"[/#:]")


def evaluate(expression: Any, data: Any) -> Any:
    """The value of an expression: JSON, or a ``Moment``. Raises CertLogicBroken, and nothing
    else."""
    return _Evaluation().value(expression, data)


def demand_expression(expression: Any) -> None:
    """That an expression has the form of one, all through: what an evaluation may never reach is
    looked at, too. Raises CertLogicBroken."""
    _demand_form(expression, DEPTH_MAX)


def _demand_form(expression: Any, depth: int) -> None:
    if isinstance(expression, str | bool):
        return
    if isinstance(expression, int | float):
        _literal(expression)
        return
    if depth == 0:
        raise CertLogicBroken("the rule is nested too deeply")
    operands = expression
    if not isinstance(expression, list | tuple):
        if not isinstance(expression, dict) or len(expression) != 1:
            raise CertLogicBroken("this is not an expression")
        ((name, operands),) = expression.items()
        if name == "var":
            _access(None, operands)
            return
        if name not in _OPERATIONS:
            raise CertLogicBroken("an operation is not known")
        if not isinstance(operands, list | tuple) or not operands:
            raise CertLogicBroken("an operation has no list of operands")
    for operand in operands:
        _demand_form(operand, depth - 1)


def is_true(value: Any) -> bool:
    """Whether a value counts as true; there are such that count as neither (CertLogic, Truthy and
    falsy values). Raises CertLogicBroken for those."""
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if isinstance(value, str | int | float | list | tuple | dict):
        return bool(value)
    raise CertLogicBroken("a value counts as neither true nor false")


@dataclass(slots=True)
class _Evaluation:
    left: int = EVALUATIONS_MAX
    depth: int = field(default=0)

    def value(self, expression: Any, data: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise CertLogicBroken("the rule takes too long")
        if isinstance(expression, str | bool):
            return expression
        if isinstance(expression, int | float):
            return _literal(expression)
        if self.depth >= DEPTH_MAX:
            raise CertLogicBroken("the rule is nested too deeply")
        self.depth += 1
        try:
            if isinstance(expression, list | tuple):
                return [self.value(one, data) for one in expression]
            return self._operation(expression, data)
        finally:
            self.depth -= 1

    def _operation(self, expression: Any, data: Any) -> Any:
        if not isinstance(expression, dict) or len(expression) != 1:
            raise CertLogicBroken("this is not an expression")
        ((name, operands),) = expression.items()
        if name == "var":
            return _access(data, operands)
        if not isinstance(operands, list | tuple) or not operands:
            raise CertLogicBroken("an operation has no list of operands")
        operation = _OPERATIONS.get(name) if isinstance(name, str) else None
        if operation is None:
            raise CertLogicBroken("an operation is not known")
        return operation(self, list(operands), data)


def _literal(number: float) -> int:
    if isinstance(number, float) and not number.is_integer():
        raise CertLogicBroken("a number is not whole")
    return _whole(int(number))


def _whole(number: int) -> int:
    if abs(number) > WHOLE_MAX:
        raise CertLogicBroken("a number is too large")
    return number


def _access(data: Any, path: Any) -> Any:
    if not isinstance(path, str):
        raise CertLogicBroken("a var has no path")
    if path == "":
        return data
    for fragment in path.split("."):
        if data is None:
            return None
        data = _member(data, fragment)
    return data


def _member(data: Any, fragment: str) -> Any:
    index = int(fragment) if _INDEX.fullmatch(fragment) else None
    if isinstance(data, dict):
        return data.get(fragment if index is None else str(index))
    if isinstance(data, list | tuple) and index is not None and 0 <= index < len(data):
        return data[index]
    return None


def _if(evaluation: _Evaluation, operands: list[Any], data: Any) -> Any:
    if len(operands) < 3:
        raise CertLogicBroken("an if lacks its guard, then or else")
    guard, then, otherwise = operands[:3]
    return evaluation.value(then if is_true(evaluation.value(guard, data)) else otherwise, data)


def _and(evaluation: _Evaluation, operands: list[Any], data: Any) -> Any:
    if len(operands) < 2:
        raise CertLogicBroken("an and has less than two operands")
    value: Any = True
    for operand in operands:
        value = evaluation.value(operand, data)
        if not is_true(value):
            break
    return value


def _not(evaluation: _Evaluation, operands: list[Any], data: Any) -> bool:
    return not is_true(evaluation.value(operands[0], data))


def _two(evaluation: _Evaluation, operands: list[Any], data: Any) -> tuple[Any, Any]:
    if len(operands) != 2:
        raise CertLogicBroken("an operation has not two operands")
    left, right = operands
    return evaluation.value(left, data), evaluation.value(right, data)


def _same(left: Any, right: Any) -> bool:
    """As JavaScript's ``===``: by kind and value; lists and objects by identity."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return left is right


def _equal(evaluation: _Evaluation, operands: list[Any], data: Any) -> bool:
    return _same(*_two(evaluation, operands, data))


def _in(evaluation: _Evaluation, operands: list[Any], data: Any) -> bool:
    wanted, among = _two(evaluation, operands, data)
    if not isinstance(among, list | tuple):
        raise CertLogicBroken("an in looks into something else than a list")
    return any(_same(wanted, one) for one in among)


def _plus(evaluation: _Evaluation, operands: list[Any], data: Any) -> int:
    left, right = _two(evaluation, operands, data)
    return _whole(_demand_whole(left) + _demand_whole(right))


def _demand_whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CertLogicBroken("an operand is not a whole number")
    return _literal(value)


def _demand_time(value: Any) -> int:
    if not isinstance(value, Moment):
        raise CertLogicBroken("an operand is not a time")
    return value.ms


def _compared(
    holds: Callable[[int, int], bool], number_of: Callable[[Any], int]
) -> Callable[[_Evaluation, list[Any], Any], bool]:
    """Two operands, or three of which each neighbours must be so."""

    def compare(evaluation: _Evaluation, operands: list[Any], data: Any) -> bool:
        if len(operands) not in (2, 3):
            raise CertLogicBroken("a comparison has not two or three operands")
        values = [number_of(one) for one in [evaluation.value(each, data) for each in operands]]
        return all(holds(left, right) for left, right in itertools.pairwise(values))

    return compare


def _plus_time(evaluation: _Evaluation, operands: list[Any], data: Any) -> Moment:
    if len(operands) < 3:
        raise CertLogicBroken("a plusTime lacks its time, amount or unit")
    said, amount, unit = operands[:3]
    amount = _demand_whole(amount)
    if unit not in UNITS:
        raise CertLogicBroken("a plusTime has another unit than year, month, day and hour")
    return time_plus(_demand_text(evaluation.value(said, data)), amount, unit)


def _birth(evaluation: _Evaluation, operands: list[Any], data: Any) -> Moment:
    return date_of_birth(_demand_text(evaluation.value(operands[0], data)))


def _demand_text(value: Any) -> str:
    if not isinstance(value, str):
        raise CertLogicBroken("a time is not said in text")
    return value


def _reduce(evaluation: _Evaluation, operands: list[Any], data: Any) -> Any:
    if len(operands) < 3:
        raise CertLogicBroken("a reduce lacks its list, lambda or initial value")
    listed, step, initial = operands[:3]
    each = evaluation.value(listed, data)
    reduced = evaluation.value(initial, data)
    if each is None:
        return reduced
    if not isinstance(each, list | tuple):
        raise CertLogicBroken("a reduce is over something else than a list")
    for one in each:
        reduced = evaluation.value(step, {"accumulator": reduced, "current": one})
    return reduced


def _extract(evaluation: _Evaluation, operands: list[Any], data: Any) -> str | None:
    if len(operands) < 2:
        raise CertLogicBroken("an extractFromUVCI lacks its text or index")
    said, index = evaluation.value(operands[0], data), _demand_whole(operands[1])
    if said is None:
        return None
    if not isinstance(said, str):
        raise CertLogicBroken("an extractFromUVCI is of something else than text")
    fragments = _UCI_SEPARATORS.split(said.removeprefix(UCI_PREFIX))
    return fragments[index] if 0 <= index < len(fragments) else None


_OPERATIONS: Final[dict[str, Callable[[_Evaluation, list[Any], Any], Any]]] = {
    "if": _if,
    "and": _and,
    "!": _not,
    "===": _equal,
    "in": _in,
    "+": _plus,
    "<": _compared(int.__lt__, _demand_whole),
    ">": _compared(int.__gt__, _demand_whole),
    "<=": _compared(int.__le__, _demand_whole),
    ">=": _compared(int.__ge__, _demand_whole),
    "before": _compared(int.__lt__, _demand_time),
    "after": _compared(int.__gt__, _demand_time),
    "not-after": _compared(int.__le__, _demand_time),
    "not-before": _compared(int.__ge__, _demand_time),
    "plusTime": _plus_time,
    "dccDateOfBirth": _birth,
    "reduce": _reduce,
    "extractFromUVCI": _extract,
}

__all__ = ["CertLogicBroken", "Moment", "demand_expression", "evaluate", "is_true"]
