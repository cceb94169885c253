"""The invented firms of the demo world: 60 suppliers in 20 countries, buyers, assessment firms, a steward."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Firm:
    """One supplier: head-count of the company, then its sites as (name, positions, materials, share of people).

    A material with a number behind a colon has that share of recycled input, in percent.
    """

    name: str
    country: str
    form: str
    employees: int
    sites: tuple[tuple[str, str, str, float], ...]


SUPPLIERS: tuple[Firm, ...] = (
    Firm("Kovohutě Sever a.s.", "CZE", "joint-stock company", 900, (
        ("Ostrava smelter", "SMR", "nickel:20 copper:35 cobalt:5", 0.8),
        ("Třinec rolling mill", "SEM", "copper:40", 0.2))),
    Firm("Recymet Benelux BV", "NLD", "private limited company", 8, (
        ("Dordrecht yard", "REC", "copper:100 aluminium:100", 1.0),)),
    Firm("PT Sulawesi Nikel Raya", "IDN", "limited company", 2400, (
        ("Morowali refinery", "EXT SMR", "nickel cobalt", 0.9), ("Kendari office", "SRV", "", 0.1))),
    Firm("Hüttenwerk Oker GmbH", "DEU", "GmbH", 430, (("Goslar zinc works", "SMR", "zinc:30 lead:25", 1.0),)),
    Firm("Sächsische Zinnveredelung GmbH", "DEU", "GmbH", 64, (("Freiberg works", "SEM", "tin:60", 1.0),)),
    Firm("Rheinkabel Trennwerk GmbH", "DEU", "GmbH", 37, (("Duisburg plant", "REC", "copper:100", 1.0),)),
    Firm("Bergmann Präzisionsteile KG", "DEU", "KG", 118, (("Solingen works", "MAN", "iron_ore aluminium:15", 1.0),)),
    Firm("Fonderie Valloire SAS", "FRA", "SAS", 85, (("Saint-Jean foundry", "SEM", "aluminium:55", 1.0),)),
    Firm("Métaux Réunis du Nord SA", "FRA", "SA", 26, (("Dunkerque depot", "TRD", "tin tungsten copper", 1.0),)),
    Firm("Ateliers Carbonnel SARL", "FRA", "SARL", 9, (("Limoges workshop", "MAN", "copper", 1.0),)),
    Firm("Aceros del Cantábrico SL", "ESP", "SL", 210, (("Avilés mill", "SEM", "iron_ore:70 nickel", 1.0),)),
    Firm("Recuperaciones Ebro SL", "ESP", "SL", 19, (("Zaragoza yard", "REC", "iron_ore:100 copper:100", 1.0),)),
    Firm("Baterías Levante SA", "ESP", "SA", 320, (("Sagunto plant", "MAN", "lithium nickel cobalt graphite", 1.0),)),
    Firm("Tréfileries d’Ornans SAS", "FRA", "SAS", 145, (("Ornans works", "SEM", "copper:80 zinc:60", 1.0),)),
    Firm("Orfebrería Córdoba SL", "ESP", "SL", 42, (("Córdoba workshop", "MAN", "gold:70 silver:60", 1.0),)),
    Firm("Nordic Tungsten AB", "SWE", "AB", 75, (("Gävle plant", "MAN", "tungsten:45 cobalt:30", 1.0),)),
    Firm("Norrland Koppar AB", "SWE", "AB", 640, (("Skellefte smelter", "SMR", "copper:25 gold:20 silver:20", 1.0),)),
    Firm("Huta Śląska SA", "POL", "SA", 510, (("Katowice works", "SMR", "zinc:20 lead:50", 1.0),)),
    Firm("Złom-Ekspert sp. z o.o.", "POL", "sp. z o.o.", 14, (("Łódź yard", "REC", "iron_ore:100 aluminium:100", 1.0),)),
    Firm("Odlewnia Tarnów sp. z o.o.", "POL", "sp. z o.o.", 96, (("Tarnów foundry", "SEM", "iron_ore:85", 1.0),)),
    Firm("Komponenty Brno s.r.o.", "CZE", "s.r.o.", 55, (("Brno works", "MAN", "iron_ore copper", 1.0),)),
    Firm("Hartwell Alloys Ltd", "GBR", "Ltd", 130, (("Sheffield works", "SEM", "nickel:30 titanium", 1.0),)),
    Firm("Thames Metal Recovery Ltd", "GBR", "Ltd", 11, (("Tilbury yard", "REC", "copper:100 gold:100", 1.0),)),
    Firm("Anatolian Chrome AŞ", "TUR", "AŞ", 780, (("Elazığ mine", "EXT", "chromium", 1.0),)),
    Firm("Ege Alüminyum AŞ", "TUR", "AŞ", 260, (("İzmir extrusion", "SEM", "aluminium:40", 1.0),)),
    Firm("Marmara Hurda Ltd Şti", "TUR", "Ltd Şti", 22, (("Gebze yard", "REC", "copper:100 aluminium:100", 1.0),)),
    Firm("Bharat Fasteners Pvt Ltd", "IND", "Pvt Ltd", 340, (("Ludhiana works", "MAN", "iron_ore", 1.0),)),
    Firm("Koderma Mica Exports Pvt Ltd", "IND", "Pvt Ltd", 48, (("Koderma sorting", "TRD", "mica", 1.0),)),
    Firm("Deccan Copper Tubes Ltd", "IND", "Ltd", 190, (("Hyderabad works", "SEM", "copper:50", 1.0),)),
    Firm("Gujarat Lead Recyclers", "IND", "partnership", 33, (("Vapi plant", "REC SMR", "lead:100", 1.0),)),
    Firm("宁波恒远五金有限公司", "CHN", "limited company", 420, (("Ningbo works", "MAN", "iron_ore zinc:10", 1.0),)),
    Firm("Jiangxi Tungsten Powder Co Ltd", "CHN", "limited company", 680, (("Ganzhou plant", "SMR", "tungsten:20", 1.0),)),
    Firm("Shenzhen Brightcell Co Ltd", "CHN", "limited company", 5000, (
        ("Shenzhen plant", "MAN", "cobalt lithium nickel graphite", 0.7),
        ("Huizhou plant", "MAN", "lithium copper", 0.3))),
    Firm("Yunnan Tin Traders Co Ltd", "CHN", "limited company", 28, (("Kunming office", "TRD", "tin", 1.0),)),
    Firm("Hanoi Precision Stamping Co", "VNM", "joint-stock company", 150, (("Hà Nội works", "MAN", "iron_ore", 1.0),)),
    Firm("Mekong Tungsten JSC", "VNM", "joint-stock company", 610, (("Thái Nguyên mine", "EXT SMR", "tungsten", 1.0),)),
    Firm("PT Timah Lestari", "IDN", "limited company", 470, (("Bangka smelter", "SMR", "tin", 1.0),)),
    Firm("PT Logam Daur Ulang", "IDN", "limited company", 24, (("Bekasi yard", "REC", "aluminium:100", 1.0),)),
    Firm("Red River Wafer Metals JSC", "VNM", "joint-stock company", 280, (("Hải Phòng plant", "MAN", "gold:30 copper", 1.0),)),
    Firm("Saigon Solder JSC", "VNM", "joint-stock company", 61, (("Biên Hòa works", "SEM", "tin:35 silver:20", 1.0),)),
    Firm("Copperbelt Cathodes Plc", "ZMB", "Plc", 1800, (("Kitwe mine and plant", "EXT SMR", "copper cobalt", 1.0),)),
    Firm("Kafue Scrap Cooperative", "ZMB", "co-operative", 9, (("Lusaka buying point", "REC", "copper:100 lead:100", 1.0),)),
    Firm("Katanga Minerals Trading SARL", "COD", "SARL", 40, (("Kolwezi depot", "TRD", "cobalt copper", 1.0),)),
    Firm("Kivu Tantale Coopérative", "COD", "co-operative", 210, (("Rubaya sites", "EXT", "tantalum", 1.0),)),
    Firm("Bukavu Étain SARL", "COD", "SARL", 95, (("Bukavu smelter", "SMR", "tin tantalum", 1.0),)),
    Firm("Gauteng Ferro Alloys Pty Ltd", "ZAF", "Pty Ltd", 720, (("Emalahleni furnaces", "SMR", "chromium manganese", 1.0),)),
    Firm("Cape Autocat Recycling Pty Ltd", "ZAF", "Pty Ltd", 66, (("Gqeberha plant", "REC SMR", "pgm:100", 1.0),)),
    Firm("Minera Andes Litio SA", "CHL", "SA", 540, (("Antofagasta salt flat", "EXT", "lithium", 1.0),)),
    Firm("Cobre Norte SpA", "CHL", "SpA", 2500, (("Calama mine", "EXT", "copper molybdenum", 1.0),)),
    Firm("Fundición Rancagua Ltda", "CHL", "Ltda", 88, (("Rancagua foundry", "SEM", "copper:60", 1.0),)),
    Firm("Mineração Serra Azul Ltda", "BRA", "Ltda", 390, (("Itabira mine", "EXT", "niobium", 1.0),)),
    Firm("Alumínio do Pará SA", "BRA", "SA", 1100, (("Barcarena refinery", "SMR", "aluminium", 1.0),)),
    Firm("Sucatas União Ltda", "BRA", "Ltda", 17, (("Contagem yard", "REC", "iron_ore:100 copper:100", 1.0),)),
    Firm("Cooperativa de Estanho Rondônia", "BRA", "co-operative", 130, (("Ariquemes section", "EXT", "tin", 1.0),)),
    Firm("Metalúrgica Manaus Ltda", "BRA", "Ltda", 58, (("Manaus smelter", "SMR", "tin:15 antimony", 1.0),)),
    Firm("Monterrey Wire Harness SA de CV", "MEX", "SA de CV", 860, (("Apodaca plant", "MAN", "copper", 1.0),)),
    Firm("Plata Zacatecas SA de CV", "MEX", "SA de CV", 410, (("Fresnillo plant", "SMR", "silver lead zinc", 1.0),)),
    Firm("Reciclados Bajío SA de CV", "MEX", "SA de CV", 29, (("León yard", "REC", "aluminium:100 iron_ore:100", 1.0),)),
    Firm("Great Lakes Alloy Inc", "USA", "Inc", 175, (("Toledo works", "SEM", "aluminium:65 magnesium:20", 1.0),)),
    Firm("Desert Rare Metals LLC", "USA", "LLC", 47, (("Reno plant", "SMR", "tungsten:80 tantalum:70", 1.0),)),
)  # fmt: skip

BUYERS: tuple[tuple[str, str], ...] = (
    ("Nordvolt Mobility SE", "SWE"),
    ("Aurelia Electronics NV", "NLD"),
    ("Bayrische Turbinen AG", "DEU"),
    ("Pacific Home Devices KK", "JPN"),
    ("Casa Verde Appliances SpA", "ITA"),
)
ASSESSMENT_FIRMS: tuple[tuple[str, str], ...] = (
    ("Lumen Assessors GmbH", "DEU"),
    ("Meridian Field Assessment Ltd", "ZAF"),
)
STEWARD = ("Plumbline Steward Foundation", "CHE")
