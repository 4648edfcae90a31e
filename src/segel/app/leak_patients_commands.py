"""``segel leak patients``: what patients' own pages answer to "was I affected?"."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from segel.app.case_names import CaseName, case_of
from segel.app.freeze_commands import DEFAULT_HOME, HomeFolder, PersonsToken, moment
from segel.app.freeze_commands import requester as requester_of
from segel.app.operator import ask

app = typer.Typer(
    help="What patients' own pages answer to “was I affected?”.", no_args_is_help=True
)
console = Console(soft_wrap=True, highlight=False, markup=False)


@app.command()
def show(case: CaseName, token: PersonsToken, home: HomeFolder = DEFAULT_HOME) -> None:
    """Say what they answer now, and what they would."""
    from segel.app import leak_documents

    case_id, who = case_of(home, token, case), requester_of(token)
    view = ask(home, lambda broker: broker.cases.show(who, case_id))
    if view.patients_told_s:
        console.print(
            f"Since {moment(view.patients_told_s)}: yes for {view.patients_told} registrations."
        )
    else:
        console.print("They say nothing of this case.")
    would = leak_documents.ask(home, lambda telling: telling.own_answers(who, view))
    if would is None:
        console.print("They can answer once a document for patients is signed: segel leak sign.")
        return
    for language, said in would.answers.items():
        console.print(f"\n{language}, affected:   {said.affected}")
        console.print(f"{language}, unaffected: {said.unaffected}")


@app.command()
def tell(
    case: CaseName,
    warrant: Annotated[
        list[UUID], typer.Option(help="Under which they were recognised; again for more.")
    ],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Have each patient's page answer: yes for whom these warrants recognised, no for the others.

    What they answered before is replaced. The words come from the findings of the newest signed
    document for patients; ``show`` prints them.
    """
    from segel.app import leak_documents

    case_id, who = case_of(home, token, case), requester_of(token)
    people = leak_documents.ask(home, lambda telling: telling.tell_patients(who, case_id, warrant))
    console.print(f"Patients' pages answer: yes for {people} registrations, no for the others.")


@app.command()
def untell(
    case: CaseName,
    reason: Annotated[str, typer.Option(help="Why, for the case's timeline.")],
    token: PersonsToken,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take it back: patients' pages say nothing of the case any more."""
    case_id, who = case_of(home, token, case), requester_of(token)
    ask(home, lambda broker: broker.cases.untell_patients(who, case_id, reason))
    console.print("Patients' pages say nothing of this case any more.")
