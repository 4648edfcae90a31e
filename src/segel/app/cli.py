"""``segel``: the command line. Each command says what it did, or what was wrong and what to do.

Exit status: 0 done, 1 refused or failed (with a reason on stderr), 2 wrong usage.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segel.app import (
    account_commands,
    alerts_commands,
    approvals_commands,
    audit,
    audit_commands,
    break_glass_commands,
    card_commands,
    card_issuing_commands,
    client_commands,
    declaration_commands,
    decoys_commands,
    enrolment,
    erase_commands,
    freeze_commands,
    hl7_commands,
    hospital_commands,
    importing_command,
    keys_commands,
    lab_commands,
    leak_answer_commands,
    leak_columns_command,
    leak_commands,
    leak_contain_command,
    leak_mark_command,
    leak_match_command,
    leak_warrant_commands,
    lifecycle,
    log_commands,
    national_commands,
    onboard_command,
    openbao_command,
    patient_commands,
    reasons_commands,
    requests_commands,
    retention_commands,
    session_commands,
    subscription_commands,
    witness_commands,
)
from segel.app.drills import commands as drill_commands
from segel.app.synth import command as synth_command
from segel.domain.errors import SegelError

HOME_OPTION = typer.Option("--home", envvar="SEGEL_HOME", help="The folder that holds everything.")
HomeFolder = Annotated[Path, HOME_OPTION]
DEFAULT_HOME = Path(".segel")

app = typer.Typer(
    name="segel",
    help="The patient-record and medical-imaging archive that stays sealed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="Check and show the audit log.", no_args_is_help=True)
peer_app = typer.Typer(help="The devices and PACS that speak DIMSE.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
hospital_commands.app.command("template")(onboard_command.template)
hospital_commands.app.command("onboard")(onboard_command.onboard)
hospital_commands.app.command("invite")(onboard_command.invite)
app.add_typer(hospital_commands.app, name="hospital")
app.add_typer(hospital_commands.departments, name="department")
app.add_typer(peer_app, name="peer")
app.add_typer(account_commands.app, name="account")
app.add_typer(client_commands.app, name="client")
app.add_typer(hl7_commands.app, name="hl7")
app.add_typer(lab_commands.app, name="lab")
leak_contain_command.add_to(leak_commands.app)
leak_commands.app.command("match")(leak_match_command.match)
leak_commands.app.command("columns")(leak_columns_command.columns)
leak_commands.app.command("extent")(leak_answer_commands.extent)
leak_commands.app.command("origin")(leak_answer_commands.origin)
leak_mark_command.add_to(leak_commands.app)
leak_commands.app.add_typer(leak_warrant_commands.app, name="warrant")
app.add_typer(leak_commands.app, name="leak")
app.add_typer(national_commands.app, name="national")
app.add_typer(session_commands.app, name="sessions")
app.add_typer(subscription_commands.app, name="subscription")
app.add_typer(keys_commands.app, name="keys")
keys_commands.app.command("init-openbao")(openbao_command.init_openbao)
app.add_typer(decoys_commands.app, name="decoys")
app.add_typer(drill_commands.app, name="drill")
app.add_typer(freeze_commands.app, name="freeze")
app.command("unfreeze")(freeze_commands.unfreeze)
app.add_typer(approvals_commands.app, name="approvals")
app.add_typer(patient_commands.app, name="patient-account")
audit_commands.add_to(audit_app)
app.add_typer(alerts_commands.app, name="alerts")
app.add_typer(break_glass_commands.app, name="break-glass")
app.add_typer(reasons_commands.app, name="reasons")
app.add_typer(witness_commands.app, name="witness")
audit_app.command("verify")(log_commands.verify)
audit_app.command("witnesses")(log_commands.witnesses)
audit_app.command("receipt")(log_commands.receipt)
app.add_typer(erase_commands.app, name="erase")
app.command("synth")(synth_command.synth)
card_issuing_commands.add_to(card_commands.app)
app.add_typer(card_commands.app, name="card")
app.add_typer(requests_commands.app, name="requests")
app.add_typer(retention_commands.app, name="retention")
app.add_typer(declaration_commands.app, name="declarations")


@app.command()
def up(
    home: HomeFolder = DEFAULT_HOME,
    http: Annotated[str | None, typer.Option(help="HOST:PORT of console and DICOMweb.")] = None,
    dimse: Annotated[str | None, typer.Option(help="HOST:PORT that modalities send to.")] = None,
    mllp: Annotated[str | None, typer.Option(help="HOST:PORT that HL7 messages go to.")] = None,
    viewer: Annotated[str | None, typer.Option(help="HOST:PORT of the OHIF viewer.")] = None,
    viewer_folder: Annotated[
        Path | None, typer.Option(help="OHIF's built files; without them only the light viewer.")
    ] = None,
    web_packages: Annotated[
        Path | None, typer.Option(help="npm packages of pages with a camera: the card verifier.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Invented hospitals, people, patients; loopback only.")
    ] = False,
    production: Annotated[
        bool, typer.Option("--production", help="Real patients: refuse whatever is not fit for it.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when all doors are open.")
    ] = False,
) -> None:
    """Start Segel, and keep it running."""
    said = {
        "http": http,
        "dimse": dimse,
        "mllp": mllp,
        "viewer": viewer,
        "viewer_folder": str(viewer_folder.absolute()) if viewer_folder else None,
        "web_packages": str(web_packages.absolute()) if web_packages else None,
        "demo": demo or None,
        "production": production or None,
    }
    if detach:
        lifecycle.up_detached(home, settings, said)
    else:
        lifecycle.up(home, settings, said)


@app.command()
def down(home: HomeFolder = DEFAULT_HOME) -> None:
    """Stop Segel: what is under way is finished first."""
    lifecycle.down(home)


@app.command()
def status(
    home: HomeFolder = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what runs, and where. Exit status 1 where not everything is ready."""
    ready = lifecycle.show(home, as_json=as_json)
    if ready and not as_json:
        log_commands.show_line(home)
    raise typer.Exit(0 if ready else 1)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files, folders, zips.")],
    hospital: Annotated[str, typer.Option(help="Code of the hospital they belong to.")],
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Store DICOM files. Broken off, just start it again: what is stored is recognised."""
    raise typer.Exit(0 if importing_command.run(home, paths, hospital) else 1)


@app.command(
    "scan-copy",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def scan_copy(context: typer.Context) -> None:
    """Search a copied home for given terms, as a thief would. See `segel scan-copy --help`."""
    from segel.accountability.scan_copy import cli

    raise typer.Exit(cli.main(context.args))


@audit_app.command("show")
def audit_show(
    token: Annotated[str, typer.Option(envvar="SEGEL_TOKEN", help="Whose trail: their token.")],
    home: HomeFolder = DEFAULT_HOME,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Show the newest audit events of an account."""
    audit.show(home, token, limit)


@peer_app.command("add")
def peer_add(
    ae_title: Annotated[str, typer.Argument(help="The AE title by which it calls.")],
    hospital: Annotated[str, typer.Option(help="Code of its hospital.")],
    called: Annotated[str, typer.Option(help="The AE title that it must call.")],
    listens: Annotated[
        str | None, typer.Option(help="HOST:PORT where C-MOVE may send to it; else nowhere.")
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Its certificate (PEM): then by TLS only. Twice while it is being replaced.",
        ),
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Let a device or PACS of a hospital in. Said again, what was said before is replaced."""
    enrolment.add_peer(home, ae_title, hospital, called, listens, certificate or [])


def main() -> None:
    """The command's entry point: an error of ours is one clear line, not a traceback."""
    try:
        app()
    except SegelError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]segel:[/] {_plain(error)}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _plain(error: SegelError) -> str:
    return str(error).replace("[", r"\[")
