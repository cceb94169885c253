"""Rules said for anybody: one plain sentence each, also for those that no example supplier meets."""

from __future__ import annotations

import pytest

from assessments.questionnaire.asking.conditions import (
    asked_when,
    condition,
    depth_begins,
    opened_when,
    suits,
)
from assessments.questionnaire.languages.phrases import phrases_in
from assessments.questionnaire.languages.translation import in_language
from assessments.questionnaire.model import Level, Tier
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.pack.words import unwanted


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("PRO-01", "Asked of every company."),
        ("OHS-01", "Asked of every site."),
        ("MGT-05", "Asked when your company has 50 people or more."),
        (
            "ENV-20",
            (
                "Asked when this site smelts or recycles, "
                "and you handle lead, copper, zinc, nickel, cadmium or arsenic."
            ),
        ),
        ("PRO-10", "Asked when you handle tin, tantalum, tungsten or gold."),
        (
            "LAB-17",
            (
                "Asked when a place where you work or buy is in the medium or high band of country risk "
                "or has no public figures, or your company has 250 people or more."
            ),
        ),
        ("ENV-24", "Asked when water used in your process leaves this site."),
        (
            "MIN-06",
            (
                "Asked when one of your sites smelts, makes half-finished metal or makes products, "
                "and you handle "
                "tin, tantalum, tungsten, gold, cobalt, copper, natural graphite, lithium, nickel or mica."
            ),
        ),
        ("MGT-14", "Asked when your answer to MGT-13 is not “No plan yet”."),
        (
            "MIN-22",
            (
                "Asked when you handle tin, tantalum, tungsten, gold or cobalt, "
                "and one of these holds: this site recycles; part of what you use is recycled."
            ),
        ),
    ],
)
def test_a_rule_says_when_its_question_is_asked(key: str, sentence: str) -> None:
    assert asked_when(load_pack().question(key), load_pack()) == sentence


SAID = {
    "de": {
        "ENV-20": (
            "Wird gefragt, wenn dieser Standort schmilzt oder recycelt und Sie mit Blei, Kupfer, "
            "Zink, Nickel, Cadmium oder Arsen umgehen."
        ),
        "LAB-17": (
            "Wird gefragt, wenn ein Ort, an dem Sie arbeiten oder einkaufen, auf der mittleren "
            "oder hohen Stufe des Länderrisikos steht oder keine öffentlichen Zahlen hat oder wenn "
            "250 oder mehr Menschen für Ihr Unternehmen arbeiten."
        ),
        "MIN-22": (
            "Wird gefragt, wenn Sie mit Zinn, Tantal, Wolfram, Gold oder Kobalt umgehen und eines "
            "davon zutrifft: dass dieser Standort recycelt; dass ein Teil dessen, was Sie "
            "einsetzen, recycelt ist."
        ),
        "MGT-14": "Wird gefragt, wenn Ihre Antwort auf MGT-13 nicht „Noch kein Plan“ lautet.",
        "ENV-24": "Wird gefragt, wenn Prozesswasser diesen Standort verlässt.",
    },
    "nl": {
        "ENV-20": (
            "Wordt gevraagd als deze vestiging smelt of recyclet, en u met lood, koper, zink, "
            "nikkel, cadmium of arseen werkt."
        ),
        "LAB-17": (
            "Wordt gevraagd als een plaats waar u werkt of inkoopt in de middelste of hoge klasse "
            "van landenrisico valt of geen openbare cijfers heeft, of als er 250 mensen of meer "
            "voor uw bedrijf werken."
        ),
        "MIN-22": (
            "Wordt gevraagd als u met tin, tantaal, wolfraam, goud of kobalt werkt, en een van "
            "deze dingen geldt: dat deze vestiging recyclet; dat een deel van wat u gebruikt "
            "gerecycled is."
        ),
        "MGT-14": "Wordt gevraagd als uw antwoord op MGT-13 niet ‘Nog geen plan’ is.",
        "ENV-24": "Wordt gevraagd als proceswater deze vestiging verlaat.",
    },
    "fr": {
        "ENV-20": (
            "Question posée quand ce site fond du métal ou recycle et que vous traitez du plomb, "
            "du cuivre, du zinc, du nickel, du cadmium ou de l’arsenic."
        ),
        "LAB-17": (
            "Question posée quand un pays où vous travaillez ou achetez a un niveau de risque "
            "moyen ou élevé ou n’a pas de chiffres publics ou quand 250 personnes ou plus "
            "travaillent pour votre entreprise."
        ),
        "MIN-22": (
            "Question posée quand vous traitez de l’étain, du tantale, du tungstène, de l’or ou du "
            "cobalt et que l’un de ces cas se présente : ce site recycle ; une partie de ce que "
            "vous utilisez est recyclée."
        ),
        "MGT-14": "Question posée quand votre réponse à MGT-13 n’est pas « Pas encore de plan ».",
        "ENV-24": "Question posée quand de l’eau de procédé quitte ce site.",
    },
    "es": {
        "ENV-20": (
            "Se pregunta cuando este emplazamiento funde metal o recicla, y su empresa maneja "
            "plomo, cobre, zinc, níquel, cadmio o arsénico."
        ),
        "LAB-17": (
            "Se pregunta cuando un lugar donde su empresa trabaja o compra está en el tramo medio "
            "o alto de riesgo por país o no tiene cifras públicas, o cuando trabajan para su "
            "empresa 250 personas o más."
        ),
        "MIN-22": (
            "Se pregunta cuando su empresa maneja estaño, tantalio, wolframio, oro o cobalto, y se "
            "da uno de estos casos: este emplazamiento recicla; parte de lo que usa su empresa es "
            "reciclado."
        ),
        "MGT-14": "Se pregunta cuando su respuesta a MGT-13 no es «Aún no hay plan».",
        "ENV-24": "Se pregunta cuando sale agua de proceso de este emplazamiento.",
    },
    "zh-Hans": {
        "ENV-20": "提出此问题的条件是：本场所从事冶炼或回收，且贵公司经手铅、铜、锌、镍、镉或砷。",
        "LAB-17": (
            "提出此问题的条件是：贵公司工作或采购的某个地方国家风险等级为中或高，"
            "或没有公开的风险数字，或贵公司有 250 人或以上。"
        ),
        "MIN-22": (
            "提出此问题的条件是：贵公司经手锡、钽、钨、金或钴，"
            "且符合以下任一情况：本场所从事回收；贵公司使用的材料有一部分是再生的。"
        ),
        "MGT-14": "提出此问题的条件是：对 MGT-13 的回答不是“还没有计划”。",
        "ENV-24": "提出此问题的条件是：有工艺水离开本场所。",
    },
}
"""Read aloud and mended by hand, in each language; the rules behind them are those of the English above."""


