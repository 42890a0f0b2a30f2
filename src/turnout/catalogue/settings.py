"""What is said about settings."""

SENTENCES = {
    "setting.accounts": "{name}: give up to 20 different names in small letters and digits, "
    "such as uk,backup",
    "setting.base_url": "{name}: give http:// or https:// and a host, as in "
    "https://events.example.com",
    "setting.base_url_path": "{name}: {url} has a path, and Turnout's paths begin at the root. "
    "Give it a host or port of its own, as in {scheme}://events.example.com",
    "setting.carrier": "The carrier {carrier} cannot be used: {said}",
    "setting.empty": "{name}: give at least one",
    "setting.file": "{name} names {file}, which cannot be read: {said}",
    "setting.flag": "true or false",
    "setting.from": "{noun} of {least} or more",
    "setting.from_to": "{noun} from {least} to {greatest}",
    "setting.give": "give {kind}",
    "setting.give_other": "give {kind}, not {given}",
    "setting.give_something": "give {kind}, not nothing",
    "setting.needed": "the carrier {carrier} needs it",
    "setting.number": "a number",
    "setting.one_of": "{others} or {last}",
    "setting.only": "{last}",
    "setting.port": "{name}: {part} is not a port or a range",
    "setting.ports": "{name}: give ports from {first} to {last}, such as 80,443",
    "setting.currency": "{name}: {text!r} is no currency such as EUR (ISO 4217).",
    "setting.prices": "{name}: {entry!r} is not channel[:prefix]=price, such as sms:4479=0.05",
    "setting.quiet_hours": "{name}: {entry!r} is not [country=]HH:MM-HH:MM, such as AU=21:00-09:00",
    "setting.call_prefixes": "{name}: {entry!r} is not the beginning of an international number, "
    "such as 61190",
    "setting.reply_number": "{name}: {number} is not a number in digits, such as 61491570006",
    "setting.resolver": "{name}: {resolver!r} is not the address of a name server, such as 9.9.9.9 "
    "or [::1]:5353",
    "setting.routes": "{name}: {entry!r} is not prefix=account[:weight][,…][>…] with accounts that "
    "carry the channel, such as 44=smpp_uk:3,smpp>http_sms",
    "setting.said": "{name}: {said}",
    "setting.text": "text",
    "setting.to": "{noun} of {greatest} or less",
    "setting.toml": "{file} is not valid TOML: {said}",
    "setting.unknown": "{name} in the environment is not a known setting; run `turnout settings` "
    "for the list",
    "setting.unknown_in_file": "{name} in {file} is not a known setting; run `turnout settings` "
    "for the list",
    "setting.tts_engine": "{name}: {part} is not engine:voice with one of the engines {engines}, "
    "such as hibari:heart",
    "setting.tts_voice": "{name}: {voice} is not a voice of TURNOUT_TTS_VOICES",
    "setting.tts_words": "{name}: line {line} of {file} is not word = said, such as SQL = sequel, "
    "nor word = /phonemes/",
    "setting.tts_words_file": "{name}: {file} cannot be read as a text in UTF-8",
    "setting.value": "{name}: {phrase}",
    "setting.value_in_file": "{name} in {file}: {phrase}",
    "setting.whole_number": "a whole number",
    "setting.words": "{said}",
}
