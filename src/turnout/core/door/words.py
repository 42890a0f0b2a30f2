"""The words by which a phone and a console know each other: short, hard to take for another, and
none that reads like a part of a page."""

import re

WORDS = tuple(
    re.findall(
        r"\S+",
        """
    apple basket beach bench bridge candle carpet castle chalk cherry cloud clover copper cotton
    desert dragon engine feather ferry flute forest garden ginger hammer harbour honey island jacket
    kettle ladder lantern lemon lobster magnet maple marble meadow mirror mitten needle orange
    paddle pepper pigeon pillow planet pocket puzzle rabbit ribbon river rocket saddle salmon shovel
    silver spider spoon summer sunset tiger timber tulip tunnel turtle velvet violin walnut whistle
    winter yellow zebra
    """,
    )
)