@pytest.mark.parametrize("language", list(SAID))
def test_a_rule_says_itself_in_the_language_of_the_questions(language: str) -> None:
    pack = in_language(load_pack(), language)
    for key, sentence in SAID[language].items():
        assert asked_when(pack.question(key), pack) == sentence


@pytest.mark.parametrize("language", load_pack().languages)
def test_what_must_hold_beside_a_list_of_cases_stands_before_it(language: str) -> None:
    """After it, "and you handle tin" would read as part of the last case."""
    pack = in_language(load_pack(), language)
    begins = phrases_in(language).say("conditions.one_of", cases="")
    for question in pack.questions:
        said = asked_when(question, pack)
        assert said.count(begins) <= 1, question.key


@pytest.mark.parametrize(
    ("language", "depth", "opens", "for_whom"),
    [
        (
            "en",
            "The standard depth begins when your company has 11 people or more, and one of these holds: ",
            "Only if “Who owns the company” names “Another firm”.",
            "when your company has 1 to 49 people",
        ),
        (
            "de",
            "Die Standardtiefe beginnt, wenn 11 oder mehr Menschen für Ihr Unternehmen arbeiten und ",
            "Nur wenn die Antwort auf „Wem das Unternehmen gehört“ „Einer anderen Firma“ nennt.",
            "wenn 1 bis 49 Menschen für Ihr Unternehmen arbeiten",
        ),
        (
            "zh-Hans",
            "标准深度的条件是：贵公司有 11 人或以上，且符合以下任一情况：贵公司有 50 人或以上；",
            "填写条件是：对“公司归谁所有”的回答包括“另一家企业”。",
            "条件是：贵公司有 1 至 49 人",
        ),
    ],
)
def test_depths_parts_and_steps_say_themselves_too(
    language: str, depth: str, opens: str, for_whom: str
) -> None:
    pack = in_language(load_pack(), language)
    assert depth_begins(Tier.CORE, pack) == ""
    assert depth_begins(Tier.STANDARD, pack).startswith(depth)
    owners = pack.question("PRO-01")
    assert opened_when(owners.part("parent"), owners, pack) == opens
    walk = next(
        step
        for topic in pack.rated_topics
        if topic.guide
        for step in topic.guide.next_steps
        if step.key == "danger_walk"
    )
    assert suits(walk.rule, pack) == for_whom


def test_every_rule_and_every_part_says_itself_in_plain_words() -> None:
    pack = load_pack()
    for question in pack.questions:
        said = [asked_when(question, pack)]
        said += [text for part in question.parts if (text := opened_when(part, question, pack))]
        for text in said:
            assert "_" not in text, (question.key, text)
            assert not list(unwanted(text)) or "“" in text, (question.key, text)
    assert {condition(pack.tiers[tier], pack, Level.COMPANY) for tier in (Tier.STANDARD, Tier.EXTENDED)}


def test_a_part_names_the_field_that_opens_it() -> None:
    question = load_pack().question("OHS-01")
    said = opened_when(question.part("employees"), question, load_pack())
    assert said == "Only if “In use at this site” does not name “No written system yet”."
    assert opened_when(question.part("systems"), question, load_pack()) is None


def test_a_step_says_for_whom_it_is() -> None:
    steps = {
        step.key: step for topic in load_pack().rated_topics if topic.guide for step in topic.guide.next_steps
    }
    assert condition(steps["danger_walk"].rule, load_pack()) == "your company has 1 to 49 people"
    assert condition(steps["driver_page"].rule, load_pack()) == "this site recycles or trades"
    assert condition(steps["right_to_stop"].rule, load_pack()) == "in every case"
