"""Amounts of money in words. One line a currency: code, name of one, of more, its hundredth, of
more; a thousandth or none where it says so."""

from turnout.formats.spoken.numbers import cardinal, number

_TABLE = """
AED dirham|dirhams|fils|fils
AFN Afghani|Afghanis|pul|puls
ALL lek|lek|qindarka|qindarka
AMD dram|dram|luma|luma
AOA kwanza|kwanzas|centimo|centimos
ARS Argentine peso|Argentine pesos|centavo|centavos
AUD Australian dollar|Australian dollars|cent|cents
AWG florin|florins|cent|cents
AZN manat|manats|qapik|qapiks
BAM convertible mark|convertible marks|fening|fenings
BBD Barbadian dollar|Barbadian dollars|cent|cents
BDT taka|taka|poisha|poisha
BGN lev|leva|stotinka|stotinki
BHD Bahraini dinar|Bahraini dinars|fils|fils|3
BMD Bermudian dollar|Bermudian dollars|cent|cents
BND Brunei dollar|Brunei dollars|sen|sen
BOB boliviano|bolivianos|centavo|centavos
BRL real|reais|centavo|centavos
BSD Bahamian dollar|Bahamian dollars|cent|cents
BTN ngultrum|ngultrums|chetrum|chetrums
BWP pula|pula|thebe|thebe
BYN Belarusian rouble|Belarusian roubles|kopek|kopeks
BZD Belize dollar|Belize dollars|cent|cents
CAD Canadian dollar|Canadian dollars|cent|cents
CDF Congolese franc|Congolese francs|centime|centimes
CHF Swiss franc|Swiss francs|centime|centimes
CLP Chilean peso|Chilean pesos|||0
CNY yuan|yuan|fen|fen
COP Colombian peso|Colombian pesos|centavo|centavos
CRC colon|colones|centimo|centimos
CUP Cuban peso|Cuban pesos|centavo|centavos
CZK Czech crown|Czech crowns|heller|hellers
DJF Djibouti franc|Djibouti francs|||0
DKK Danish krone|Danish kroner|øre|øre
DOP Dominican peso|Dominican pesos|centavo|centavos
DZD Algerian dinar|Algerian dinars|centime|centimes
EGP Egyptian pound|Egyptian pounds|piastre|piastres
ETB birr|birr|santim|santims
EUR euro|euros|cent|cents
FJD Fijian dollar|Fijian dollars|cent|cents
GBP pound|pounds|penny|pence
GEL lari|lari|tetri|tetri
GHS cedi|cedis|pesewa|pesewas
GIP Gibraltar pound|Gibraltar pounds|penny|pence
GTQ quetzal|quetzals|centavo|centavos
HKD Hong Kong dollar|Hong Kong dollars|cent|cents
HNL lempira|lempiras|centavo|centavos
HUF forint|forints|filler|filler
IDR rupiah|rupiah|sen|sen
ILS shekel|shekels|agora|agorot
INR rupee|rupees|paisa|paise
IQD Iraqi dinar|Iraqi dinars|fils|fils|3
IRR rial|rials|dinar|dinars
ISK Icelandic krona|Icelandic kronur|||0
JMD Jamaican dollar|Jamaican dollars|cent|cents
JOD Jordanian dinar|Jordanian dinars|fils|fils|3
JPY yen|yen|||0
KES Kenyan shilling|Kenyan shillings|cent|cents
KGS som|som|tyiyn|tyiyn
KHR riel|riels|sen|sen
KRW won|won|||0
KWD Kuwaiti dinar|Kuwaiti dinars|fils|fils|3
KZT tenge|tenge|tiyn|tiyn
LAK kip|kip|att|att
LBP Lebanese pound|Lebanese pounds|piastre|piastres
LKR Sri Lankan rupee|Sri Lankan rupees|cent|cents
MAD Moroccan dirham|Moroccan dirhams|centime|centimes
MDL Moldovan leu|Moldovan lei|ban|bani
MKD denar|denars|deni|deni
MMK kyat|kyats|pya|pyas
MNT tugrik|tugriks|mongo|mongos
MOP pataca|patacas|avo|avos
MUR Mauritian rupee|Mauritian rupees|cent|cents
MVR rufiyaa|rufiyaa|laari|laari
MWK Malawian kwacha|Malawian kwacha|tambala|tambala
MXN Mexican peso|Mexican pesos|centavo|centavos
MYR ringgit|ringgit|sen|sen
MZN metical|meticais|centavo|centavos
NAD Namibian dollar|Namibian dollars|cent|cents
NGN naira|naira|kobo|kobo
NIO cordoba|cordobas|centavo|centavos
NOK Norwegian krone|Norwegian kroner|øre|øre
NPR Nepalese rupee|Nepalese rupees|paisa|paise
NZD New Zealand dollar|New Zealand dollars|cent|cents
OMR Omani rial|Omani rials|baisa|baisa|3
PAB balboa|balboas|centesimo|centesimos
PEN sol|soles|centimo|centimos
PGK kina|kina|toea|toea
PHP Philippine peso|Philippine pesos|centavo|centavos
PKR Pakistani rupee|Pakistani rupees|paisa|paise
PLN zloty|zlotys|grosz|groszy
PYG guarani|guaranis|||0
QAR Qatari riyal|Qatari riyals|dirham|dirhams
RON Romanian leu|Romanian lei|ban|bani
RSD Serbian dinar|Serbian dinars|para|para
RUB rouble|roubles|kopek|kopeks
RWF Rwandan franc|Rwandan francs|||0
SAR Saudi riyal|Saudi riyals|halala|halalas
SBD Solomon Islands dollar|Solomon Islands dollars|cent|cents
SEK Swedish krona|Swedish kronor|öre|öre
SGD Singapore dollar|Singapore dollars|cent|cents
THB baht|baht|satang|satang
TND Tunisian dinar|Tunisian dinars|millime|millimes|3
TOP pa'anga|pa'anga|seniti|seniti
TRY lira|lira|kurus|kurus
TTD Trinidad dollar|Trinidad dollars|cent|cents
TWD Taiwan dollar|Taiwan dollars|cent|cents
TZS Tanzanian shilling|Tanzanian shillings|cent|cents
UAH hryvnia|hryvnias|kopek|kopeks
UGX Ugandan shilling|Ugandan shillings|||0
USD US dollar|US dollars|cent|cents
UYU Uruguayan peso|Uruguayan pesos|centesimo|centesimos
UZS Uzbek som|Uzbek som|tiyin|tiyin
VES bolivar|bolivars|centimo|centimos
VND dong|dong|||0
VUV vatu|vatu|||0
WST tala|tala|sene|sene
XAF Central African franc|Central African francs|||0
XCD East Caribbean dollar|East Caribbean dollars|cent|cents
XOF West African franc|West African francs|||0
XPF Pacific franc|Pacific francs|||0
YER Yemeni rial|Yemeni rials|fils|fils
ZAR rand|rand|cent|cents
ZMW Zambian kwacha|Zambian kwacha|ngwee|ngwee
"""
_NAMES = {line[:3]: line[4:].split("|") for line in _TABLE.strip().splitlines()}
CODES = tuple(_NAMES)
# The plain dollar is that of the listener's country.
_NAMES["$"] = ["dollar", "dollars", "cent", "cents"]
_NAMES["USD"][:2] = ["U.S. dollar", "U.S. dollars"]
SIGNS = {
    "$": "$",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "HK$": "HKD",
    "NZ$": "NZD",
    "R$": "BRL",
    "S$": "SGD",
    "US$": "USD",
    "£": "GBP",
    "€": "EUR",
    "¥": "JPY",
    "₩": "KRW",
    "₹": "INR",
    "₺": "TRY",
    "₽": "RUB",
    "₪": "ILS",
    "₫": "VND",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
    "zł": "PLN",
}
SCALES = {
    "k": "thousand",
    "thousand": "thousand",
    "m": "million",
    "mn": "million",
    "mil": "million",
    "million": "million",
    "bn": "billion",
    "b": "billion",
    "billion": "billion",
}


def amount(unit: str, written: str, scale: str, joint: str) -> str:
    """So much money: `unit` is a code or a sign, `written` has `,` between thousands and `.` before
    decimals, `scale` is empty or one of SCALES."""
    one, many, small_one, small_many, *exponent = _NAMES[SIGNS.get(unit, unit)]
    if scale:
        return f"{number(written, joint)} {SCALES[scale.lower()]} {many}"
    whole, _, part = written.replace(",", "").partition(".")
    places = int(exponent[0]) if exponent else 2
    if len(whole) > 18 or (part and len(part) != places):
        return f"{number(written, joint)} {many}"
    size = int(whole or "0")
    small = int(part or "0")
    said = f"{cardinal(size, joint)} {one if size == 1 else many}"
    if not small:
        return said
    cents = f"{cardinal(small, joint)} {small_one if small == 1 else small_many}"
    return f"{said} and {cents}" if size else cents
