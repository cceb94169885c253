"""Reasons in six languages: every question says itself, to every example supplier, in the reader's own."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assessments.questionnaire.asking.applicability import Applicability, Facts, applicable, facts_of
from assessments.questionnaire.asking.fact_phrases import fact_clause
from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import Profile, read_profiles
from assessments.questionnaire.asking.reasons import asked_of_all, explain, reason_asked, reason_not_asked
from assessments.questionnaire.languages.phrases import (
    FOLDER,
    BadPhrases,
    check_phrases,
    languages_with_phrases,
    phrases_in,
    read_phrases,
    wording_of,
)
from assessments.questionnaire.languages.translation import in_language
from assessments.questionnaire.model import Level, Questionnaire
from assessments.questionnaire.pack.loading import PACKS, load_pack
from assessments.questionnaire.pack.reading import Report
from assessments.questionnaire.pack.words import unwanted
from assessments.questionnaire.rules import AnswerSource, FactSource, Op, Test
from assessments.risk.inherent import materials

STANDARD = PACKS / "standard"
LEADS = {
    "en": ("Asked because ", "Not asked because "),
    "de": ("Wird gefragt, weil ", "Wird nicht gefragt, weil "),
    "nl": ("Wordt gevraagd omdat ", "Wordt niet gevraagd omdat "),
    "fr": ("Question posée parce qu", "Question non posée parce qu"),
    "es": ("Se pregunta porque ", "No se pregunta porque "),
    "zh-Hans": ("提出此问题是因为", "未提出此问题是因为"),
}
OTHERS = tuple(language for language in LEADS if language != "en")
ENGLISH = re.compile(
    r"\b(you|your|this|the|and|because|asked|people|company|answer|materials|with|where|not|are|has|have"
    r"|which|names|does|nothing|yet|far|true|false)\b",
    re.IGNORECASE,
)
VOWEL = re.compile(r"\bque [aàâeéèêiîoôu]", re.IGNORECASE)

Told = tuple[str, str, bool, str]


@cache
def pack_in(language: str) -> Questionnaire:
    return in_language(load_pack(), language)


@cache
def profiles() -> tuple[Profile, ...]:
    report = Report()
    found = tuple(read_profiles(STANDARD, report))
    assert report.problems == []
    assert len(found) == 8
    return found


@cache
def told_in(language: str) -> tuple[Told, ...]:
    """All sentences for the example suppliers: (profile, question, whether it is asked, sentence).

    Each question that is asked also says itself without the author's words. Where a translation waits for
    its translator, the author's words say it in English, and are left out here.
    """
    pack, found = pack_in(language), []
    for profile in profiles():
        decided = decide(pack, profile)
        for question in pack.questions:
            asked = decided.asks(question.key)
            sentence = decided.asked[question.key] if asked else decided.not_asked[question.key]
            if question.key not in pack.untranslated:
                found.append((profile.name, question.key, asked, sentence))
            if asked:
                bare = replace(question, because=None)
                found.append((profile.name, question.key, True, _why(bare, decided, pack)))
    return tuple(found)


def _why(question: Any, decided: Applicability, pack: Questionnaire) -> str:
    return reason_asked(question, decided.facts, decided.answers, pack)


def sentence(language: str, level: Level = Level.SITE, fact: str = "", test: Any = None, **facts: Any) -> str:
    """The clause of one fact's test in that language."""
    operator, operand = test or (Op.IS, True)
    found = fact_clause(
        Test(FactSource(fact), operator, operand), fact, facts, level, wording_of(pack_in(language))
    )
    assert found is not None
    return found


# ---------------------------------------------------------------- the phrases


def test_every_language_of_the_pack_has_phrases_with_the_keys_and_slots_of_english() -> None:
    assert set(languages_with_phrases()) == set(LEADS) == set(load_pack().languages)
    for language in LEADS:
        assert phrases_in(language).language == language
        check_phrases(phrases_in(language), phrases_in("en"))


@pytest.mark.parametrize("language", LEADS)
def test_no_phrase_holds_a_word_of_judgement_or_padding(language: str) -> None:
    phrases = phrases_in(language)
    texts = [text.say for text in phrases.texts.values()]
    texts += [other for text in phrases.texts.values() for _begins, other in text.before]
    texts += [text for several in phrases.lists.values() for text in several]
    assert [text for text in texts if list(unwanted(text))] == []
    assert [text for text in texts if "  " in text or "'" in text or '"' in text] == []


def _broken(tmp_path: Path, old: str, new: str) -> str:
    file = tmp_path / "de.yaml"
    shutil.copy(FOLDER / "de.yaml", file)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadPhrases) as refused:
        check_phrases(read_phrases(file), phrases_in("en"))
    return str(refused.value)


