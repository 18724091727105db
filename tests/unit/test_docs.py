"""What the documentation names is there: commands and their options, settings, files."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path, PurePath

import click
import pytest

from producer.cli import main
from producer.http.settings import ApiSettings
from worker.contract.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("infra/*.md"), *ROOT.glob("models/*/README.md")]
)
SOURCES = sorted(
    path
    for folder in ("infra", "producer", "worker", "models", "examples", ".ci")
    for path in ROOT.joinpath(folder).rglob("*")
    if path.suffix in (".py", ".sh", ".yml", ".yaml", ".service", ".html", ".toml", ".env")
)
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (?!  )(.*narrator .*)$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|[;&(] *|[A-Z]=\S+ |\d \* \* [*\d] +)narrator ((?:[^\n|;&`)>]|<[^\n>]*>)*)")
QUOTED = re.compile(r"`narrator ([^`\n]+(?:\n *[^`\n]+)?)`")


def lines(page: Path) -> Iterator[str]:
    """The command lines of a page's blocks, without ``narrator``."""
    text = page.read_text(encoding="utf-8")
    blocks = [*FENCE.findall(text), *INDENTED.findall(FENCE.sub("", text))]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            yield from (found.strip() for found in COMMAND.findall(line.partition(" #")[0]))


def resolved(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that words begin with, and the rest of them. Raises LookupError where there is none."""
    command, context = main, click.Context(main, info_name="narrator")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            raise LookupError(f"no command {words[0]!r} in {context.command_path}")
        command = command.commands[words[0]]
        context = click.Context(command, context, words[0])
        words = words[1:]
    return command, context, words


def check(line: str) -> None:
    """Parse a line as click would; files need not exist. Raises what click raises."""
    command, context, words = resolved(shlex.split(line))
    given, _, _ = command.make_parser(context).parse_args(list(words))
    for option in command.params:
        value = given.get(str(option.name))
        if isinstance(option, click.Option) and option.required and value is None:
            raise LookupError(f"{option.opts[0]} is missing")
        if isinstance(value, str) and not isinstance(option.type, click.Path):
            option.type.convert(value, option, context)


@pytest.mark.parametrize("page", [page for page in PAGES if any(lines(page))], ids=lambda page: page.name)
def test_every_command_of_a_block_can_be_given(page: Path) -> None:
    for line in lines(page):
        try:
            check(line)
        except (click.ClickException, LookupError, ValueError) as error:
            pytest.fail(f"{page.relative_to(ROOT)}: narrator {line}: {error}")


def strays(text: str) -> list[str]:
    """What is said of a command in a sentence, and is not so: commands in backticks, and options behind any command."""
    found = []
    quoted = [" ".join(words.split()) for words in QUOTED.findall(text)]
    for line in dict.fromkeys([*quoted, *re.findall(r"\bnarrator ([a-z]+[^\n`]*)", text)]):
        words = line.split()
        try:
            command, _, rest = resolved(words)
        except LookupError as error:
            found += [f"narrator {line}: {error}"] if line in quoted else []
            continue
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "--version"}
        ours = itertools.takewhile(lambda word: word not in ("python", "->", "|", "&&"), rest)
        options = [word.rstrip(".,;:)'\"`") for word in ours if re.match(r"--?[a-z]", word)]
        found += [f"narrator {line}: no option {option}" for option in options if option.split("=")[0] not in known]
    return found


def test_what_is_said_of_a_command_is_so() -> None:
    pages = [page for page in (*PAGES, *SOURCES) if page.name != "CHANGELOG.md"]  # it tells of what was
    found = {str(page.relative_to(ROOT)): strays(page.read_text(encoding="utf-8")) for page in pages}
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


def test_a_renamed_option_is_noticed() -> None:
    assert strays("see `narrator status RUN`") == ["narrator status RUN: no command 'status' in narrator"]
    assert strays("run narrator worker --voice kokoro") == ["narrator worker --voice kokoro: no option --voice"]
    with pytest.raises(click.ClickException, match="No such option"):
        check("make lessons/ --out audio --workers 2")
    with pytest.raises(LookupError, match="--out"):
        check("make lessons/")


OTHERS = {"NARRATOR_SECRETS_DIR", "NARRATOR_CACHE_DIR"}  # needed before there are Settings
OF_TESTS = {"NARRATOR_FUZZ_EXAMPLES", "NARRATOR_LISTEN_EVERY", "NARRATOR_FAULT_SEEDS", "NARRATOR_FAULT_LESSONS"}
OF_TESTS |= {"NARRATOR_COSYVOICE_REFERENCE", "NARRATOR_SCREENSHOTS"}


def test_every_setting_that_is_named_exists() -> None:
    known = OTHERS | OF_TESTS | {f"NARRATOR_{name.upper()}" for name in Settings.model_fields}
    known |= {f"NARRATOR_API_{name.upper()}" for name in ApiSettings.model_fields}
    named = {
        (name, str(page.relative_to(ROOT)))
        for page in [*PAGES, *SOURCES]
        if page.name != "CHANGELOG.md"  # it tells of what was
        for name in re.findall(r"NARRATOR_(?!TEST_)[A-Z0-9_]+[A-Z0-9](?![A-Z_])", page.read_text(encoding="utf-8"))
    }
    unknown = {(name, page) for name, page in named if name not in known}
    assert unknown == set()


LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:\.?[\w-]+/)+[\w.-]*\w/?)(?:::\w+)?`")
UNMADE = ("/xx/", "FORMAT", "NAME", "infra/secrets/")  # to come; what infra/compose/secrets.sh makes
PLACES = ("models", "worker", "producer", "tests", "infra", "docs", "examples", ".ci")


def anchors(page: Path) -> set[str]:
    """What can stand behind # in a link to a page: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_place_that_is_named_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    missing = []
    for link in LINK.findall(text):
        if not re.match(r"https?:", link):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            known = target.exists() and (not anchor or anchor in anchors(target))
            missing += [] if known else [link]
    named = [
        name
        for name in NAMED.findall(text)
        if name.partition("/")[0] in PLACES and not any(part in name for part in UNMADE)
    ]
    missing += [name for name in named if not (ROOT / name).exists() and not any(page.parent.glob(name))]
    assert missing == [] or page.name == "CHANGELOG.md"  # which tells of what was


def test_the_index_has_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))}
    assert {page for page in ROOT.glob("docs/*.md") if page != index} - linked == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_every_command_is_in_the_documentation() -> None:
    known = {
        (name, *below) for name, command in main.commands.items()
        for below in ([(sub,) for sub in command.commands] if isinstance(command, click.Group) else [()])
    }  # fmt: skip
    named = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.name != "CHANGELOG.md")
    assert {words for words in known if f"narrator {' '.join(words)}" not in named} == set()


