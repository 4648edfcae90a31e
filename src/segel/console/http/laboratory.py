"""A laboratory's tables: upload, columns, preview, import, result, undo."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from segel.console.headers import picture_headers
from segel.console.http.pages import preferences_of
from segel.console.http.sessions import AnyRequest, form_of, session_of, treating
from segel.console.http.uploads import ENVELOPE_BYTES_MAX, file_of
from segel.console.http.wiring import Console, Here
from segel.console.laboratory import (
    FAULTS_MAX,
    TESTS,
    columns_of,
    faults_of,
    mapping_of,
    rows_of,
    tally,
)
from segel.console.texts import text
from segel.records import (
    SHEET_BYTES_MAX,
    Field,
    Looked,
    Mapping,
    SheetRefused,
    faults_csv,
    suggested,
)

PAGE: Final = "/laboratory"


@get(PAGE)
async def imports_page(request: AnyRequest, console: Here) -> Response[str]:
    """A file to choose, and the imports of the last days."""
    return await _front(request, console, "")


@post(PAGE, request_max_body_size=SHEET_BYTES_MAX + 2 * ENVELOPE_BYTES_MAX)
async def upload(request: AnyRequest, console: Here) -> Response[str]:
    """Keep a file, and go on to its columns or its preview."""
    own = console.settings.origin
    name, data = await file_of(request, own, "file", SHEET_BYTES_MAX)
    try:
        head = await console.sheets.keep(treating(request), name, data)
    except SheetRefused as refused:
        return await _front(request, console, refused.problem.word)
    return console.pages.onward(f"{PAGE}/{head.import_id}")


@get(PAGE + "/{import_id:uuid}")
async def import_page(
    request: AnyRequest,
    console: Here,
    import_id: FromPath[UUID],
    columns: FromQuery[str] = "",
    going: FromQuery[str] = "",
) -> Response[str]:
    """An import as it stands: its columns, its preview, how far it is, or its result."""
    looked = await console.sheets.look(treating(request), import_id)
    head = looked.head
    is_new = looked.sheet.table is not None and not looked.sheet.outcomes
    if is_new and (head.mapping is None or columns):
        assert looked.sheet.table is not None
        mapping = head.mapping or suggested(looked.sheet.table)
        return await _columns(request, console, looked, mapping, "")
    template = "laboratory_preview.html" if is_new else "laboratory_import.html"
    faults = faults_of(looked)
    undone = looked.sheet.undone
    return await _page(
        request,
        console,
        template,
        head=head,
        counts=tally(looked),
        rows=rows_of(looked),
        sound=len(looked.understood.results) if looked.understood else 0,
        done=len(looked.sheet.outcomes),
        faults=faults[:FAULTS_MAX],
        broken=len({one.row for one in faults}),
        more=max(0, len(faults) - FAULTS_MAX),
        undone=len(undone),
        to_undo=sum(bool(one.places) for one in looked.sheet.outcomes),
        left=[one.row for one in undone if one.kept],
        back=sum(one.back for one in undone),
        going=going,
    )


@post(PAGE + "/{import_id:uuid}/columns")
async def say_columns(
    request: AnyRequest, console: Here, import_id: FromPath[UUID]
) -> Response[str]:
    """Say which column is what."""
    form = await form_of(request, console.settings.origin)
    looked = await console.sheets.look(treating(request), import_id)
    table = looked.sheet.table
    if table is not None:
        known = looked.head.mapping or suggested(table)
        mapping = mapping_of(form, known.header_row)
        try:
            await console.sheets.map(treating(request), import_id, mapping)
        except SheetRefused as refused:
            return await _columns(request, console, looked, mapping, refused.field or "")
    return console.pages.onward(f"{PAGE}/{import_id}")


@post(PAGE + "/{import_id:uuid}/take")
async def take(request: AnyRequest, console: Here, import_id: FromPath[UUID]) -> Response[str]:
    """Take the next rows; the page goes on by itself."""
    await form_of(request, console.settings.origin)
    looked = await console.sheets.take(treating(request), import_id)
    going = "" if looked.head.done_s else "?going=take"
    return console.pages.onward(f"{PAGE}/{import_id}{going}")


@post(PAGE + "/{import_id:uuid}/undo")
async def undo(request: AnyRequest, console: Here, import_id: FromPath[UUID]) -> Response[str]:
    """Take the next rows out again."""
    await form_of(request, console.settings.origin)
    looked = await console.sheets.undo(treating(request), import_id)
    going = "" if looked.head.undone_s else "?going=undo"
    return console.pages.onward(f"{PAGE}/{import_id}{going}")


@post(PAGE + "/{import_id:uuid}/drop")
async def drop(request: AnyRequest, console: Here, import_id: FromPath[UUID]) -> Response[str]:
    """Forget a table that was not imported."""
    await form_of(request, console.settings.origin)
    await console.sheets.drop(treating(request), import_id)
    return console.pages.onward(PAGE)


@get(PAGE + "/{import_id:uuid}/errors")
async def errors(request: AnyRequest, console: Here, import_id: FromPath[UUID]) -> Response[bytes]:
    """The rows with errors, as a file."""
    looked = await console.sheets.look(treating(request), import_id)
    language = preferences_of(request).language
    titles = [text(language, f"lab.{one}") for one in ("row", "column", "error", "remedy")]
    data = faults_csv(
        titles,
        (
            (
                str(one.row),
                one.column or text(language, f"lab.field.{one.field}"),
                text(language, f"lab.wrong.{one.wrong}"),
                text(language, f"lab.mend.{one.wrong}"),
            )
            for one in faults_of(looked)
        ),
    )
    saved = {"Content-Disposition": 'attachment; filename="segel-errors.csv"'}
    return Response(
        data, media_type="text/csv; charset=utf-8", headers={**picture_headers(), **saved}
    )


@get([f"{PAGE}/{{import_id:uuid}}/{step}" for step in ("columns", "take", "undo", "drop")],
     sync_to_thread=False)  # fmt: skip
def again(console: Here, import_id: FromPath[UUID]) -> Response[str]:
    """A reload after an error."""
    return console.pages.onward(f"{PAGE}/{import_id}")


async def _front(request: AnyRequest, console: Console, problem: str) -> Response[str]:
    listed = await console.sheets.listed(treating(request))
    return await _page(
        request,
        console,
        "laboratory.html",
        status=422 if problem else 200,
        listed=listed,
        problem=problem,
    )


async def _columns(
    request: AnyRequest, console: Console, looked: Looked, mapping: Mapping, missing: str
) -> Response[str]:
    return await _page(
        request,
        console,
        "laboratory_columns.html",
        status=422 if missing else 200,
        head=looked.head,
        mapping=mapping,
        columns=columns_of(looked, mapping),
        fields=[field.value for field in Field],
        tests=TESTS,
        missing=missing,
    )


async def _page(
    request: AnyRequest, console: Console, template: str, *, status: int = 200, **values: Any
) -> Response[str]:
    session = await session_of(request, console.broker)
    return console.pages.answer(
        request, template, session=session, section="laboratory", status=status, **values
    )


HANDLERS = [imports_page, upload, import_page, say_columns, take, undo, drop, errors, again]
