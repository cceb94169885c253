"""The commands, one file per group."""

from __future__ import annotations

import click

from plumbline.commands.audit import audit_group
from plumbline.commands.database import db_group
from plumbline.commands.demo import demo
from plumbline.commands.doctor import doctor
from plumbline.commands.jobs import jobs_group
from plumbline.commands.keys import keys_group
from plumbline.commands.people import org_group, token_group, user_group
from plumbline.commands.questionnaire_formats import export_questionnaire, import_questionnaire
from plumbline.commands.questionnaire_versions import diff_versions
from plumbline.commands.questionnaires import questionnaire_group
from plumbline.commands.results import result_group
from plumbline.commands.serve import serve, work
from plumbline.commands.translations import translate
from plumbline.commands.vsme import vsme_points

questionnaire_group.add_command(diff_versions)
questionnaire_group.add_command(translate)
questionnaire_group.add_command(import_questionnaire)
questionnaire_group.add_command(export_questionnaire)
questionnaire_group.add_command(vsme_points)

GROUPS: tuple[click.Command, ...] = (
    audit_group, db_group, demo, doctor, jobs_group, keys_group, org_group,
    questionnaire_group, result_group, serve, token_group, user_group, work,
)  # fmt: skip
