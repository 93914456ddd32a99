"""What only several rows together show: repeats, near-duplicates, contradictions, labels, system prompts, leaks."""

from ftwidgets.prep.groups.labels import Labels as Labels
from ftwidgets.prep.groups.leaks import leaks as leaks
from ftwidgets.prep.groups.leaks import shared_groups as shared_groups
from ftwidgets.prep.groups.near import Near as Near
from ftwidgets.prep.groups.repeats import Repeats as Repeats
from ftwidgets.prep.groups.systems import Systems as Systems

__all__ = ["Labels", "Near", "Repeats", "Systems", "leaks", "shared_groups"]
