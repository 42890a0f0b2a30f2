"""What a call says of itself, in the language of the voice that says it: whose call it was and
which key stops such calls, that they have stopped, and that nobody takes a call that is put
through."""

from typing import NamedTuple


class Sentences(NamedTuple):
    """With `{name}` for the organization and `{key}` for a key."""

    opt_out: str
    opted_out: str
    sorry: str


_ENGLISH = "en"
_BY_LANGUAGE = {
    _ENGLISH: Sentences(
        "This was a call for {name}. For no more calls, press {key}.",
        "You will get no more calls from {name}. Goodbye.",
        "Sorry, nobody can take your call now. Goodbye.",
    ),
    "de": Sentences(
        "Das war ein Anruf für {name}. Wenn Sie keine Anrufe mehr möchten, drücken Sie die {key}.",
        "Sie bekommen keine Anrufe mehr von {name}. Auf Wiederhören.",
        "Leider kann gerade niemand Ihren Anruf annehmen. Auf Wiederhören.",
    ),
    "es": Sentences(
        "Esta ha sido una llamada de {name}. Si no quiere más llamadas, pulse {key}.",
        "No recibirá más llamadas de {name}. Adiós.",
        "Lo sentimos, ahora nadie puede atender su llamada. Adiós.",
    ),
    "fr": Sentences(
        "C'était un appel de {name}. Pour ne plus recevoir d'appels, appuyez sur {key}.",
        "Vous ne recevrez plus d'appels de {name}. Au revoir.",
        "Désolé, personne ne peut prendre votre appel pour le moment. Au revoir.",
    ),
    "it": Sentences(
        "Questa era una chiamata di {name}. Per non ricevere altre chiamate, premere {key}.",
        "Non riceverà altre chiamate da {name}. Arrivederci.",
        "Spiacenti, in questo momento nessuno può rispondere. Arrivederci.",
    ),
    "nl": Sentences(
        "Dit was een oproep van {name}. Druk op {key} om geen oproepen meer te krijgen.",
        "U krijgt geen oproepen meer van {name}. Tot ziens.",
        "Helaas kan nu niemand uw oproep aannemen. Tot ziens.",
    ),
    "pt": Sentences(
        "Esta foi uma chamada de {name}. Para não receber mais chamadas, prima {key}.",
        "Não receberá mais chamadas de {name}. Adeus.",
        "Lamentamos, de momento ninguém pode atender a sua chamada. Adeus.",
    ),
}


def find_sentences(language: str) -> Sentences:
    """Those of a language, such as `de`; English for one that is not here."""
    return _BY_LANGUAGE.get(language, _BY_LANGUAGE[_ENGLISH])
