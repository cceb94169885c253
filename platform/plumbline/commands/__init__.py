"""The commands, one file per group."""

from __future__ import annotations

import click

from plumbline.commands.database import db_group
from plumbline.commands.demo import demo
from plumbline.commands.doctor import doctor
from plumbline.commands.people import org_group, token_group, user_group
from plumbline.commands.serve import serve, work

GROUPS: tuple[click.Command, ...] = (db_group, demo, doctor, org_group, serve, token_group, user_group, work)
