"""A server played by the test: pages drawn from the product's templates, answers as told, posts kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Route

from plumbline import assets_manifest
from plumbline.headers import POLICY
from tests.support.drawing import Drawing

HOST = "http://plumbline.test"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

SECTION = """{% extends 'layouts/questionnaire.html' %}
{% from 'components/section_form.html' import form_begin, form_end %}
{% from 'components/question_card.html' import question_card %}
{% from 'components/inputs/input.html' import input %}
{% block title %}Water{% endblock %}{% block heading %}<h1>Water</h1>{% endblock %}
{% block content %}{{ form_begin('section-OHS', '/section') }}
{% for key in ('OHS-01', 'OHS-02') %}
{% call(slot) question_card(key, 'How much?', revision=1, save_url='/save/' ~ key) %}
{% if slot == 'parts' %}
{{ input(text, values.get(key, ''), key ~ '.said') }}{{ input(table, none, key ~ '.rows') }}
{% endif %}
{% endcall %}{% endfor %}{{ form_end() }}{% endblock %}"""

FORM = """{% extends 'layouts/focused.html' %}{% from 'components/csrf.html' import csrf %}
{% from 'components/area_field.html' import area_field %}
{% from 'components/save_state.html' import save_texts %}
{% from 'components/dialog.html' import dialog %}
{% block title %}Reply{% endblock %}{% block heading %}<h1>Reply</h1>{% endblock %}
{% block content %}<form id="reply" method="post" action="/reply" data-keep>{{ csrf() }}
{{ area_field('text', 'Your reply', maxlength=210) }}<button class="btn">Send</button></form>
{% call dialog('end-1', 'End now', 'End it?') %}
<button type="button" data-close>Keep it</button>{% endcall %}{% endblock %}
{% block end %}{{ save_texts() }}{% endblock %}"""

PLAIN = (
    "{% extends 'layouts/page.html' %}{% block title %}Done{% endblock %}"
    "{% block heading %}<h1>Done</h1>{% endblock %}"
)
SIGN_IN = (
    "{% extends 'layouts/focused.html' %}{% block title %}Sign in{% endblock %}{% block content %}"
    "<h1>Sign in</h1><input type='password' aria-label='p'>{% endblock %}"
)

Answer = Callable[[Route], None]


@dataclass
class Server:
    """Answers by path; keeps what was posted."""

    draw: Drawing
    posts: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    person: str = "p1"

    def html(self, source: str, **more: Any) -> str:
        """A page as the application would draw it."""
        return self.draw.page(source, keeper=self.person, values=self.values, **more)

    def serve(self, route: Route) -> None:
        """Answer one request."""
        request = route.request
        path = request.url.removeprefix(HOST).split("?")[0]
        if path.startswith(assets_manifest.PREFIX):
            built = assets_manifest.MANIFEST.parent / path.removeprefix(assets_manifest.PREFIX)
            route.fulfill(body=built.read_bytes(), content_type=TYPES[built.suffix])
            return
        if request.method == "POST":
            self.posts.append((path, parse_qs(request.post_data or "", keep_blank_values=True)))
        if path in self.answers:
            self.answers[path](route)
        elif path.startswith("/save/"):
            self.saved(route, path.removeprefix("/save/"))
        else:
            source = {"/section": SECTION, "/reply": FORM, "/sign-in": SIGN_IN}.get(path, PLAIN)
            self.page(route, source)

    def page(self, route: Route, source: str, status: int = 200) -> None:
        """A whole page under the policy of the product."""
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
        route.fulfill(status=status, body=self.html(source), headers=headers)

    def saved(self, route: Route, key: str) -> None:
        """What a save answers: the outcome with the next revision."""
        revision = int(self.posts[-1][1][f"{key}.revision"][0]) + 1
        route.fulfill(
            body=self.outcome(key, revision, '<p class="save save-saved">Saved 10:42</p>'),
            content_type="text/html",
        )

    def outcome(self, key: str, revision: int, said: str) -> str:
        """The region that a save replaces."""
        return self.draw.text(
            "{% from 'components/question_card.html' import outcome %}"
            "{{ outcome(key, revision, said | safe) }}",
            key=key, revision=revision, said=said,
        )  # fmt: skip
