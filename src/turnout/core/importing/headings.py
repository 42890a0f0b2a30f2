"""What columns are called, in English, German, French and Spanish, and by other programs."""

import unicodedata
from typing import NamedTuple

_TEXTS = {
    "email": "Email, E-mail address, Mail, Mail address, Emailadresse, "
    "E-Mail-Adresse, Mailadresse, "
    "Courriel, Adresse e-mail, Adresse mail, Adresse de courriel, Adresse électronique, Mél, Mel, "
    "Correo, Correo electrónico, Dirección de correo, Dirección de correo electrónico, "
    "Dirección de e-mail, Attendee email, Attendee e-mail, Participant email, Contact email, "
    "E-Mail des Teilnehmers, Teilnehmer-E-Mail, Work email, Business email, E-mail 1 - Value, "
    "E-Mail geschäftlich, Primary email",
    "firstname": "First name, Given name, Forename, First, Vorname, Vornamen, Rufname, Prénom, "
    "Prénoms, Nombre de pila, Primer nombre, Nombres, Attendee first name, "
    "Attendee name: Given name, Teilnehmer Vorname",
    "lastname": "Last name, Surname, Family name, Last, Nachname, Familienname, Zuname, "
    "Nom de famille, Apellido, Apellidos, Primer apellido, Attendee last name, Attendee surname, "
    "Attendee name: Family name, Teilnehmer Nachname",
    "fullname": "Full name, Name, Names, Attendee, Attendee name, Participant, Participant name, "
    "Contact name, Display name, Guest, Guest name, Vor- und Nachname, Vollständiger Name, "
    "Teilnehmer, Teilnehmername, Name des Teilnehmers, Gast, Nom, Nom complet, Nom et prénom, "
    "Prénom et nom, Participant(e), Nombre, Nombre completo, Nombre y apellidos, Asistente, "
    "Participante, Recipient, Empfänger, Destinataire, Destinatario",
    "company": "Company, Company name, Organisation, Organization, Employer, Institution, Firma, "
    "Firmenname, Unternehmen, Société, Entreprise, Organisme, Empresa, Compañía, Organización",
    "jobtitle": "Job title, Job, Position, Role, Occupation, Funktion, Berufsbezeichnung, Beruf, "
    "Fonction, Poste, Intitulé du poste, Cargo, Puesto, Función",
    "phone": "Phone, Phone number, Telephone, Telephone number, Tel, Tel., Work phone, Telefon, "
    "Telefonnummer, Rufnummer, Téléphone, Numéro de téléphone, Teléfono, Número de teléfono",
    "mobile": "Mobile, Mobile phone, Mobile number, Cell, Cell phone, Handy, Handynummer, Mobil, "
    "Mobiltelefon, Mobilnummer, Portable, Téléphone portable, Mobile téléphone, Móvil, Celular, "
    "Teléfono móvil, SMS",
    "fax": "Fax, Fax number, Telefax, Faxnummer, Télécopie, Télécopieur, Número de fax",
    "address": "Address, Street, Street address, Address line 1, Home Address 1, Adresse, "
    "Anschrift, Straße, Rue, Dirección, Calle, Domicilio",
    "postcode": "Post code, ZIP, ZIP code, Postal code, Home Zip, PLZ, Postleitzahl, Code postal, "
    "Código postal",
    "city": "City, Town, Home City, Ort, Stadt, Wohnort, Ville, Ciudad, Localidad, Población",
    "state": "State, Province, County, Region, Home State, Bundesland, Kanton, Province/Région, "
    "Région, Département, Provincia, Estado",
    "country": "Country, Country code, Home Country, Land, Staat, Pays, País",
    "tickettype": "Ticket type, Ticket, Ticket name, Product, Product name, Item, Price tier name, "
    "Ticketart, Tickettyp, Ticketkategorie, Produkt, Type de billet, Billet, Catégorie, "
    "Tipo de entrada, Entrada, Tipo de boleto",
    "code": "Code, Candidate number, Student number, Learner code, Member number, Number, Nummer, "
    "Kennnummer, Matrikelnummer, Kandidatennummer, Teilnehmernummer, Numéro, Numéro de candidat, "
    "Número, Número de candidato, Código",
    "identifier": "Identifier, GUID, UUID, Kennung, Identifiant, Identificador",
    "name": "Name, Nom, Nombre",
    "title": "Title, Titel, Titre, Título",
    "version": "Version, Versión, Ausgabe",
    "language": "Language, Locale, Sprache, Langue, Idioma, Lengua",
    "bilingual": "Bilingual, Zweisprachig, Bilingue, Bilingüe",
    "published": "Published, Veröffentlicht, Publié, Publicado",
    "timelimit": "Time limit, Zeitlimit, Bearbeitungszeit, Limite de temps, Durée limite, "
    "Límite de tiempo, Tiempo límite",
    "timezone": "Time zone, Zeitzone, Fuseau horaire, Zona horaria, Huso horario",
    "room": "Room, Raum, Saal, Zimmer, Salle, Sala",
    "seats": "Seats, Capacity, Plätze, Sitzplätze, Kapazität, Places, Capacité, Plazas, Aforo, "
    "Capacidad, Asientos",
    "session": "Session, Session number, Sitzung, Vortrag, Séance, Sesión",
    "mode": "Mode, Modus, Modo",
    "start": "Start, Start time, Starts, Begin, Join time, From, Beginn, Anfang, Startzeit, Von, "
    "Beitrittszeit, Début, Heure de début, Inicio, Hora de inicio, Hora de entrada",
    "end": "End, End time, Ends, Leave time, Until, To, Ende, Endzeit, Bis, Verlassen um, Fin, "
    "Heure de fin, Final, Hora de fin, Hora de salida",
    "duration": "Duration, Seconds, Dauer, Sekunden, Durée, Secondes, Duración, Segundos",
    "reference": "Reference, Ref, Purpose, Payment reference, Remittance information, Referenz, "
    "Verwendungszweck, Zahlungsreferenz, Référence, Motif, Libellé, Referencia, Concepto",
    "medium": "Medium, Channel, Kanal, Moyen, Canal, Medio",
    "notes": "Notes, Note, Comment, Comments, Notiz, Notizen, Bemerkung, Bemerkungen, Kommentar, "
    "Remarque, Remarques, Commentaire, Nota, Notas, Comentario, Observaciones",
    "registration": "Registration, Registration ID, Anmeldung, Inscription, Inscripción, Registro",
    "attendance": "Attendance, Anwesenheit, Teilnahme, Présence, Asistencia",
    "grade": "Grade, Result, Mark, Score, Ergebnis, Note, Bewertung, Résultat, Nota, Resultado, "
    "Calificación",
    "amount": "Amount, Price, Total, Betrag, Preis, Summe, Montant, Prix, Importe, Precio",
    "currency": "Currency, Währung, Devise, Monnaie, Moneda, Divisa",
    "date": "Date, Datum, Fecha, Buchungstag, Buchungsdatum",
}

