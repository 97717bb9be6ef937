"""What is wrong with relations and with the holders that mentions need."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

RELATIONS: dict[str, FindingKind] = {
    "F_RELATION_DANGLING": FindingKind(
        "error",
        "A relation to nothing",
        "An end of a relation is not a mention of the same annotation.",
        "Delete the relation and draw it again.",
        wrong='{"type": "relation", "from_id": "m1", "to_id": "m9"}, and no span has the id m9',
        right='{"type": "relation", "from_id": "m1", "to_id": "m2"}',
    ),
    "F_RELATION_SELF": FindingKind(
        "error",
        "A relation of a mention to itself",
        "Both ends of a relation are the same mention.",
        "Delete the relation.",
        wrong='{"type": "relation", "from_id": "m1", "to_id": "m1", "labels": ["same_as"]}',
        right='{"type": "relation", "from_id": "m1", "to_id": "m2", "labels": ["same_as"]}',
    ),
    "F_RELATION_UNLABELLED": FindingKind(
        "error",
        "A relation without a label",
        "The annotator drew an arrow and picked no label for it. Label Studio lets arrows go without: in an export "
        "that is converted this is a warning, where the interface lists labels for them.",
        "Pick the label in the Relations panel.",
        wrong='{"type": "relation", "from_id": "m1", "to_id": "m2", "labels": []}',
        right='{"type": "relation", "from_id": "m1", "to_id": "m2", "labels": ["supports"]}',
    ),
    "F_RELATION_UNKNOWN": FindingKind(
        "error",
        "A relation label that is not declared",
        "A relation carries a label that task.toml, or the interface of an export, does not declare.",
        "Pick a label of the codebook in the Relations panel.",
        wrong='{"type": "relation", "from_id": "m1", "to_id": "m2", "labels": ["agrees"]}',
        right='{"type": "relation", "from_id": "m1", "to_id": "m2", "labels": ["supports"]}',
    ),
    "F_RELATION_ENDS": FindingKind(
        "error",
        "A relation between the wrong labels",
        "task.toml does not allow a relation of this label from the one label to the other; often it points backwards.",
        "Turn the arrow round in the Relations panel, or pick another label.",
        wrong="supports from Claim “Rents will fall” to Actor “Elena Moss”",
        right="supports from Actor “Elena Moss” to Claim “Rents will fall”",
    ),
    "F_RELATION_DUPLICATE": FindingKind(
        "error",
        "The same relation twice",
        "Two relations have the same ends and the same label.",
        "Delete one of them.",
        wrong="supports from m1 to m2, and supports from m1 to m2",
        right="supports from m1 to m2",
    ),
    "F_HOLDER_MISSING": FindingKind(
        "error",
        "Nobody holds it",
        "A mention that needs a holder has no relation from one, continues none that has, is not marked unnamed.",
        "Relate its holder to it, or tick that the article leaves the holder unnamed.",
        wrong="Claim “Rents will fall”, and no relation leads to it",
        right="Claim “Rents will fall”, and Actor “Elena Moss” supports it",
    ),
    "F_HOLDER_UNNAMED": FindingKind(
        "error",
        "Unnamed, and yet held",
        "A mention is marked as one whose holder the article leaves unnamed, and a relation leads from a holder to it "
        "or to what it continues.",
        "Untick that the holder is unnamed, or delete the relation.",
        wrong="Claim “Rents will fall”, holder: unnamed, and Actor “Elena Moss” supports it",
        right="Claim “Rents will fall”, and Actor “Elena Moss” supports it",
    ),
    "F_CONTRADICTION": FindingKind(
        "error",
        "Two relations that exclude each other",
        "Two relations that task.toml declares a contradiction have the same ends, or ends that other relations say to "
        "be the same: an actor supports and opposes one claim.",
        "Delete the relation that does not hold; if both do, mark two claims and relate each.",
        wrong="Actor “Elena Moss” supports Claim “Rents will fall”, and “the mayor”, who is same_as her, opposes it",
        right="Actor “Elena Moss” supports Claim “Rents will fall”",
    ),
}