def test_phrases_that_do_not_fit_english_are_refused_by_name(tmp_path: Path) -> None:
    assert _broken(tmp_path, 'stop: "."\n', "") == "de and English differ in stop"
    assert _broken(tmp_path, "  micro:", "  tiny:") == "de and English differ in sizes.micro, sizes.tiny"
    assert "people.several has other slots" in _broken(tmp_path, '"{count} Menschen', '"{number} Menschen')
    assert "facts.guards.there has other slots" in _broken(tmp_path, "{at} Wachleute", "{hier} Wachleute")
    assert _broken(tmp_path, '    whose: "dieses Standorts"\n', "") == "de names for one level only: whose"
    assert (
        _broken(tmp_path, 'stop: "."', "stop: 5") == "stop is no text, no list of texts and no branch of them"
    )
    assert "stop is no text" in _broken(tmp_path, 'stop: "."', 'stop: ""')
    assert "names a beginning that is no text" in _broken(
        tmp_path, 'stop: "."', 'stop: {say: ".", before: {on: "!"}}'
    )


def test_a_language_without_phrases_says_its_reasons_in_english() -> None:
    italian = replace(pack_in("en"), language="it")
    assert (
        applicable(italian, facts_of({}, {})).asked["PRO-01"] == "Asked because every company is asked this."
    )


# ---------------------------------------------------------------- whole sentences


@pytest.mark.parametrize("language", LEADS)
def test_every_question_says_itself_to_every_example_supplier(language: str) -> None:
    told = told_in(language)
    assert len({key for _name, key, _asked, _text in told} | pack_in(language).untranslated) >= 206
    asked_lead, other_lead = LEADS[language]
    stop = "。" if language == "zh-Hans" else "."
    for name, key, asked, text in told:
        where = f"{name}, {key}: {text}"
        assert text.startswith(asked_lead if asked else other_lead), where
        assert text.endswith(stop), where
        assert "{" not in text, where
        assert "}" not in text, where
        assert "  " not in text, where
        assert " ." not in text, where
        assert " ," not in text, where
        assert not list(unwanted(text)), where


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_word_is_left_in_another_language(language: str) -> None:
    assert [text for *_rest, text in told_in(language) if ENGLISH.search(text)] == []


def test_a_french_sentence_loses_the_e_of_que_before_a_vowel_and_only_there() -> None:
    texts = [text for *_rest, text in told_in("fr")]
    assert [text for text in texts if VOWEL.search(text)] == []
    assert [text for text in texts if re.search(r"qu’[^aàâeéèêiîoôu]", text)] == []
    assert any("parce qu’" in text for text in texts)
    assert any(" et que " in text for text in texts)


def test_a_chinese_sentence_has_spaces_only_beside_latin_letters_and_figures() -> None:
    odd = re.compile(r"(?<![0-9A-Za-z-])\s(?![0-9A-Za-z])")
    assert [text for *_rest, text in told_in("zh-Hans") if odd.search(text)] == []


def test_the_decisions_are_the_same_in_every_language() -> None:
    for profile in profiles():
        english = decide(pack_in("en"), profile)
        for language in OTHERS:
            other = decide(pack_in(language), profile)
            assert list(other.asked) == list(english.asked)
            assert list(other.not_asked) == list(english.not_asked)


def test_a_german_clause_never_ends_with_a_clause_inside_it() -> None:
    """Else a comma would be missing before the "und" that joins it to the next."""
    phrases = phrases_in("de")
    inside = re.compile(r", (?:die|der|das|dem|den|denen|was|wo|ob|wie|dass|um)\b[^,]*$")
    clauses = {key: text.say for key, text in phrases.texts.items() if key.startswith(("facts.", "unknown."))}
    assert {key: text for key, text in clauses.items() if inside.search(text)} == {}


# ---------------------------------------------------------------- read by hand


