"""`crib models`: the local models, and whether those of CRIB_LLM can be asked."""

from collections.abc import Iterator
from typing import Annotated

import typer

from rag.config import Settings, load_settings

cli = typer.Typer(help="The local models: list them, fetch one.")


@cli.callback(invoke_without_command=True)
def list_models(
    context: typer.Context,
    check: Annotated[
        bool,
        typer.Option("--check", help="Have each model of CRIB_LLM write a word, hosted ones too."),
    ] = False,
) -> None:
    """Which models answer, whether they can be asked, and which others there are."""
    if context.invoked_subcommand is None:
        from commands.terminal import say

        say(model_lines(load_settings(), check=check))


@cli.command(name="pull")
def pull_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names that `crib models` lists, or ORG/MODEL; default: both needed."),
    ] = None,
) -> None:
    """Fetch models, resuming where one was cut, and check their bytes."""
    from commands.pulling import pull_named
    from rag.models import DEFAULT_LLM

    settings = load_settings()
    for name in names or [settings.embedding_model, DEFAULT_LLM]:
        typer.echo(f"{name}: {pull_named(name, settings.cache)}")


def model_lines(settings: Settings, *, check: bool) -> Iterator[str]:
    """The local models that are known, then those of CRIB_LLM, then what else can be used."""
    from rag.chat_models.health import available, configured
    from rag.models import CATALOGUE, is_present

    for model in CATALOGUE:
        state = "present" if is_present(settings.cache, model) else "not here"
        size = f"{model.size / 1e6:,.0f} MB"
        yield f"{model.name:<20} {model.use:<10} {size:>9}  {model.licence:<10}  {state}"
    yield f"\nCRIB_LLM={settings.llm}"
    for offer in (offers := configured(settings, ask=check)):
        leaves = f"  (passages leave this machine for {offer.host})" if offer.host else ""
        yield f"  {'ok ' if offer.ok else 'BAD'} {offer.llm}: {offer.detail}{leaves}"
    others = {one.llm for one in available(settings)} - {one.llm for one in offers}
    yield f"\nCRIB_LLM may also be: {', '.join(sorted(others)) or 'nothing else just now'}"
