"""Which rule sets hang on the person: on anchors of their own, or on what they write and declare beside the book."""

from credits.rules.documents import RuleSet

# Kinds of requirement that read reflections, evidence, steps or outside figures.
WRITTEN = frozenset({"fields_present", "checklist", "external_minimum", "min_evidence"})
PERSONAL_PERIODS = frozenset({"anniversary", "per_credential"})
FIELDS = ("reflection", "benefit_to_practice", "benefit_to_service_user", "outcome_tag")


def has_personal_period(rule_set: RuleSet) -> bool:
    return rule_set.period.type in PERSONAL_PERIODS


def asks_for_papers(rule_set: RuleSet) -> bool:
    return any(requirement.kind in WRITTEN for requirement in rule_set.requirements)


def hangs_on_person(rule_set: RuleSet) -> bool:
    """Whether two people with the same entries may be judged differently: such judgements are made when asked for."""
    return has_personal_period(rule_set) or asks_for_papers(rule_set) or leaves_category(rule_set)


def leaves_category(rule_set: RuleSet) -> bool:
    """Whether a requirement counts categories that the types leave to the person."""
    counted = any(requirement.kind == "min_distinct_categories" for requirement in rule_set.requirements)
    return counted and any(not kind.category for kind in rule_set.types.values())


def fields_asked(rule_set: RuleSet) -> tuple[str, ...]:
    """The written fields that the requirements name, in the order of FIELDS."""
    asked = {
        field
        for requirement in rule_set.requirements
        if requirement.kind == "fields_present"
        for field in requirement.data["fields"]
    }
    return tuple(field for field in FIELDS if field in asked)


def steps_asked(rule_set: RuleSet) -> tuple[str, ...]:
    return tuple(
        str(item)
        for requirement in rule_set.requirements
        if requirement.kind == "checklist"
        for item in requirement.data["items"]
    )


def figures_asked(rule_set: RuleSet) -> tuple[str, ...]:
    return tuple(
        str(requirement.data["field"])
        for requirement in rule_set.requirements
        if requirement.kind == "external_minimum"
    )


def credentials_named(rule_set: RuleSet) -> tuple[str, ...]:
    """The credentials on which conditions of the rules hang."""
    conditions = [rule_set.applies_if]
    for requirement in rule_set.requirements:
        conditions.append(requirement.data.get("applies_if") or {})
        conditions += [override.get("applies_if") or {} for override in requirement.data.get("overrides", [])]
    found = [
        str(value)
        for condition in conditions
        for name, values in condition.items()
        if name.removeprefix("or_") == "credential_in"
        for value in values
    ]
    return tuple(dict.fromkeys(found))
