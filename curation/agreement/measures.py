"""What the measures of labels are: definition, source and usual reading, in the words that a report shows."""

from __future__ import annotations

from collections.abc import Mapping

from curation.agreement.figures import Measure

_LANDIS = (
    "Landis and Koch 1977 call .41 to .60 moderate, .61 to .80 substantial, above .80 almost perfect; they say of these"
    " bounds themselves that they are arbitrary, and how high the figure gets depends on how many values there are and"
    " how evenly they are used."
)

_MEAN = "As that of two annotators. A mean hides an annotator who stands apart: look at the pairs."

MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            "percent_agreement",
            "Percent agreement",
            "The share of agreeing pairs of annotators in an item, averaged over the items that two or more rated.",
            "Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., p_a of chapter 2",
            "Not corrected for chance: where one value prevails it is high whatever annotators understand. Read it"
            " beside a coefficient, never alone.",
            chance=None,
        ),
        Measure(
            "cohen_kappa",
            "Cohen's kappa of two annotators",
            "(p_o - p_e) / (1 - p_e): agreement of two annotators on the items that both rated, beyond what their own"
            " frequencies of values give by chance.",
            "Cohen 1960, A Coefficient of Agreement for Nominal Scales, eq. 1",
            _LANDIS,
        ),
        Measure(
            "cohen_kappa_mean",
            "Cohen's kappa, mean of all pairs",
            "The mean of Cohen's kappa over all pairs of annotators for whom it is defined.",
            "Light 1971, Measures of Response Agreement for Qualitative Data",
            _MEAN,
        ),
        Measure(
            "weighted_kappa",
            "Weighted kappa of two annotators",
            "1 - observed / expected disagreement of two annotators on the items that both rated, a disagreement"
            " weighing the square of its distance: of places in the order of values at the ordinal level, of numbers at"
            " the interval and ratio level.",
            "Cohen 1968, Weighted Kappa; squared weights as in Fleiss and Cohen 1973",
            "As Cohen's kappa. The weights mostly raise it: it is not to be compared with an unweighted kappa.",
        ),
        Measure(
            "weighted_kappa_mean",
            "Weighted kappa, mean of all pairs",
            "The mean of weighted kappa over all pairs of annotators for whom it is defined.",
            "Cohen 1968; the mean as in Light 1971",
            _MEAN,
        ),
        Measure(
            "fleiss_kappa",
            "Fleiss' kappa",
            "(p_a - p_e) / (1 - p_e), where p_e is the sum of squares of the values' shares: any number of annotators,"
            " who need not be the same for every item. Items with one value count in the shares alone.",
            "Fleiss 1971, Measuring Nominal Scale Agreement Among Many Raters; missing values as in Gwet 2014",
            _LANDIS,
        ),
        Measure(
            "krippendorff_alpha",
            "Krippendorff's alpha",
            "1 - observed / expected disagreement among pairable values, the difference of two values being that of"
            " the level: nominal, ordinal, interval or ratio. Missing values are left out, and so are items with one.",
            "Krippendorff 2004, Content Analysis, 2nd ed., section 11.3; the worked examples are in Krippendorff 2011,"
            " Computing Krippendorff's Alpha-Reliability",
            "Krippendorff 2004, p. 241: rely on .800 and above, draw tentative conclusions from .667 on, discard what"
            " is below; better still, ask which conclusions a mistaken label would overturn. 0 is chance; below 0,"
            " people disagree systematically. Judge the lower end of the interval.",
        ),
        Measure(
            "gwet_ac1",
            "Gwet's AC1",
            "(p_a - p_e) / (1 - p_e), where p_e = sum of pi_k (1 - pi_k) / (q - 1) for q values with shares pi_k:"
            " chance agreement is small where one value prevails, unlike that of kappa and alpha.",
            "Gwet 2008, Computing Inter-Rater Reliability and Its Variance in the Presence of High Agreement;"
            " missing values as in Gwet 2014",
            "Less sensitive to rare values than kappa and alpha, and mostly higher: thresholds of these do not carry"
            " over. Where it is far above alpha, a value is rare and agreement on it poor: look at each value.",
        ),
    )
}
"""The measures of labels by name."""
