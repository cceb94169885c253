"""The command line: ``plumbline``. Bad input is one clear line and exit code 2."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from plumbline.commands import GROUPS
from plumbline.documents.store import StoreFault
from plumbline.settings import BadSettings
from plumbline.signing import KeyTrouble


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plumbline")
def cli() -> None:
    """Run and keep a Plumbline: shared supplier assessment by a neutral third party."""


for command in GROUPS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> Any:
    """Entry point; what an operator can mend is one line per fault on standard error and exit code 2."""
    try:
        return cli.main(args=arguments, prog_name="plumbline", standalone_mode=True)
    except BadSettings as error:
        faults = error.faults
    except SQLAlchemyError as error:
        faults = [f"database: {str(error).splitlines()[0]}; plumbline doctor says what is wrong"]
    except StoreFault as error:
        faults = [f"{error.message} {error.remedy}"]
    except KeyTrouble as error:
        faults = [f"keys: {error}"]
    except OSError as error:  # no room on the disk, no right to a file
        where = f" ({error.filename})" if error.filename else ""
        faults = [f"{error.strerror or error}{where}; nothing more was done"]
    for fault in faults:
        click.echo(f"plumbline: {fault}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