SMELTER = {"country": "DEU", "activities": ["SMR"], "production": True}
BY_HAND = {
    "de": (
        "Wird gefragt, weil jedes Unternehmen diese Frage bekommt.",
        "Wird gefragt, weil jeder Standort diese Frage bekommt.",
        "Wird gefragt, weil Sie mit Zinn und Seltenen Erden umgehen.",
        "Wird gefragt, weil 1.200 Menschen für Ihr Unternehmen arbeiten.",
        "Wird nicht gefragt, weil dieser Standort kein Erz oder Gestein abbaut.",
        "Wird nicht gefragt, weil keiner Ihrer Standorte Handel treibt.",
        "Wird nicht gefragt, weil an diesem Standort keine Wachleute arbeiten.",
        "Wird nicht gefragt, weil es auf ENV-23 noch keine Antwort gibt.",
        "Wird nicht gefragt, weil Sie nicht mit Gold, Silber, Platinmetallen oder Kupfer umgehen.",
        "Wird nicht gefragt, weil Ihre Antwort auf PRO-05 „Nein“ lautet.",
        "Wird nicht gefragt, weil Ihre Antwort auf ENV-05 12,5 MWh lautet.",
        "ein Land, in dem Sie arbeiten oder einkaufen, auf der hohen Stufe des Länderrisikos steht (Indien)",
    ),
    "nl": (
        "Wordt gevraagd omdat elk bedrijf deze vraag krijgt.",
        "Wordt gevraagd omdat elke vestiging deze vraag krijgt.",
        "Wordt gevraagd omdat u met tin en zeldzame aardmetalen werkt.",
        "Wordt gevraagd omdat er 1.200 mensen voor uw bedrijf werken.",
        "Wordt niet gevraagd omdat deze vestiging geen erts of steen wint.",
        "Wordt niet gevraagd omdat geen van uw vestigingen handelt.",
        "Wordt niet gevraagd omdat er op deze vestiging geen bewakers werken.",
        "Wordt niet gevraagd omdat ENV-23 nog geen antwoord heeft.",
        "Wordt niet gevraagd omdat u niet met goud, zilver, platinametalen of koper werkt.",
        "Wordt niet gevraagd omdat uw antwoord op PRO-05 ‘Nee’ is.",
        "Wordt niet gevraagd omdat uw antwoord op ENV-05 12,5 MWh is.",
        "een land waar u werkt of inkoopt in de hoge klasse van landenrisico valt (India)",
    ),
    "fr": (
        "Question posée parce que chaque entreprise reçoit cette question.",
        "Question posée parce que chaque site reçoit cette question.",
        "Question posée parce que vous traitez de l’étain et des terres rares.",
        "Question posée parce que 1\u202f200 personnes travaillent pour votre entreprise.",
        "Question non posée parce que ce site n’est ni une mine ni une carrière.",
        "Question non posée parce qu’aucun de vos sites ne fait de négoce.",
        "Question non posée parce qu’aucun garde ne travaille sur ce site.",
        "Question non posée parce que la question ENV-23 n’a pas encore de réponse.",
        (
            "Question non posée parce que vous ne traitez ni or, ni argent, ni métaux du groupe du platine, "
            "ni cuivre."
        ),
        "Question non posée parce que votre réponse à PRO-05 est «\u202fNon\u202f».",
        "Question non posée parce que votre réponse à ENV-05 est de 12,5 MWh.",
        "un pays où vous travaillez ou achetez a un niveau de risque élevé (Inde)",
    ),
    "es": (
        "Se pregunta porque todas las empresas reciben esta pregunta.",
        "Se pregunta porque todos los emplazamientos reciben esta pregunta.",
        "Se pregunta porque su empresa maneja estaño y tierras raras.",
        "Se pregunta porque trabajan para su empresa 1200 personas.",
        "No se pregunta porque este emplazamiento no es una mina ni una cantera.",
        "No se pregunta porque ninguno de sus emplazamientos comercia.",
        "No se pregunta porque en este emplazamiento no trabajan vigilantes.",
        "No se pregunta porque ENV-23 todavía no tiene respuesta.",
        "No se pregunta porque su empresa no maneja oro, plata, metales del grupo del platino ni cobre.",
        "No se pregunta porque su respuesta a PRO-05 es «No».",
        "No se pregunta porque su respuesta a ENV-05 es 12,5 MWh.",
        "un país donde su empresa trabaja o compra está en el tramo alto de riesgo por país (India)",
    ),
    "zh-Hans": (
        "提出此问题是因为每家公司都会被问到。",
        "提出此问题是因为每个场所都会被问到。",
        "提出此问题是因为贵公司经手锡和稀土。",
        "提出此问题是因为贵公司有 1,200 人。",
        "未提出此问题是因为本场所不从事采矿或采石。",
        "未提出此问题是因为贵公司的场所都不从事买卖。",
        "未提出此问题是因为本场所没有保安。",
        "未提出此问题是因为问题 ENV-23 尚未回答。",
        "未提出此问题是因为贵公司不经手金、银、铂族金属或铜。",
        "未提出此问题是因为对 PRO-05 的回答是“否”。",
        "未提出此问题是因为对 ENV-05 的回答是 12.5 MWh。",
        "贵公司工作或采购所在国家的风险等级为“高”（印度）",
    ),
}