def test_the_settings_stand_in_a_table_with_their_defaults() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `NARRATOR_(\w+)` \| (?:`(.*?)`)? ?\| (.+) \|$", page, re.MULTILINE)
    given = {name.lower(): default for name, default, _ in rows if f"NARRATOR_{name}" not in OTHERS}
    assert list(given) == list(dict.fromkeys(given))
    assert given.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        default = getattr(field.default, "get_secret_value", lambda value=field.default: value)()
        said = given[name].replace("~", str(Path.home()))
        shown = "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)
        assert said in (shown, shown.lower()), name


def test_licences_that_ask_for_something_are_named() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    asking = re.compile(r"GPL|MPL|Mozilla|General Public|EPL|CDDL")
    pins = (ROOT / "infra" / "requirements" / "image-kokoro.txt").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"^([A-Za-z0-9][\w.-]*)==", pins, re.MULTILINE))):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue  # of the image alone
        said = [about.get("License-Expression") or (about.get("License") or "")[:80], *about.get_all("Classifier", [])]
        assert bool(asking.search(" ".join(line for line in said if line))) == (f"| {name} |" in page), name


def test_the_map_has_a_line_for_every_folder() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/*]+)/` \| .+ \|$", text, re.MULTILINE)
    assert len(set(rows)) == len(rows)
    files = [path for top in ("models", "worker", "producer") for path in (ROOT / top).rglob("*") if path.is_file()]
    places = [path.parent for path in files if path.parent.name != "__pycache__"]
    folders = {str(place.relative_to(ROOT)) for place in places} | {"infra", "tests"}
    lines = {folder: [row for row in rows if PurePath(folder).match(row)] for folder in folders}
    assert {folder for folder, found in lines.items() if not found} == set(), "folders without a line"
    assert set(rows) - {row for found in lines.values() for row in found} == set(), "lines without a folder"


def test_a_recipe_is_short() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipes = [part for part in text.split("\n\n") if part.startswith("**A new ")]
    assert len(recipes) == 6
    assert [part.splitlines()[0] for part in recipes if len(part.splitlines()) > 10] == []
