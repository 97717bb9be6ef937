"""GraphML and GEXF: the networks of actors and concepts, over windows of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.export.formats.dynamic import Spell, extend, spell, weighted
from curation.export.formats.format import Format, Losses, Option, Options
from curation.export.formats.networks import Marked, Network, Tie, Weight, marked
from curation.export.formats.statements import CONCEPT, SIGNS, Actors, sources
from curation.export.reading import Dataset
from curation.export.splitting.days import day

if TYPE_CHECKING:
    from networkx import MultiGraph

MODES = ("two-mode", "actors", "concepts")
_WINDOWS: dict[str, Callable[[date], str]] = {
    "year": lambda day: f"{day.year:04d}",
    "quarter": lambda day: f"{day.year:04d}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day.year:04d}-{day.month:02d}",
    "week": lambda day: day.strftime("%G-W%V"),
}
_META = re.compile(r"<meta\b.*?</meta>", re.DOTALL)


@dataclass(slots=True)
class _Study:
    """All articles of a dataset with what annotators found, each with the day (UTC) it was published."""

    actors: Actors
    articles: list[tuple[date | None, Marked]] = field(default_factory=list)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    spells: dict[str, Spell] = field(default_factory=dict)

    def windows(self, window: str, losses: Losses) -> dict[str, list[Marked]]:
        """The articles of each window, in the order of time; those of all are in ""."""
        found: dict[str, list[Marked]] = {}
        for when, article in self.articles:
            if window == "none":
                continue
            if when is None:
                losses["article without a date, which is in no window"] += 1
            else:
                name = _WINDOWS[window](when)
                if name not in found:
                    self.spells[name] = spell(_WINDOWS[window], when)
                found.setdefault(name, []).append(article)
        return {"": [article for _, article in self.articles], **dict(sorted(found.items()))}


def write_graphml(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`MODE.graphml`, and `WINDOW/MODE.graphml` for each window of time."""
    import networkx as nx

    # Not `write_graphml`: its bytes go by whether lxml is installed.
    return _write(dataset, folder, options, ".graphml", lambda graph, path: nx.write_graphml_xml(graph, path))