@pytest.mark.parametrize("language", OTHERS)
def test_sentences_read_as_a_foreman_would_say_them(language: str) -> None:
    pack = pack_in(language)
    phrases = phrases_in(language)
    decided = applicable(pack, facts_of({"country": "DEU", "employees": 1200}, SMELTER))

    def not_so(clause: str) -> str:
        return phrases.sentence("not_asked", clause)

    def asked(clause: str) -> str:
        return phrases.sentence("asked", clause)

    handled = ("tin", "rare_earths")
    precious = (Op.ANY_OF, ("gold", "silver", "pgm", "copper"))
    mine, trade = (Op.ANY_OF, ("EXT",)), (Op.ANY_OF, ("TRD",))
    band: dict[str, Any] = {"country_band": "high", "countries_named": ("IND",)}
    said = (
        decided.asked["PRO-01"],
        decided.asked["PRO-05"],
        asked(sentence(language, fact="materials", test=(Op.GIVEN, True), materials=handled)),
        asked(sentence(language, fact="employees", test=(Op.AT_LEAST, Decimal(250)), employees=1200)),
        not_so(sentence(language, fact="positions", test=mine, positions=("SMR",))),
        not_so(sentence(language, Level.COMPANY, "positions", trade, positions=("SMR",))),
        not_so(sentence(language, fact="guards", guards=False)),
        decided.not_asked["ENV-24"],
        not_so(sentence(language, fact="materials", test=precious, materials=("tin",))),
        not_so(_answered(pack, "PRO-05", "guards", "no", Op.IS, "no")),
        not_so(_answered(pack, "ENV-05", "total", {"value": "12.5"}, Op.AT_LEAST, Decimal(2800))),
        sentence(language, fact="country_band", test=(Op.ANY_OF, ("high",)), **band),
    )
    assert said == BY_HAND[language]


def _answered(pack: Questionnaire, key: str, part: str, value: Any, operator: Op, operand: Any) -> str:
    return explain(Test(AnswerSource(key, part), operator, operand), {}, {key: {part: value}}, pack)


def test_spanish_and_french_words_give_way_to_the_sound_that_follows() -> None:
    spanish, french = phrases_in("es"), phrases_in("fr")
    assert spanish.joined("and", ["galio", "indio"]) == "galio e indio"
    assert spanish.joined("and", ["Alemania", "Irán"]) == "Alemania e Irán"
    assert spanish.joined("and", ["cobre", "hierro"]) == "cobre y hierro"
    assert spanish.joined("or", ["estaño", "plata", "oro"]) == "estaño, plata u oro"
    assert french.joined("clauses", ["a", "une liste", "il y a"]) == "a, qu’une liste et qu’il y a"
    names = {"arsenic": "Arsenic", "zinc": "Zinc"}
    assert french.material("arsenic", "handled", names) == "de l’arsenic"
    assert french.material("zinc", "without_one", names) == "de zinc"


def test_material_names_stand_as_a_sentence_needs_them() -> None:
    wanted = {
        "en": "iron ore and crude steel", "de": "Eisenerz und Rohstahl", "nl": "ijzererts en ruwstaal",
        "fr": "du minerai de fer et de l’acier brut", "es": "mineral de hierro y acero bruto",
        "zh-Hans": "铁矿石和粗钢",
    }  # fmt: skip
    for language, name in wanted.items():
        wording = wording_of(pack_in(language))
        assert wording.phrases.material("iron_ore", "handled", wording.materials) == name
        for key in materials():
            for form in ("handled", "without_one", "without"):
                said = wording.phrases.material(key, form, wording.materials)
                assert not re.search(r"[(（{]", said)
                assert said == said.strip()


# ---------------------------------------------------------------- structure, not words


def test_what_everybody_is_asked_is_known_by_its_rules_in_every_language() -> None:
    for language in LEADS:
        pack = pack_in(language)
        everybody = [question.key for question in pack.questions if asked_of_all(question, pack)]
        nobody_told = facts_of({}, {})
        assert everybody == [q.key for q in load_pack().questions if asked_of_all(q, load_pack())]
        assert set(everybody) <= set(applicable(pack, nobody_told).asked)
        assert "PRO-01" in everybody
        assert "PRO-09" not in everybody


def test_an_author_s_clause_that_is_not_translated_yet_completes_the_english_lead() -> None:
    german = pack_in("de")
    english = load_pack().question("MIN-24")
    mixed = replace(german, untranslated=frozenset({"MIN-24"}))
    assert reason_asked(english, {}, {}, mixed) == f"Asked because {english.because}."
    assert reason_asked(german.question("MIN-24"), {}, {}, german) == "Wird gefragt, weil Sie recyceln."
    bare = replace(english, because=None)
    assert reason_not_asked(bare, Facts(), {}, mixed).startswith("Wird nicht gefragt, weil ")


def test_a_material_is_named_where_a_rule_asks_only_that_there_is_one() -> None:
    """It once said "you do not handle .", of somebody who does."""
    assert sentence("en", fact="materials", test=(Op.GIVEN, True), materials=("tin",)) == "you handle tin"
    none = sentence("en", fact="materials", test=(Op.GIVEN, True), materials=())
    assert none == "no material is named in your profile"
