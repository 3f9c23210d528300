"""The command ``autograder``."""

from __future__ import annotations

import importlib
import io
import keyword
import pkgutil
import sys

import click

from autograder import commands
from autograder.errors import CourseError

# A module cannot be named `import`, so that one ends in an underscore.
COMMANDS = tuple(module.name.rstrip("_") for module in pkgutil.iter_modules(commands.__path__))


class Commands(click.Group):
    """Loads a command when it is asked for, and shows what goes wrong as one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        # jsonschema would spend a second on building a grammar of URIs, which no notebook is checked against.
        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(importlib.import_module(f"autograder.commands.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> None:
        """Run a command."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Where a name cannot be written, it is written in part.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            super().invoke(ctx)
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            raise click.ClickException(
                f"a file cannot be read or written:{where} ({error.strerror or error})."
            ) from None
        except KeyboardInterrupt:
            click.echo("Interrupted. What was graded is kept; run the same command again for the rest.", err=True)
            sys.exit(130)


@click.group(cls=Commands)
def main() -> None:
    """Build the course's notebooks, grade submissions, check your own."""
