"""The command line: ``plumbline``. Bad input is one clear line and exit code 2."""

from __future__ import annotations

import sys
from typing import Any

import click

from plumbline.commands import GROUPS
from plumbline.settings import BadSettings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plumbline")
def cli() -> None:
    """Run and keep a Plumbline: shared supplier assessment by a neutral third party."""


for command in GROUPS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> Any:
    """Entry point; a bad setting is one line per fault on standard error and exit code 2."""
    try:
        return cli.main(args=arguments, prog_name="plumbline", standalone_mode=True)
    except BadSettings as error:
        for fault in error.faults:
            click.echo(f"plumbline: {fault}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
