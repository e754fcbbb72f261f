"""Hand a plan over: files that a CRM, a quota system or a manager takes as they are."""

from engine.export.export import TARGETS, Exported, export_run

__all__ = ["TARGETS", "Exported", "export_run"]