WITH_FIRST = {"name", "nom"}
"""Headings of a family name in a file that also has a column of given names."""
WITH_LAST = {"nombre"}
"""Headings of a given name in a file that also has a column of family names."""


class Export(NamedTuple):
    """The export of another program: it has all headings of one of `signatures`. `prefers`: whose
    value counts first; `left_out`: what is of no use elsewhere. A row whose `state` column has one
    of `gone` is left out."""

    program: str
    signatures: tuple[frozenset[str], ...]
    prefers: tuple[str, ...]
    left_out: frozenset[str]
    state: str
    gone: frozenset[str]


def normalize(heading: str) -> str:
    """What two spellings of a heading have in common: letters and digits, without case, accents,
    blanks and signs; `#` is a number."""
    plain = unicodedata.normalize("NFKD", heading[:200].replace("#", "no")).casefold()
    return "".join(character for character in plain if character.isalnum())


def _all(texts: str) -> frozenset[str]:
    return frozenset(normalize(text) for text in texts.split(","))


_GONE = _all("Canceled, Cancelled, Expired, Storniert, Abgelaufen, Annulée, Annulé, Cancelado")
EXPORTS = (
    Export(
        "Turnout",
        (_all("Registration, State, Ticket code"),),
        (),
        _all("Registration, State, Ticket code, Checked in, Source, Registered"),
        "state",
        _GONE,
    ),
    Export(
        "pretix",
        (_all("Order code, Position ID"), _all("Bestellnummer, Positionsnummer")),
        ("attendeeemail", "attendeenamegivenname", "attendeenamefamilyname", "attendeename"),
        _all(
            "Event slug, Order code, Position ID, Status, Order date, Order time, Start date, "
            "End date, Variation, Price, Tax rate, Tax rule, Tax value, Voucher, Voucher code, "
            "Pseudonymization ID, Ticket secret, Seat ID, Seat name, Seat zone, Seat row, "
            "Seat number, Order comment, Follow-up date, Invoice address name, VAT ID, "
            "Invoice address name: Given name, Invoice address name: Family name, Sales channel, "
            "Order locale, E-mail address verified, Payment providers, External customer ID, "
            "Check-in lists, Blocked, Valid from, Valid until, Bestellnummer, Positionsnummer"
        ),
        "status",
        _GONE,
    ),
    Export(
        "Eventbrite",
        (_all("Order #, Attendee #"), _all("Order #, Order Date"), _all("Order ID, Order date")),
        (),
        _all(
            "Order #, Order ID, Order Date, Attendee #, Attendee Status, Quantity, Price Tier, "
            "Group, Order Type, Currency, Total Paid, Fees Paid, Eventbrite Fees, "
            "Eventbrite Payment Processing, Home Address 2, Event Name, Event ID, Event Date, "
            "Venue Name, Venue ID, Date Attending, Order Status, Promo Code, Affiliate, Checked In"
        ),
        "attendeestatus",
        _GONE | _all("Not Attending, Deleted, Refunded, Transferred"),
    ),
    Export(
        "Hi.Events",
        (_all("Public ID, Short ID"), _all("Is Checked In, Checked In At, Public ID")),
        (),
        _all(
            "ID, Status, Is Checked In, Checked In At, Product ID, Ticket ID, Event ID, Public ID, "
            "Short ID, Created Date, Last Updated Date, Created At, Updated At"
        ),
        "status",
        _GONE,
    ),
)

HEADINGS = {
    key: tuple(normalize(text) for text in texts.split(",")) for key, texts in _TEXTS.items()
}
"""What the column of a key may be called, normalized."""


def find_export(headings: set[str]) -> Export | None:
    """The program whose export has these normalized headings."""
    for export in EXPORTS:
        if any(signature <= headings for signature in export.signatures):
            return export
    return None