def write_gexf(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`MODE.gexf`, `WINDOW/MODE.gexf` for each window of time, and `over-time/MODE.gexf`, which has all windows."""
    return _write(dataset, folder, options, ".gexf", _put_gexf, over_time=True)


def _put_gexf(graph: MultiGraph, path: Path) -> None:
    import networkx as nx

    # The day of writing and the library's version are no part of the network.
    meta = "<meta>\n    <creator>curation</creator>\n  </meta>"
    text = _META.sub(meta, "\n".join(nx.generate_gexf(graph)), count=1)
    path.write_text(weighted(text) + "\n", encoding="utf-8", newline="\n")


def _write(
    dataset: Dataset,
    folder: Path,
    options: Options,
    suffix: str,
    put: Callable[[MultiGraph, Path], None],
    *,
    over_time: bool = False,
) -> Losses:
    from networkx import MultiGraph

    losses = Losses()
    study = _study(dataset, options, losses)
    modes = MODES if options["mode"] == "all" else (options["mode"],)
    played = {mode: MultiGraph() for mode in modes}
    for window, articles in study.windows(options["window"], losses).items():
        (folder / window).mkdir(exist_ok=True)
        network = Network(articles)
        for mode in modes:
            graph = _graph(network, mode, study)
            put(graph, folder / window / f"{mode}{suffix}")
            if window and over_time:
                extend(played[mode], graph, study.spells[window])
    for mode, graph in played.items():
        if study.spells and over_time:
            (folder / "over-time").mkdir(exist_ok=True)
            put(_numbered(graph), folder / "over-time" / f"{mode}{suffix}")
    return losses


def _study(dataset: Dataset, options: Options, losses: Losses) -> _Study:
    """All that is counted. Who is who has to be known of the whole dataset first."""
    actors, held = Actors(), []
    for source in sources(dataset, options, losses):
        for event in source.events:
            actors.add(event)
        held.append(replace(source, events=[replace(event, text=None) for event in source.events if event.name]))
    actors.settle()
    study = _Study(actors)
    for source in held:
        found = []
        for event in source.events:
            key = actors.key(event.name, event.item)
            found.append((event.annotator, (key, event.concept, event.stance)))
            if event.kind:
                study.kinds.setdefault(key, Counter())[event.kind] += 1
        known = day(source.time)
        when = date.fromisoformat(known) if known else None
        study.articles.append((when, marked(source.id, source.annotators, found)))
    return study


def _graph(network: Network, mode: str, study: _Study) -> MultiGraph:
    if mode == "actors":
        return _one_mode(network.actors(), lambda key: _actor(study, key))
    if mode == "concepts":
        return _one_mode(network.concepts(), _concept)
    return _two_mode(network, study)


def _two_mode(network: Network, study: _Study) -> MultiGraph:
    from networkx import MultiGraph

    found = network.affiliations()
    graph = MultiGraph()
    actors = dict.fromkeys(actor for actor, _, _ in found)
    concepts = sorted({concept for _, concept, _ in found})
    graph.add_nodes_from((_name("actor", key), {"bipartite": 0, **_actor(study, key)}) for key in actors)
    graph.add_nodes_from((_name("concept", key), {"bipartite": 1, **_concept(key)}) for key in concepts)
    for (actor, concept, stance), (weight, support) in found.items():
        graph.add_edge(
            _name("actor", actor),
            _name("concept", concept),
            key=stance,
            stance=stance,
            sign=SIGNS.get(stance, 0),
            **_bounds(weight),
            articles=support.articles,
            articles_unanimous=support.unanimous,
            support=support.share,
        )
    return _numbered(graph)


def _one_mode(ties: Mapping[Tie, Weight], about: Callable[[str], dict[str, str]]) -> MultiGraph:
    from networkx import MultiGraph

    graph = MultiGraph()
    ends: Iterable[str] = sorted({end for first, second, _ in ties for end in (first, second)})
    described = {end: about(end) for end in ends}
    graph.add_nodes_from((_name(told["mode"], end), told) for end, told in described.items())
    for (first, second, kind), weight in ties.items():
        one, other = (_name(described[end]["mode"], end) for end in (first, second))
        sign = 1 if kind == "congruence" else -1
        graph.add_edge(one, other, key=kind, relation=kind, sign=sign, **_bounds(weight))
    return _numbered(graph)


def _numbered(graph: MultiGraph) -> MultiGraph:
    """The graph with edges from 0 on, because ids of edges are to be unique in a file."""
    from networkx import MultiGraph

    numbered = MultiGraph()
    numbered.add_nodes_from(graph.nodes(data=True))
    for number, (one, other, told) in enumerate(graph.edges(data=True)):
        numbered.add_edge(one, other, key=number, **told)
    return numbered


def _name(mode: str, key: str) -> str:
    return f"{mode}:{key}"


def _actor(study: _Study, key: str) -> dict[str, str]:
    kinds = study.kinds.get(key, Counter())
    kind = min(kinds, key=lambda one: (-kinds[one], one), default=None)
    told = {"label": study.actors.label(key), "mode": "actor", "kind": kind, "wikidata": study.actors.item(key)}
    return {name: value for name, value in told.items() if value}


def _concept(key: str) -> dict[str, str]:
    return {"label": key, "mode": "concept"}


def _bounds(weight: Weight) -> dict[str, float | int]:
    return {"weight": weight.mean, "weight_low": weight.low, "weight_high": weight.high}


_OPTIONS: Sequence[Option] = (
    CONCEPT,
    Option("mode", "actors and concepts, one of them alone, or all three networks", "all", (*MODES, "all")),
    Option("window", "a network for each window of time too, by the articles' days (UTC)", "none", (*_WINDOWS, "none")),
)
_FILES = """`two-mode{suffix}`, `actors{suffix}`, `concepts{suffix}`, of all articles; with windows the same in a folder
each, such as `2026-03/`{played}.

- Two-mode: an edge joins an actor to a concept for each stance (`stance`; `sign` is 1 in favor, -1 against, else 0).
  `weight` is in articles. `support` is the share of the articles' annotators who found it, `articles` counts where
  anybody did and `articles_unanimous` where all did.
- `actors`: an edge of the `relation` `congruence` (`sign` 1) weighs as many concepts as both favor or both oppose, one
  of `conflict` (-1) as many as they stand against each other on. `concepts`: as many actors. Only signed stances count.
- Each `weight` is a mean over {draws} draws of one annotator for each article; `weight_low` and `weight_high` hold 95%
  of them. Where every article has one annotator, they are the same.
- A node is an actor by its Wikidata item, else by its name, in whatever case; mentions that an annotator joined by
  `same_as` have one name. `label` is the name that was given most often, `kind` the type."""
_LOSES = "Texts and offsets, claims without a holder, what is no statement; an article counts once for an edge."


_PLAYED = """,
and all windows in one network in `over-time/`, which Gephi's time line plays: nodes and edges are there in the windows
in which they have articles, with the weight that they have in each"""


def _format(name: str, title: str, purpose: str, write: Any, reading: str, played: str = "") -> Format:
    from curation.export.formats.networks import DRAWS

    return Format(
        name=name,
        title=title,
        purpose=purpose,
        write=write,
        needs=lambda _: {"statements": ()},
        files=_FILES.format(suffix=f".{name}", draws=DRAWS, played=played),
        reading=reading,
        loses=_LOSES,
        options=tuple(_OPTIONS),
        extra="network",
        library="networkx",
    )


GRAPHML = _format(
    "graphml",
    "GraphML of the actor-concept network",
    "network analysis: networkx, igraph, visone, Cytoscape",
    write_graphml,
    "`networkx.read_graphml(path, force_multigraph=True)`; igraph, visone and Cytoscape open it.",
)
GEXF = _format(
    "gexf",
    "GEXF of the actor-concept network",
    "Gephi",
    write_gexf,
    'Gephi opens it (keep parallel edges apart: merge strategy "don\'t merge"); `networkx.read_gexf(path)`.',
    _PLAYED,
)
