"""What the measures of spans are: definition, source and usual reading, in the words that a report shows."""

from __future__ import annotations

from collections.abc import Mapping

from curation.agreement.figures import Measure

_KRIPPENDORFF = "0.8 and more: reliable; from 0.667 on: for tentative conclusions (Krippendorff 2004, section 11.4)."
_UNITIZING = (
    "Krippendorff, Mathet, Bouvry and Widloecher 2016, On the reliability of unitizing textual continua: further"
    " developments"
)
_PAIRED = (
    "Units of two annotators are paired one-to-one, as many as can be, where they {alike}; F1 is twice the pairs over"
    " the units of both, over all articles that both annotated, and the figure is the mean over pairs of annotators."
)
_F1_SOURCE = "Hripcsak and Rothschild 2005, Agreement, the F-measure, and reliability in information retrieval"
_F1_READING = (
    "Not corrected for chance, which is near 0 for spans in long texts: 0.8 means that of ten units of one annotator"
    " the other has eight. An article in which neither marked anything has no say."
)

SPAN_MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            "token_alpha",
            "Krippendorff's alpha over tokens",
            "Nominal alpha over all tokens of the articles (words and single signs); the value of a token is the set of"
            " labels over it, O for none.",
            "Krippendorff 2004, Content Analysis, section 11.3",
            f"{_KRIPPENDORFF} Long units weigh more than short ones; where one ends and the next begins is not seen.",
        ),
        Measure(
            "character_alpha",
            "Krippendorff's alpha over characters",
            "Nominal alpha over all characters of the articles; the value of one is the set of labels over it.",
            "Krippendorff 2004, Content Analysis, section 11.3",
            f"{_KRIPPENDORFF} It says the same as alpha over tokens, for languages that do not part words.",
        ),
        Measure(
            "u_alpha",
            "Krippendorff's alpha for unitizing",
            "1 - observed / expected length of text that two annotators value differently, a gap between units being a"
            " value; expected over units that keep their lengths. Units of one annotator that overlap are cut into"
            " pieces with the set of labels over each.",
            f"{_UNITIZING}, eq. 5a",
            _KRIPPENDORFF,
        ),
        Measure(
            "binary_u_alpha",
            "Krippendorff's alpha for what is a unit at all",
            "The same with two values, unit and gap: whether annotators pick the same matter, whatever they call it.",
            f"{_UNITIZING}, eq. 6 (|u-alpha)",
            _KRIPPENDORFF,
        ),
        Measure(
            "cu_alpha",
            "Krippendorff's alpha for labels where units meet",
            "The same over text only that units of two annotators cover: whether they call the same matter the same.",
            f"{_UNITIZING}, eq. 11 (cu-alpha)",
            f"{_KRIPPENDORFF} It says nothing of what only one annotator marked.",
        ),
        Measure(
            "ku_alpha",
            "Krippendorff's alpha for one label where units meet",
            "The share of cu-alpha that concerns one value.",
            f"{_UNITIZING}, eq. 13b ((k)u-alpha)",
            f"{_KRIPPENDORFF} Low for one label and high for others: its definition is unclear.",
        ),
        Measure(
            "span_f1_exact",
            "F1 of units that are the same",
            _PAIRED.format(alike="cover the very same characters"),
            _F1_SOURCE,
            _F1_READING,
            chance=None,
        ),
        Measure(
            "span_f1_overlap",
            "F1 of units that overlap",
            _PAIRED.format(alike="overlap by at least the threshold that the figure names"),
            _F1_SOURCE,
            f"{_F1_READING} Much higher than exact F1: annotators see the same, and differ on boundaries.",
            chance=None,
        ),
        Measure(
            "span_f1_tolerant",
            "F1 of units with nearly the same boundaries",
            _PAIRED.format(alike="begin and end no farther apart than the figure names"),
            _F1_SOURCE,
            _F1_READING,
            chance=None,
        ),
        Measure(
            "gamma",
            "Gamma",
            "1 - observed / expected disorder of the best alignment of all annotators' units, which weighs how far"
            " positions and labels differ, and units that only some have; expected over units laid down by chance.",
            "Mathet, Widloecher and Metivier 2015, The unified and holistic method gamma for inter-annotator agreement"
            " measure and alignment",
            "1 is perfect, 0 is chance, below is worse. Its authors give no thresholds; it is lower than alpha over"
            " tokens where many short units are missed.",
        ),
    )
}  # fmt: skip
