"""Measurements on published instances; nothing here is needed to use Allotment."""
